import type { FailureClass } from '../../../../shared/record/training-section.ts';

/** A run of the worker workflow, as far as its title tells which training it is. */
export interface TitledRun {
  readonly id: string;
  readonly title: string;
}

export interface WorkerTitle {
  readonly model: string;
  readonly submissionKey: string;
  readonly generation: number;
  readonly pullRequest: number | null;
}

/** The `run-name` of a worker, by which a training is found again. */
export function workerTitle({ model, submissionKey, generation, pullRequest }: WorkerTitle): string {
  return `Train ${model} ${submissionKey}.${generation}${pullRequest === null ? '' : ` #${pullRequest}`}`;
}

/** Reads the title of a run; undefined where it is no worker's. */
export function parseWorkerTitle(title: string): WorkerTitle | undefined {
  const [, model, submissionKey, generation, pullRequest] =
    /^Train ([a-z0-9][a-z0-9-]{0,62}) ([0-9a-f]{40})\.([1-9]\d{0,2})(?: #([1-9]\d{0,14}))?$/.exec(title) ??
    [];
  if (model === undefined || submissionKey === undefined) return undefined;
  return {
    model,
    submissionKey,
    generation: Number(generation),
    pullRequest: pullRequest === undefined ? null : Number(pullRequest),
  };
}

/** One dispatch of a training: of several runs of one title the one with the lowest id is it, the others end themselves. */
export interface Generation<R extends TitledRun> {
  readonly generation: number;
  readonly run: R;
}

/** All generations of a training among runs, oldest first. */
export function generationsOf<R extends TitledRun>(
  runs: readonly R[],
  submissionKey: string,
): Generation<R>[] {
  const found = new Map<number, R>();
  for (const run of runs) {
    const title = parseWorkerTitle(run.title);
    if (title?.submissionKey !== submissionKey) continue;
    const known = found.get(title.generation);
    if (known === undefined || Number(run.id) < Number(known.id)) found.set(title.generation, run);
  }
  return [...found]
    .map(([generation, run]) => ({ generation, run }))
    .toSorted((a, b) => a.generation - b.generation);
}

/** Failures after which the closing job of a worker dispatches the next generation, where one is left. */
const WORTH_ANOTHER: readonly FailureClass[] = ['time-limit', 'infrastructure', 'lost'];

/** True where the end of a generation may be followed by another one. */
export function mayGoOn(failureClass: FailureClass | null, generation: number, maxAttempts: number): boolean {
  return failureClass !== null && WORTH_ANOTHER.includes(failureClass) && generation < maxAttempts;
}
