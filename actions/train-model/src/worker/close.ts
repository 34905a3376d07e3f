import type { ActionContext, Outcome } from '../../../../shared/action/action.ts';
import { statusContextOf } from '../../../../shared/action/decide/step-result.ts';
import { messageOf, UsageError } from '../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import { ConditionalRequests } from '../../../../shared/github/conditional-requests.ts';
import { dispatchWorkflow } from '../../../../shared/github/dispatch.ts';
import type { DispatchedJob } from '../../../../shared/github/dispatched-job.ts';
import { JOB_INPUT } from '../../../../shared/github/dispatched-job.ts';
import { readJobs } from '../../../../shared/github/workflow-jobs.ts';
import { listDispatchedRuns } from '../../../../shared/github/workflow-runs.ts';
import { sectionName } from '../../../../shared/record/artifact-name.ts';
import { type Artifacts, createArtifacts } from '../../../../shared/record/artifacts.ts';
import type { SectionOf } from '../../../../shared/record/section.ts';
import type { FailureClass } from '../../../../shared/record/training-section.ts';
import { parseCheckpointName } from '../checkpoints/checkpoint-name.ts';
import { ADVICE } from '../decide/judge-training.ts';
import { type AfterWorker, afterWorker, type WorkerSection } from '../decide/next-generation.ts';
import { parseProgressName } from '../dispatch/progress.ts';
import type { Inputs } from '../inputs.ts';
import { type Needs, readNeeds } from './needs.ts';
import { deleteProgress } from './delete-progress.ts';
import { pendingContexts } from './pending-status.ts';
import { setStatus, stateOf, wordsOf, writeComment } from './tell-end.ts';
import { clientOf, type OwnRun, readOwnRun } from './worker-run.ts';

export interface CloseOptions {
  readonly inputs: Pick<Inputs, 'dispatched' | 'maxAttempts' | 'limitMs'>;
  readonly context: ActionContext;
  readonly artifacts?: Artifacts;
}

/** A run of the next generation that a lost answer has left is among the newest. */
const NEXT_PAGES = 2;

interface Closing {
  readonly context: ActionContext;
  readonly client: GitHubClient;
  readonly job: DispatchedJob;
  readonly own: OwnRun;
  readonly needs: Needs;
  /** Names of this run's artifacts. */
  readonly names: ReadonlySet<string>;
}

/**
 * Ends a worker, in a job of its own that runs no code of the user's: dispatches the next generation where the training
 * is worth going on with, else ends what still waits for it — the commit's status, the comment, the progress.
 */
export async function closeWorker({
  inputs,
  context,
  ...options
}: CloseOptions): Promise<Outcome<'training'>> {
  const { signal } = context;
  const job = inputs.dispatched;
  if (job === undefined) throw new UsageError('Input "mode" is "close", and no "dispatched-job" is given.');
  const own = await readOwnRun(context);
  try {
    return await close({ inputs, context, ...options }, job, own);
  } catch (error) {
    if (!signal.aborted) {
      // Whatever happened: a status that stays pending would block the pull request for ever.
      const ended = { context, job, own };
      await setStatus('error', `The worker could not be closed: ${messageOf(error)}`, ended).catch(
        () => undefined,
      );
    }
    throw error;
  }
}

async function close(
  { inputs, context, ...options }: CloseOptions,
  job: DispatchedJob,
  own: OwnRun,
): Promise<Outcome<'training'>> {
  const { signal } = context;
  const needs = readNeeds(context);
  const client = await clientOf(context);
  const artifacts = options.artifacts ?? createArtifacts();
  const names = new Set((await artifacts.list(undefined, signal)).map(({ name }) => name));
  const closing: Closing = { context, client, job, own, needs, names };
  const section = await findSection(closing);
  const after = afterWorker({
    job,
    runId: own.worker.runId,
    maxAttempts: inputs.maxAttempts,
    limitMs: inputs.limitMs,
    train: needs.train.result,
    section: section === undefined ? undefined : factsOf(section),
    checkpoint: [...names].some((name) => parseCheckpointName(name)?.submissionKey === job.submissionKey),
    began: [...names].some((name) => parseProgressName(name)?.submissionKey === job.submissionKey),
    failedStep: section === undefined ? await failedStepOf(closing) : undefined,
  });
  return await apply(after, closing);
}

/** The worker's own section: only what lies in this run is its. */
async function findSection({
  context,
  job,
  own,
  names,
}: Closing): Promise<SectionOf<'training'> | undefined> {
  const { store, run, signal } = context;
  const name = sectionName({
    subject: job.model,
    kind: 'training',
    key: own.worker.key,
    attempt: run.attempt,
  });
  if (!names.has(name)) return undefined;
  return await store.find('training', { subject: job.model, fromKey: own.worker.key }, signal);
}

function factsOf({ verdict, summary, body }: SectionOf<'training'>): WorkerSection {
  const attempts = body?.attempts ?? [];
  return {
    verdict,
    summary,
    failureClass: attempts.at(-1)?.failureClass ?? null,
    trainedMs: attempts.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}

/** The step by which the job that trains failed: one whose runner was lost has none. Undefined where it is not told. */
async function failedStepOf({ context, client, own, needs }: Closing): Promise<string | null | undefined> {
  if (needs.train.result !== 'failure') return undefined;
  try {
    const requests = new ConditionalRequests(client);
    const { data: jobs } = await readJobs(requests, own.repository, own.worker.runId, context.signal);
    // A job of a reusable workflow is named after the job that calls it too: `worker / train`.
    const train = jobs.find(({ name }) => /(^|\/ )train$/.test(name));
    if (train === undefined) return undefined;
    return train.steps.find(({ conclusion }) => conclusion === 'failure')?.name ?? null;
  } catch (error) {
    context.signal.throwIfAborted();
    context.logger.debug(`The jobs of this run cannot be asked for: ${messageOf(error)}`);
    return undefined;
  }
}

async function apply(after: AfterWorker, closing: Closing): Promise<Outcome<'training'>> {
  const { context, job } = closing;
  switch (after.kind) {
    case 'duplicate':
      return told('skipped', 'Another run trains the same, and ends it.');
    case 'continue': {
      const failure = await dispatchNext(after.job, closing);
      if (failure === undefined) return await goOn(after, closing);
      const message = `${after.reason} It could not be gone on with: ${failure}`;
      return await endUnrecorded('infrastructure', message, closing);
    }
    case 'ended':
      return await endRecorded(after.section, closing);
    case 'unrecorded':
      context.logger.info(`The worker of ${job.model} recorded no end.`);
      return await endUnrecorded(after.failureClass, after.message, closing);
  }
}

/** Dispatches the next generation, once: a closing job that is run again finds it. Says why where it cannot. */
async function dispatchNext(
  next: DispatchedJob,
  { client, own, context }: Closing,
): Promise<string | undefined> {
  const { signal } = context;
  const { repository, workflow, ref } = own;
  const isThere = async (): Promise<boolean> => {
    const titled = (runs: readonly { title: string }[]): boolean =>
      runs.some(({ title }) => title === next.title);
    return titled(
      await listDispatchedRuns(client, { repository, workflow, pages: NEXT_PAGES }, titled, signal),
    );
  };
  try {
    if (await isThere()) return undefined;
    const inputs = { ...own.furtherInputs, [JOB_INPUT]: JSON.stringify(next) };
    await dispatchWorkflow(client, { repository, workflow, ref, inputs }, signal);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    // Its answer may be lost, and the run there all the same.
    if (await isThere().catch(() => false)) return undefined;
    return messageOf(error);
  }
}

async function goOn(
  { job: next, reason }: Extract<AfterWorker, { kind: 'continue' }>,
  closing: Closing,
): Promise<Outcome<'training'>> {
  const words = `Goes on in another run (${next.previous.length + 1}). ${reason}`;
  closing.context.logger.info(words);
  await setStatus('pending', words, closing);
  return told('pending', words);
}

async function endRecorded(section: WorkerSection, closing: Closing): Promise<Outcome<'training'>> {
  const { context, client, job, own, names } = closing;
  const { verdict, summary } = section;
  if (verdict === 'pass') {
    const runIds = [own.worker.runId, ...job.previous];
    const { submissionKey } = job;
    const options = { client, repository: own.repository, runIds, submissionKey, logger: context.logger };
    const deleted = await deleteProgress(options, context.signal);
    if (deleted > 0) context.logger.info(`Deleted ${deleted} progress artifacts.`);
  }
  // That of the training is pending since the dispatch too, and of its own.
  await setStatus(stateOf(section), wordsOf(section), closing, 'training');
  const judged = sectionName({
    subject: job.model,
    kind: 'evaluation',
    key: own.worker.key,
    attempt: context.run.attempt,
  });
  if (names.has(judged)) await endJudged(closing);
  else await endWithoutGate(section, closing);
  return { ...told('skipped', `The training ended as ${verdict}: ${summary}`), passed: verdict === 'pass' };
}

/**
 * The gate sets the status and writes the comment itself, but after its section: one that was cancelled in between, or
 * that GitHub did not answer, has left the status pending.
 */
async function endJudged(closing: Closing): Promise<void> {
  const { context, client, job, own } = closing;
  const { store, origin, signal } = context;
  if (job.mode !== 'detach' || origin.headSha === null) return;
  const contexts = [statusContextOf('evaluation', job.model)];
  const question = { client, repository: own.repository, sha: origin.headSha, contexts };
  const pending = await pendingContexts(question, signal).catch(() => contexts);
  if (pending.length === 0) return;
  const section = await store.find('evaluation', { subject: job.model, fromKey: own.worker.key }, signal);
  if (section === undefined) await setStatus('error', 'The gate left no section of the record.', closing);
  else await setStatus(stateOf(section), wordsOf(section), closing);
  await writeComment(closing);
}

async function endWithoutGate(section: WorkerSection, closing: Closing): Promise<void> {
  const { job, needs } = closing;
  const { verdict } = section;
  if (verdict === 'pass' && job.gate !== null) {
    const result = needs.gate?.result ?? 'skipped';
    await setStatus('error', `The gate ended as ${result}, without a verdict.`, closing);
  } else {
    const judged = verdict === 'pass' ? ' No gate judged it.' : '';
    await setStatus(stateOf(section), `${wordsOf(section)}${judged}`, closing);
  }
  await writeComment(closing);
}

/** A follower tells the end itself; of a detached training nobody would hear. */
async function endUnrecorded(
  failureClass: FailureClass,
  message: string,
  closing: Closing,
): Promise<Outcome<'training'>> {
  const { owner, remedy } = ADVICE[failureClass];
  await setStatus('error', message, closing);
  return {
    ...told('error', message),
    subject: closing.job.mode === 'detach' && !hasSection(closing) ? closing.job.model : '',
    blame: { owner, message, remedy },
  };
}

function hasSection({ context, job, own, names }: Closing): boolean {
  const { attempt } = context.run;
  return names.has(sectionName({ subject: job.model, kind: 'training', key: own.worker.key, attempt }));
}

/** An outcome of which no section is kept: the worker's own is there, or the next generation's will be. */
function told(verdict: 'skipped' | 'pending' | 'error', summary: string): Outcome<'training'> {
  return {
    subject: '',
    dataset: null,
    verdict,
    summary,
    blame: null,
    notices: [],
    body: null,
    outputs: {},
    annotations: [],
  };
}
