import type { Step, World } from '../github/world.ts';
import type { ActLine } from '../workflows/act.ts';
import type { CalledJob } from './worker-file.ts';

/** What act tells of one run becomes what GitHub tells of it: jobs, their steps and their logs. */
export class Feed {
  readonly #world: World;
  readonly #runId: number;
  readonly #jobs: ReadonlyMap<
    string,
    CalledJob & { readonly labels: readonly string[]; readonly runner: string }
  >;
  readonly #steps = new Map<string, Map<string, Step>>();
  /** How jobs of the worker ended, by their ids. */
  readonly results = new Map<string, string>();

  constructor(
    world: World,
    runId: number,
    jobs: ReadonlyMap<string, CalledJob & { readonly labels: readonly string[]; readonly runner: string }>,
  ) {
    this.#world = world;
    this.#runId = runId;
    this.#jobs = jobs;
  }

  /** Takes one line of act's `--json`. */
  take(line: ActLine): void {
    const id = line.jobID ?? '';
    const job = this.#jobs.get(id);
    if (job === undefined || this.results.has(id)) return;
    const { name, labels, runner } = job;
    const before = JSON.stringify([...(this.#steps.get(id)?.values() ?? [])]);
    const steps = this.#stepsOf(id, line);
    const known = this.#world.workflowJobs.find((one) => one.runId === this.#runId && one.name === name);
    // A run changes with its jobs and their steps, not with what they say.
    const current =
      known?.status === 'in_progress' && JSON.stringify(steps) === before
        ? known
        : this.#world.setJob(this.#runId, name, { status: 'in_progress', labels, runner, steps });
    const text = logLineOf(line);
    if (text !== undefined) current.log += `${this.#world.now().toISOString()} ${text}\n`;
    if (line.jobResult !== undefined) this.end(id, line.jobResult);
  }

  /** Ends a job, whatever act thinks of it. */
  end(id: string, result: string): void {
    const job = this.#jobs.get(id);
    if (job === undefined || this.results.has(id)) return;
    this.results.set(id, result);
    this.#world.setJob(this.#runId, job.name, { conclusion: result });
  }

  #stepsOf(id: string, { step, stepID = [], stage = '', stepResult, msg }: ActLine): Step[] {
    const steps = this.#steps.get(id) ?? new Map<string, Step>();
    this.#steps.set(id, steps);
    // Steps inside of a composite action are no steps for GitHub.
    if (step !== undefined && stepID.length === 1 && stage !== '') {
      const key = `${stage} ${stepID[0] ?? ''}`;
      const begun = steps.get(key);
      if (begun !== undefined || msg.startsWith('⭐')) {
        const title = step.split('\n')[0] ?? '';
        steps.set(key, {
          name: begun?.name ?? (stage === 'Main' ? title : `${stage} ${title}`),
          number: begun?.number ?? steps.size + 1,
          status: stepResult === undefined ? 'in_progress' : 'completed',
          conclusion: stepResult ?? null,
        });
      }
    }
    return [...steps.values()];
  }
}

/** A line of a job's log as GitHub keeps it; undefined for what act says of itself. */
function logLineOf({ raw_output: raw, msg }: ActLine): string | undefined {
  if (raw === true) return msg.trimEnd();
  const command = /::(error|warning|notice|debug|group|endgroup)(?: [^:]*)?::(.*)/s.exec(msg);
  return command === null ? undefined : `##[${command[1] ?? ''}]${(command[2] ?? '').trimEnd()}`;
}
