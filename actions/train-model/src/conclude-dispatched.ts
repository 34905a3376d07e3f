import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import { messageOf } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { modelDigest } from '../../../shared/record/digest.ts';
import { withLocation } from '../../../shared/record/disk-store.ts';
import type { Attempt, FailureClass, TrainingBody } from '../../../shared/record/training-section.ts';
import { waitingCost } from './cost/costs.ts';
import { machineHere } from './cost/machine-here.ts';
import { priceOf } from './cost/prices.ts';
import type { Submission } from './engines/engine.ts';
import type { GitHubEngine } from './engines/github.ts';
import type { Followed } from './follower.ts';
import { emptyBody, judged, outcomeOf } from './outcome.ts';
import type { Prepared } from './prepare.ts';
import type { DispatchingInputs } from './inputs.ts';

interface Ended {
  readonly inputs: DispatchingInputs;
  readonly context: ActionContext;
  readonly prepared: Prepared;
  readonly engine: GitHubEngine;
  readonly submission: Submission;
  readonly followed: Followed;
}

/** What a followed training came to: what the worker recorded, its files brought here, and what waiting cost. */
export async function concludeDispatched(ended: Ended): Promise<Outcome<'training'>> {
  const { inputs, context, prepared, engine, submission, followed } = ended;
  const { signal, origin } = context;
  const recorded = signal.aborted ? undefined : await engine.recorded(submission, signal);
  const dispatch = recorded?.dispatch ?? engine.dispatchOf(submission);
  const { status } = followed;
  const attempts = recorded?.body?.attempts ?? [lostAttempt(ended)];
  const last = attempts.at(-1);
  let failureClass: FailureClass | null =
    status.failureClass ?? (recorded?.body === undefined ? 'lost' : (last?.failureClass ?? null));
  let reason = status.reason ?? last?.reason ?? null;
  let files: readonly FileReference[] = recorded?.body?.files ?? [];
  if (failureClass === null) {
    try {
      files = await bring(files, inputs, context);
    } catch (error) {
      signal.throwIfAborted();
      failureClass = 'infrastructure';
      reason = `The files of the training could not be brought here: ${messageOf(error)}`;
    }
  }
  const price = priceOf(
    [origin.runnerEnvironment ?? ''],
    origin.runnerEnvironment,
    inputs.prices,
    machineHere(context, prepared.hardware),
  );
  const body: TrainingBody = {
    ...emptyBody(inputs, prepared),
    ...(recorded?.body ?? {}),
    engine: 'github',
    submission: { ...submission },
    dispatch,
    attempts: [...attempts],
    files: [...files],
    modelDigest: failureClass === null ? modelDigest(files) : null,
    costs: {
      estimate: recorded?.body?.costs.estimate ?? null,
      items: [
        ...(recorded?.body?.costs.items ?? []),
        ...waitingCost({ price, ms: performance.now() - engine.begunAt }),
      ],
    },
  };
  const seconds = attempts.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  const success = `Trained in ${seconds.toFixed(1)} s on ${dispatch.runsOn.join(', ')}${attempts.length > 1 ? ` over ${attempts.length} attempts` : ''}.`;
  return outcomeOf(inputs, prepared, body, judged(failureClass, reason, success), []);
}

/** The attempt of a worker that recorded nothing. */
function lostAttempt({ engine, followed, submission }: Ended): Attempt {
  const { status } = followed;
  const durationMs = Math.max(0, performance.now() - engine.begunAt);
  return {
    startedAt: new Date(Date.now() - durationMs).toISOString(),
    durationMs,
    exitCode: status.exitCode,
    signal: status.signal,
    failureClass: status.failureClass ?? 'lost',
    reason: status.reason,
    peakMemoryBytes: null,
    runner: engine.dispatchOf(submission).runsOn.join(', '),
    url: submission.url,
    resumedFrom: null,
  };
}

/** Brings the files to where the command would have written them; what only a store can hold stays there. */
async function bring(
  files: readonly FileReference[],
  { artifactLimitBytes }: DispatchingInputs,
  { store, workingDirectory, signal }: ActionContext,
): Promise<FileReference[]> {
  const small = files.filter(
    (file) => file.role !== 'checkpoint' && file.locations.some(({ kind }) => kind === 'artifact'),
  );
  if (small.reduce((sum, { bytes }) => sum + bytes, 0) > artifactLimitBytes) return [...files];
  const places = await store.fetchFiles(small, workingDirectory, signal);
  return files.map((file) => {
    const path = places[small.indexOf(file)];
    return path === undefined ? file : withLocation(file, { kind: 'file', path });
  });
}
