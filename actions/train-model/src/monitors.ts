import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import { messageOf } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { RECORD_FOLDER } from '../../../shared/record/disk-store.ts';
import type {
  Attempt,
  CostItem,
  FailureClass,
  GpuUse,
  TrainingBody,
} from '../../../shared/record/training-section.ts';
import { machineHere } from './cost/machine-here.ts';
import { estimateCost, trainingCosts, usdFor } from './cost/costs.ts';
import { priceOf, refuseUnknownPrice } from './cost/prices.ts';
import { checkpointGap } from './decide/checkpoint-gap.ts';
import { earlyEnd, type Limits } from './decide/early-end.ts';
import { SeriesCollector } from './decide/series.ts';
import { parseStopRules, type Stop, StopWatch } from './decide/stop-rules.ts';
import type { Point, TrainingJob } from './engines/engine.ts';
import type { EarlyEnd } from './follower.ts';
import { startSampler } from './gpu/sampler.ts';
import type { Inputs } from './inputs.ts';
import { keepPatch } from './keep-patch.ts';
import type { Prepared } from './prepare.ts';
import type { Resumption, SavedAtEnd } from './resumption.ts';
import { rememberTraining } from './reuse/remember.ts';
import type { Publisher } from './worker/publish-progress.ts';

const GPU_SAMPLE_MS = 5_000;
/** Before the job's own limit: for the last checkpoint, the outputs and the section. */
const JOB_MARGIN_MS = 5 * 60_000;

export interface MonitorOptions {
  readonly inputs: Inputs;
  readonly context: ActionContext;
  readonly prepared: Prepared;
  readonly resumption: Resumption;
  readonly job: TrainingJob;
}

export interface ToldAtEnd {
  readonly gpuUse: readonly GpuUse[];
  readonly energyKwh: number | null;
  readonly costs: readonly CostItem[];
  readonly notices: readonly string[];
}

/** What watches a training while it runs: GPUs, cost, stop rules, checkpoints, and what a dispatcher is told. */
export interface Monitors {
  readonly notices: readonly string[];
  readonly patch: TrainingBody['patch'];
  readonly estimate: CostItem | null;
  /** The command has started. */
  begin(): void;
  line(line: string): void;
  point(point: Point): void;
  endsEarly(): EarlyEnd | undefined;
  /** The command has ended: no timer runs on. */
  stop(): Promise<void>;
  finish(end: {
    readonly durationMs: number;
    readonly files: readonly FileReference[];
    readonly failureClass: FailureClass | null;
    readonly checkpoint: SavedAtEnd;
  }): Promise<ToldAtEnd>;
  /** Keeps what a training with the same fingerprint can take. */
  remember(outcome: Outcome<'training'>): Promise<void>;
}

export async function startMonitors({
  inputs,
  context,
  prepared,
  resumption,
  job,
}: MonitorOptions): Promise<Monitors> {
  const { logger, signal, origin } = context;
  const notices: string[] = [];
  const { prices } = inputs;
  // A step does not learn its runner's labels: it is priced by its kind.
  const labels = inputs.dispatched?.['runs-on'] ?? [origin.runnerEnvironment ?? 'terminal'];
  const price = priceOf(labels, origin.runnerEnvironment, prices, machineHere(context, prepared.hardware));
  const earlierMs = resumption.attempts.map(({ durationMs }) => durationMs);
  if (inputs.maxCostUsd !== undefined) refuseUnknownPrice(price, labels);
  const estimate = estimateCost({ price, maxMs: inputs.limitMs, earlierMs: undefined }) ?? null;
  if (estimate !== null) logger.info(`Cost: ${estimate.basis}`);
  const patch = await savePatch(inputs, context);
  const rules = new StopWatch(parseStopRules(inputs.stopOn));
  const sampler = startSampler({ environment: job.environment, intervalMs: GPU_SAMPLE_MS, signal });
  const series = new SeriesCollector();
  const timers = new AbortController();
  const limits = limitsOf(inputs, resumption);
  let stop: Stop | undefined;
  let begun: number | undefined;
  let saving: Promise<void> = Promise.resolve();
  const elapsedMs = (): number => (begun === undefined ? 0 : performance.now() - begun);
  const costUsd = (): number | undefined =>
    price === undefined
      ? undefined
      : [...earlierMs, elapsedMs()].reduce((sum, ms) => sum + usdFor(price, ms), 0);

  // Tells its first progress at once: what it asks for must be there by now.
  const publisher = await startPublisher(inputs, context);

  /** What is known of this attempt if nobody lives to say more. */
  const unfinished = (): Attempt => ({
    startedAt: new Date(Date.now() - elapsedMs()).toISOString(),
    durationMs: elapsedMs(),
    exitCode: null,
    signal: null,
    failureClass: 'lost',
    reason: 'It was lost after this checkpoint: its machine or its process ended without a word.',
    peakMemoryBytes: null,
    runner: context.environment['RUNNER_NAME'] ?? origin.runnerEnvironment,
    url: origin.worker?.runUrl ?? context.run.url,
    resumedFrom: resumption.name,
  });

  const saveCheckpoints = async (): Promise<void> => {
    if (inputs.checkpoints === undefined) return;
    for (;;) {
      await sleep(checkpointGap(inputs.checkpointMs, elapsedMs()), undefined, { signal: timers.signal });
      const saved = await resumption.save(() => ({
        series: series.series(),
        attempts: [...resumption.attempts, unfinished()],
      }));
      if (saved === undefined) continue;
      logger.debug(`Saved the checkpoint ${saved.name}.`);
      publisher?.checkpoint({ artifact: saved.name, step: saved.step });
    }
  };

  return {
    notices,
    patch,
    estimate,
    begin() {
      begun = performance.now();
      saving = saveCheckpoints().catch((error: unknown) => {
        if (!timers.signal.aborted) logger.warning(`Checkpoints are saved no more: ${messageOf(error)}`);
      });
    },
    line: (line) => publisher?.line(line),
    point(point) {
      series.add(point);
      stop ??= rules.observe(point);
      publisher?.point(point);
    },
    endsEarly: () => earlyEnd(limits, { elapsedMs: elapsedMs(), costUsd: costUsd(), stop }),
    async stop() {
      timers.abort();
      await saving;
      await publisher?.finish();
    },
    async finish({ durationMs, files, checkpoint }) {
      const told = await sampler.finish();
      return {
        gpuUse: told.use,
        energyKwh: told.energyKwh,
        notices: told.notices,
        costs: trainingCosts({
          price,
          durationMs,
          earlierMs,
          labels,
          prices,
          artifactBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
          checkpointBytes: checkpoint.bytes,
          terminal: context.host.kind === 'terminal',
        }),
      };
    },
    async remember(outcome) {
      if (inputs.reuse === 'never') return;
      await rememberTraining({ inputs, context, fingerprint: prepared.fingerprint, outcome });
    },
  };

  async function startPublisher(
    worker: Inputs,
    { temporaryDirectory }: ActionContext,
  ): Promise<Publisher | undefined> {
    if (worker.dispatched === undefined) return undefined;
    const { startPublishing } = await import('./worker/publish-progress.ts');
    return startPublishing({
      job: worker.dispatched,
      runner: context.environment['RUNNER_NAME'] ?? null,
      temporaryDirectory,
      logger,
      gpus: () => sampler.line(),
      cost: () => costUsd() ?? null,
      signal,
    });
  }
}

function limitsOf({ limitMs, dispatched, maxCostUsd }: Inputs, { attempts }: Resumption): Limits {
  const spent = attempts.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return {
    totalMs: limitMs === undefined ? undefined : Math.max(0, limitMs - spent),
    jobMs:
      dispatched === undefined
        ? undefined
        : Math.max(
            dispatched['timeout-minutes'] * 30_000,
            dispatched['timeout-minutes'] * 60_000 - JOB_MARGIN_MS,
          ),
    maxCostUsd,
  };
}

/** What was not committed is kept beside the record, or the training could not be repeated. */
async function savePatch(inputs: Inputs, context: ActionContext): Promise<TrainingBody['patch']> {
  const { commit, workingDirectory, host, store, logger, signal } = context;
  if (commit.patchDigest === null) return null;
  // What is kept must outlast this process: in a terminal that is the folder of the record.
  const directory =
    host.kind === 'terminal'
      ? join(workingDirectory, RECORD_FOLDER, inputs.subject)
      : context.temporaryDirectory;
  try {
    const kept = await keepPatch(workingDirectory, directory, signal);
    if (kept === undefined) return null;
    const { bytes, sha256 } = kept;
    const path = basename(kept.path);
    const file: FileReference = { path, role: 'metrics', bytes, sha256, locations: [] };
    const [saved] = await store.saveFiles('patch', directory, [file], signal);
    return { bytes, sha256, locations: saved?.locations ?? [] };
  } catch (error) {
    logger.warning(`The uncommitted changes could not be kept: ${messageOf(error)}`);
    return null;
  }
}
