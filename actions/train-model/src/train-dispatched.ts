import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import { UsageError } from '../../../shared/errors.ts';
import { STEADY_CLOCK } from './clock.ts';
import { concludeDispatched } from './conclude-dispatched.ts';
import { priceOf, refuseUnknownPrice } from './cost/prices.ts';
import { hasEnded, type Submission } from './engines/engine.ts';
import type { GitHubEngine } from './engines/github.ts';
import { openGitHubEngine } from './engines/open-github.ts';
import { type Followed, followTraining } from './follower.ts';
import type { DispatchingInputs, Inputs } from './inputs.ts';
import type { Place } from './inputs/dispatch-inputs.ts';
import { emptyBody, outcomeOf } from './outcome.ts';
import { REMOTE_STATE } from './post-state.ts';
import { fingerprintAt, type Prepared } from './prepare.ts';
import { startProgressLine } from './progress-line.ts';
import { startLiveReport } from './live-report.ts';
import { trainHere } from './train-here.ts';

/** Dispatches a training to a worker, and follows it to its end or leaves it there. */
export async function trainDispatched(
  inputs: DispatchingInputs,
  context: ActionContext,
  prepared: Prepared,
): Promise<Outcome<'training'>> {
  const { dispatch } = inputs;
  const places: readonly Place[] = [{ engine: 'github', runsOn: dispatch.runsOn }, ...dispatch.fallback];
  if (dispatch.mode === 'detach' && dispatch.fallback.length > 0) {
    prepared.notices.push(
      'With "mode: detach" nobody waits here: "fallback" is taken only where the worker workflow is missing.',
    );
  }
  for (const [index, place] of places.entries()) {
    const last = index === places.length - 1;
    if (place.engine === 'local') {
      const local: Inputs = { ...inputs, engine: 'local', dispatch: undefined };
      return await trainHere(local, context, at(local, prepared, context));
    }
    const here = { ...inputs, dispatch: { ...dispatch, runsOn: place.runsOn } };
    const tried = await trainAt(here, context, at(here, prepared, context), last);
    if ('outcome' in tried) return tried.outcome;
    const next = places[index + 1];
    const words = next?.engine === 'github' ? next.runsOn.join(', ') : 'this machine';
    context.logger.warning(`${tried.why} Training on ${words} instead.`);
    prepared.notices.push(`${tried.why} It was trained on ${words} instead.`);
  }
  throw new UsageError('Input "fallback" names no place.');
}

/** What is known of a training, as it is at another place. */
function at(inputs: Inputs, prepared: Prepared, { workingDirectory }: ActionContext): Prepared {
  return { ...prepared, fingerprint: fingerprintAt(inputs, prepared, workingDirectory) };
}

type Tried = { readonly outcome: Outcome<'training'> } | { readonly why: string };

async function trainAt(
  inputs: DispatchingInputs,
  context: ActionContext,
  prepared: Prepared,
  last: boolean,
): Promise<Tried> {
  const { signal, logger } = context;
  const { runsOn } = inputs.dispatch;
  if (inputs.maxCostUsd !== undefined) refuseUnknownPrice(priceOf(runsOn, null, inputs.prices), runsOn);
  const opened = await openGitHubEngine(inputs, context, prepared);
  const { engine, job } = opened;
  for (const finding of await engine.check(job, signal)) {
    if (finding.code === 'no-worker' && !last) return { why: finding.message };
    throw new UsageError(finding.message, { remedy: finding.remedy });
  }
  if (inputs.dispatch.onSuperseded === 'stop') await opened.stopOlder();
  const known = await engine.find(prepared.submissionKey, signal);
  const submission = known ?? (await engine.submit(job, prepared.submissionKey, signal));
  logger.info(
    `${known === undefined ? 'Dispatched' : 'Found the training that was dispatched already'}: ${submission.url ?? submission.id}`,
  );
  // What is found may have ended already, and then there is nobody who would end a pending status.
  const detach = inputs.dispatch.mode === 'detach';
  if (detach && (known === undefined || !hasEnded((await engine.status(known, signal)).phase))) {
    const begun = { submission, found: known !== undefined };
    return { outcome: await detached(inputs, context, prepared, engine, begun) };
  }
  const followed = await followOrCancel(inputs, context, prepared, engine, submission);
  if (followed.status.failureClass === 'queue-limit' && !last) {
    return { why: followed.status.reason ?? 'No runner took the training in time.' };
  }
  return { outcome: await concludeDispatched({ inputs, context, prepared, engine, submission, followed }) };
}

/** While it is followed, a step that is killed leaves the run to the post step, which cancels it. */
async function followOrCancel(
  inputs: DispatchingInputs,
  context: ActionContext,
  prepared: Prepared,
  engine: GitHubEngine,
  submission: Submission,
): Promise<Followed> {
  const { logger, signal } = context;
  let saved = '';
  const save = (runId: string): void => {
    if (runId !== saved) context.saveState(REMOTE_STATE, JSON.stringify({ runId }));
    saved = runId;
  };
  save(submission.id);
  try {
    const followed = await logger.group(
      `Training ${inputs.subject} in ${submission.url ?? submission.id}`,
      () =>
        // The next generation is another run.
        follow(inputs, context, prepared, engine, submission, () =>
          save(engine.dispatchOf(submission).runId),
        ),
    );
    context.saveState(REMOTE_STATE, '');
    return followed;
  } catch (error) {
    // A step that only lost sight of it (a dead token) leaves it running; one that could not stop it asks again.
    if (!signal.aborted) context.saveState(REMOTE_STATE, '');
    throw error;
  }
}

async function follow(
  inputs: DispatchingInputs,
  context: ActionContext,
  prepared: Prepared,
  engine: GitHubEngine,
  submission: Submission,
  onLook: () => void,
): Promise<Followed> {
  const { logger, signal } = context;
  const progress = startProgressLine(logger, inputs.subject, inputs.parameters);
  const report = startLiveReport({ inputs, context, prepared, engine, submission });
  let waiting: string | null = null;
  try {
    return await logger.untrusted((show) =>
      followTraining({
        engine,
        submission,
        clock: STEADY_CLOCK,
        graceMs: inputs.graceMs,
        signal,
        // The worker keeps the limits: it is there when this step has gone.
        endsEarly: () => undefined,
        onLine: show,
        onPoint(point) {
          progress.point(point);
          report.point(point);
        },
        onStatus(status) {
          if (status.waiting !== null && status.waiting !== waiting) show(`Waiting: ${status.waiting}`);
          waiting = status.waiting;
          report.status(status);
          onLook();
        },
      }),
    );
  } finally {
    progress.end();
    await report.end();
  }
}

/** Leaves the training to its worker: the status of the commit stays pending until the worker ends it. */
async function detached(
  inputs: DispatchingInputs,
  context: ActionContext,
  prepared: Prepared,
  engine: GitHubEngine,
  { submission, found }: { readonly submission: Submission; readonly found: boolean },
): Promise<Outcome<'training'>> {
  const { origin, host, logger, signal } = context;
  const body = {
    ...emptyBody(inputs, prepared),
    submission: { ...submission },
    dispatch: engine.dispatchOf(submission),
  };
  const summary = `Dispatched to ${inputs.dispatch.runsOn.join(', ')}: the worker trains${inputs.dispatch.gate === null ? '' : ', judges'} and reports.`;
  // What is found is pending since its dispatch, and its worker may have ended the status a moment ago.
  if (!found && origin.headSha !== null) {
    const set = await host.setStatus(
      {
        sha: origin.headSha,
        state: 'pending',
        context: `trainyard/${inputs.subject}`,
        description: summary,
        targetUrl: submission.url,
      },
      signal,
    );
    if (!set.done) logger.info(`No commit status: ${set.reason}`);
  }
  return outcomeOf(inputs, prepared, body, { verdict: 'pending', summary, blame: null }, []);
}
