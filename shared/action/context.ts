import { mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { CodeHost, Origin } from '../github/code-host.ts';
import { readCheckout } from '../github/git.ts';
import { createGitHubHost } from '../github/github-host.ts';
import { createTerminalHost } from '../github/terminal-host.ts';
import type { Kind } from '../names.ts';
import type { Commit, Run } from '../record/common.ts';
import { createRecordStore } from '../record/create-store.ts';
import { sectionKey } from '../record/key.ts';
import type { Action, ActionContext, CommonInputs } from './action.ts';
import { type InputReader, openInputs } from './inputs.ts';
import type { Logger } from './logger.ts';
import { temporaryRoot } from '../runner-temp.ts';
import { messageOf, UsageError } from '../errors.ts';

/** What the shell reads for itself, alike in every action. */
export interface Shell {
  readonly reader: InputReader;
  readonly context: ActionContext;
  readonly comments: boolean;
  readonly statuses: boolean;
}

/** True in a step of a workflow, false in a terminal. */
export function onRunner(environment: NodeJS.ProcessEnv): boolean {
  return environment['GITHUB_ACTIONS'] === 'true';
}

/** Opens the inputs, the code host and the record, and notes the commit before anything runs. */
export async function openShell<K extends Kind, Inputs extends CommonInputs>(
  action: Action<K, Inputs>,
  environment: NodeJS.ProcessEnv,
  logger: Logger,
  signal: AbortSignal,
  saveState: (name: string, value: string) => void,
): Promise<Shell> {
  const runner = onRunner(environment);
  const workspace = await realpath((runner ? environment['GITHUB_WORKSPACE'] : undefined) ?? process.cwd());
  const reader = openInputs(action.inputs, environment, workspace);
  const token = reader.text('token') ?? environment['GITHUB_TOKEN'];
  if (token !== undefined && token !== '') logger.mask(token);

  const host = runner
    ? createGitHubHost({ environment, token, logger })
    : createTerminalHost({ workspace, environment });
  const origin = await host.origin(signal);
  const commit = await commitOf(host, origin, reader.workingDirectory, environment, signal);
  const run = runOf(origin, reader);
  const temporaryDirectory = await mkdtemp(join(temporaryRoot(environment), 'trainyard-'));
  const store = createRecordStore({
    host,
    origin,
    commit,
    run,
    environment,
    workspace,
    workingDirectory: reader.workingDirectory,
    temporaryDirectory,
    logger,
    token,
  });
  const startedAt = Date.now();
  const comments = reader.boolean('comment');
  const context: ActionContext = {
    action: action.name,
    logger,
    host,
    origin,
    commit,
    run,
    store,
    workspace,
    workingDirectory: reader.workingDirectory,
    temporaryDirectory,
    environment,
    signal,
    saveState,
    async showProgress(outcome) {
      if (!comments || origin.pullRequest === null) return;
      try {
        const { showProgress } = await import('./show-progress.ts');
        await showProgress(action.kind, outcome, context, startedAt);
      } catch (error) {
        signal.throwIfAborted();
        logger.debug(`The progress could not be shown: ${messageOf(error)}`);
      }
    },
  };
  return {
    reader,
    context,
    comments,
    statuses: reader.boolean('status'),
  };
}

async function commitOf(
  host: CodeHost,
  origin: Origin,
  directory: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Commit> {
  const checkout = await readCheckout(directory, signal);
  // Without a checkout the tree is that of the commit which the event tests, on a pull request the merge commit.
  const tested = origin.worker?.sha ?? environment['GITHUB_SHA'];
  refuseOtherCheckout(origin, checkout.headSha);
  const treeHash =
    checkout.treeHash ??
    (host.kind === 'github' && tested !== undefined ? await host.treeOf(tested, signal) : null);
  return {
    repository: origin.repository,
    headSha: origin.headSha,
    baseSha: origin.baseSha,
    treeHash,
    ref: origin.ref,
    event: origin.event,
    pullRequest: origin.pullRequest?.number ?? null,
    fork: origin.fork,
    dirty: checkout.dirty,
    patchDigest: checkout.patchDigest,
  };
}

/** A branch moves on: a worker that checked out something else than it was told would report on the wrong code. */
function refuseOtherCheckout({ worker }: Origin, headSha: string | null): void {
  if (worker === null || headSha === null || headSha === worker.sha) return;
  throw new UsageError(`The job says that commit ${worker.sha} is trained, but ${headSha} is checked out.`, {
    remedy:
      'Let the worker check out `${{ fromJSON(inputs.job).sha }}`, as the worker workflow of Trainyard does.',
  });
}

function runOf(origin: Origin, reader: InputReader): Run {
  return {
    id: origin.runId,
    number: origin.runNumber,
    attempt: origin.runAttempt,
    url: origin.runUrl,
    workflow: origin.workflow,
    job: origin.job,
    // A worker writes the section of the step that dispatched it.
    key:
      origin.worker?.key ??
      sectionKey({ id: reader.key('id'), job: origin.job, matrix: reader.text('matrix') }),
    actor: origin.actor,
  };
}
