import { z } from 'zod';
import { readAnswer } from '../../../../../shared/github/answer.ts';
import type { GitHubClient } from '../../../../../shared/github/client.ts';
import {
  type DispatchedJob,
  JOB_INPUT,
  MAX_PAYLOAD_CHARACTERS,
} from '../../../../../shared/github/dispatched-job.ts';
import { isAbsent } from '../../../../../shared/github/permission.ts';
import { repositoryName } from '../../../../../shared/github/repository.ts';
import type { Finding } from '../engine.ts';
import { findingsOfWorkerFile } from './worker-file.ts';

const workflowSchema = z.object({ state: z.string() });
const fileSchema = z.object({ type: z.literal('file'), encoding: z.literal('base64'), content: z.string() });

const STATES: Readonly<Record<string, string>> = {
  disabled_manually: 'somebody disabled it',
  disabled_inactivity: 'GitHub disabled it because nothing happened in the repository',
  disabled_fork: 'workflows of a fork are disabled',
  deleted: 'it was deleted',
};

export interface WorkerCheck {
  readonly client: GitHubClient;
  readonly repository: string;
  /** The file's name. */
  readonly workflow: string;
  /** A branch or tag. */
  readonly ref: string;
  readonly workerInputs: Readonly<Record<string, string>>;
  readonly job: DispatchedJob;
}

/** What stands against dispatching the worker, before anything is dispatched. */
export async function checkWorker(check: WorkerCheck, signal: AbortSignal): Promise<Finding[]> {
  const { client, repository, workflow, ref, workerInputs, job } = check;
  const path = `.github/workflows/${workflow}`;
  const state = await stateOf(check, signal);
  if (state === undefined) {
    return [
      {
        code: 'no-worker',
        message: `The worker workflow ${path} is not on the default branch yet, and GitHub dispatches no other.`,
        remedy:
          'Merge the file first (docs/guides/gpu-runners.md has it), or give "fallback: local" so that this run trains here.',
      },
    ];
  }
  if (state !== 'active') {
    return [
      {
        message: `The worker workflow ${path} is not active: ${STATES[state] ?? `its state is "${state}"`}.`,
        remedy: 'Enable it on the page "Actions" of the repository.',
      },
    ];
  }
  const text = await textAt(check, path, signal);
  const where = `${path} on "${ref}"`;
  if (text === undefined) {
    const exists = await refExists(client, repository, ref, signal);
    return [
      exists
        ? {
            message: `The worker workflow ${path} is on the default branch, but not on "${ref}".`,
            remedy: `Bring "${ref}" up to date with the default branch, or give the input "worker-ref" a branch that has the file.`,
          }
        : {
            message: `The repository has no branch or tag "${ref}".`,
            remedy: 'Give the input "worker-ref" the name of a branch or tag.',
          },
    ];
  }
  const findings = findingsOfWorkerFile({ where, text, given: Object.keys(workerInputs) });
  const characters = JSON.stringify({ [JOB_INPUT]: JSON.stringify(job), ...workerInputs }).length;
  if (characters > MAX_PAYLOAD_CHARACTERS) {
    findings.push({
      message: `The job has ${characters.toLocaleString('en')} characters; GitHub dispatches at most ${MAX_PAYLOAD_CHARACTERS.toLocaleString('en')}.`,
      remedy:
        'Move what is long in "command", "parameters" or "worker-inputs" into a file of the repository.',
    });
  }
  return findings;
}

async function stateOf(
  { client, repository, workflow }: WorkerCheck,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { data } = await client.rest.actions.getWorkflow({
      ...repositoryName(repository),
      workflow_id: workflow,
      request: { signal },
    });
    return readAnswer(workflowSchema, data, `the workflow ${workflow}`).state;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function textAt(
  { client, repository, ref }: WorkerCheck,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { data } = await client.rest.repos.getContent({
      ...repositoryName(repository),
      path,
      ref,
      request: { signal },
    });
    const { content } = readAnswer(fileSchema, data, `${path} on "${ref}"`);
    return Buffer.from(content, 'base64').toString('utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function refExists(
  client: GitHubClient,
  repository: string,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  for (const ref of [`heads/${name}`, `tags/${name}`]) {
    try {
      await client.rest.git.getRef({ ...repositoryName(repository), ref, request: { signal } });
      return true;
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
  return false;
}
