import type { ActionContext } from '../../../../shared/action/action.ts';
import { variableOf } from '../../../../shared/action/inputs.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { git } from '../../../../shared/github/git.ts';
import { createClient } from '../../../../shared/github/client.ts';
import { STEADY_CLOCK } from '../clock.ts';
import type { Prepared } from '../prepare.ts';
import type { DispatchingInputs } from '../inputs.ts';
import type { TrainingJob } from './engine.ts';
import { createGitHubEngine, type GitHubEngine } from './github.ts';
import { buildJob } from './github/dispatched-job.ts';
import { stopOlder } from './github/supersede.ts';
import { workerRef } from './github/worker-ref.ts';

export interface OpenedEngine {
  readonly engine: GitHubEngine;
  readonly job: TrainingJob;
  /** Ends trainings of older commits of the same pull request. */
  stopOlder(): Promise<void>;
}

/** The engine `github`, with what this step knows of itself. */
export async function openGitHubEngine(
  inputs: DispatchingInputs,
  context: ActionContext,
  prepared: Prepared,
): Promise<OpenedEngine> {
  const { environment, logger, origin, run, commit, signal } = context;
  const { repository, headSha } = origin;
  if (context.host.kind === 'terminal' || repository === null || headSha === null) {
    throw new UsageError('Input "engine" is "github", and this is no step of a workflow.', {
      remedy: 'In a terminal train with "--engine local", or start the workflow: gh workflow run <file>.',
    });
  }
  // What is checked out here is what the worker shall train, also where a step has checked out another commit.
  const head = await git(context.workingDirectory, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal);
  const sha = head?.toString('utf8').trim() ?? environment['GITHUB_SHA']?.trim() ?? headSha;
  if (commit.dirty) {
    prepared.notices.push(
      'Tracked files differ from the commit here, and the worker trains the commit without these changes.',
    );
  }
  const client = await createClient({
    token: environment[variableOf('token')]?.trim() ?? environment['GITHUB_TOKEN'],
    environment,
    logger,
  });
  const engine = createGitHubEngine({
    client,
    repository,
    logger,
    clock: STEADY_CLOCK,
    random: Math.random,
    dispatch: inputs.dispatch,
    ref: workerRef({
      given: inputs.dispatch.ref,
      event: origin.event,
      ref: origin.ref,
      headRef: environment['GITHUB_HEAD_REF'],
    }),
    job: (generation, previous) =>
      buildJob(
        {
          model: inputs.subject,
          submissionKey: prepared.submissionKey,
          dispatch: inputs.dispatch,
          limitMs: inputs.limitMs,
          origin: { ...origin, headSha },
          key: run.key,
          sha,
          workflowRef: environment['GITHUB_WORKFLOW_REF'],
        },
        generation,
        previous,
      ),
    origin,
    expected: {
      repository,
      model: inputs.subject,
      key: run.key,
      runId: run.id,
      runAttempt: run.attempt,
      treeHash: commit.treeHash,
    },
    maxAttempts: inputs.maxAttempts,
  });
  return {
    engine,
    job: {
      command: inputs.command,
      directory: context.workingDirectory,
      environment: {},
      outputs: inputs.outputs,
      seriesFiles: [],
    },
    async stopOlder() {
      const { pullRequest } = origin;
      if (pullRequest === null) return;
      const stopped = await stopOlder(
        {
          client,
          repository,
          workflow: inputs.dispatch.workflow,
          model: inputs.subject,
          pullRequest: pullRequest.number,
          keepKey: prepared.submissionKey,
          headSha,
          runId: run.id,
          logger,
        },
        signal,
      );
      if (stopped.length > 0) {
        logger.info(`Stopped the training of an older commit of this pull request: ${stopped.join(', ')}`);
      }
    },
  };
}
