import type { ActionContext } from '../../../shared/action/action.ts';
import { isExpected, messageOf } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import type { Attempt, FailureClass, TrainingBody } from '../../../shared/record/training-section.ts';
import type { Checkpoints, CheckpointState } from './checkpoints/open-checkpoints.ts';
import { joinSeries } from './decide/join-series.ts';
import type { Inputs } from './inputs.ts';
import type { Prepared } from './prepare.ts';

type Series = TrainingBody['series'];

/** What saving at the end may take after a cancellation: the runner leaves about ten seconds in all. */
const CANCELLED_SAVE_MS = 2_000;

export interface SavedAtEnd {
  readonly files: readonly FileReference[];
  readonly bytes: number;
  readonly count: number;
}

/** What a training goes on from, and where it leaves checkpoints for the one after it. */
export interface Resumption {
  /** From 1, over all attempts and dispatches. */
  readonly attempt: number;
  /** The folder with the restored checkpoint, as the command is told; undefined where it begins anew. */
  readonly folder: string | undefined;
  readonly name: string | null;
  readonly series: Series;
  readonly attempts: readonly Attempt[];
  readonly notices: readonly string[];
  /** Saves what lies in the folder now; tells the artifact's name where something new was saved. */
  save(
    now: () => {
      series: Series;
      attempts: readonly Attempt[];
    },
  ): Promise<{ name: string; step: number | null } | undefined>;
  /** Saves for the last time where somebody may go on from here, and cleans up where nobody will. */
  finish(end: {
    failureClass: FailureClass | null;
    /** Had to be killed: what it wrote last may be half. */
    killed: boolean;
    series: Series;
    attempts: readonly Attempt[];
  }): Promise<SavedAtEnd>;
}

/** After these nobody goes on: a training that succeeded, or whose own failure would come again. */
const FINAL: readonly (FailureClass | null)[] = [null, 'not-a-number', 'diverged'];

/** Restores the newest whole checkpoint of this training, where there is one. */
export async function openResumption(
  inputs: Inputs,
  context: ActionContext,
  prepared: Prepared,
): Promise<Resumption> {
  const { run, signal, logger } = context;
  const generation = inputs.dispatched?.generation ?? 1;
  const notices: string[] = [];
  if (inputs.checkpoints === undefined) {
    return {
      attempt: Math.max(run.attempt, generation),
      folder: undefined,
      name: null,
      series: [],
      attempts: [],
      notices,
      save: () => Promise.resolve(undefined),
      finish: () => Promise.resolve({ files: [], bytes: 0, count: 0 }),
    };
  }
  const { openCheckpoints } = await import('./checkpoints/open-checkpoints.ts');
  const { checkpointArtifacts } = await import('./checkpoints/checkpoint-artifacts.ts');
  const folder = inputs.checkpoints;
  const checkpoints: Checkpoints = openCheckpoints({
    folder,
    artifacts: checkpointArtifacts(context),
    submissionKey: prepared.submissionKey,
    generation,
    attempt: run.attempt,
    subject: inputs.subject,
    temporaryDirectory: context.temporaryDirectory,
    workingDirectory: context.workingDirectory,
    workspace: context.workspace,
    logger,
  });
  const restored = await checkpoints.restore({
    resumeFrom: inputs.resumeFrom,
    previousRuns: inputs.dispatched?.previous ?? [],
    signal,
  });
  const series = restored?.series ?? [];
  const attempts = restored?.attempts ?? [];
  const save = async (
    now: () => { series: Series; attempts: readonly Attempt[] },
    until: AbortSignal,
    ended?: 'in-order' | 'killed',
  ): Promise<
    { name: string; step: number | null; files: readonly FileReference[]; bytes: number } | undefined
  > => {
    let step: number | null = null;
    const state = (): CheckpointState => {
      const told = now();
      step = lastStep(told.series);
      return { step, series: joinSeries(series, told.series), attempts: [...told.attempts] };
    };
    try {
      const saved = await checkpoints.save({
        state,
        signal: until,
        ...(ended === undefined ? {} : { ended }),
      });
      return saved === undefined ? undefined : { ...saved, step };
    } catch (error) {
      const remedy = isExpected(error) && error.remedy !== undefined ? ` ${error.remedy}` : '';
      const told = `The checkpoint could not be saved: ${messageOf(error).replace(/\.?$/, '.')}${remedy}`;
      logger.warning(told);
      // Whoever reads the report later asks why the next attempt began before it.
      if (ended !== undefined) notices.push(told);
      return undefined;
    }
  };
  return {
    attempt: Math.max(run.attempt, generation, attempts.length + 1),
    folder: restored === undefined ? undefined : folder,
    name: restored?.name ?? null,
    series,
    attempts,
    notices,
    save: (now) => save(now, signal),
    async finish({ failureClass, killed, ...now }) {
      if (FINAL.includes(failureClass)) {
        await checkpoints.clear();
        return { files: [], ...checkpoints.usage() };
      }
      const until = signal.aborted ? AbortSignal.timeout(CANCELLED_SAVE_MS) : signal;
      const saved = await save(() => now, until, killed ? 'killed' : 'in-order');
      if (saved !== undefined)
        notices.push(`The last checkpoint is kept (${saved.name}): the next attempt goes on from there.`);
      return { files: saved?.files ?? [], ...checkpoints.usage() };
    },
  };
}

function lastStep(series: Series): number | null {
  const steps = series.flatMap(({ points }) => points.at(-1)?.[0] ?? []);
  return steps.length === 0 ? null : Math.max(...steps);
}
