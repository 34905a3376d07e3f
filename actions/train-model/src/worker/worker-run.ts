import { z } from 'zod';
import type { ActionContext } from '../../../../shared/action/action.ts';
import { variableOf } from '../../../../shared/action/inputs.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { createClient, type GitHubClient } from '../../../../shared/github/client.ts';
import type { WorkerRun } from '../../../../shared/github/code-host.ts';
import { JOB_INPUT } from '../../../../shared/github/dispatched-job.ts';
import { readPayload } from '../../../../shared/github/event.ts';

/** What a worker knows of the run that it is. */
export interface OwnRun {
  readonly worker: WorkerRun;
  readonly repository: string;
  /** The file in `.github/workflows` by which it was dispatched. */
  readonly workflow: string;
  /** The branch or tag whose worker workflow it runs. */
  readonly ref: string;
  /** What the workflow was given besides the job: the user's own inputs. */
  readonly furtherInputs: Readonly<Record<string, string>>;
}

const scalarSchema = z.union([z.string(), z.number(), z.boolean()]);

/** Reads which run this is; a UsageError where it is no worker's. */
export async function readOwnRun({ origin, environment }: ActionContext): Promise<OwnRun> {
  const { worker, repository } = origin;
  if (worker === null || repository === null) {
    throw new UsageError('Input "dispatched-job" is given, but no dispatch of that job started this run.', {
      remedy:
        'Only the worker workflow gives this input: copy it from docs/guides/gpu-runners.md, and let train-model dispatch it.',
    });
  }
  const [, workflow] =
    /\/\.github\/workflows\/([^/@]+)@/.exec(environment['GITHUB_WORKFLOW_REF'] ?? '') ?? [];
  const [, ref] = /^refs\/(?:heads|tags)\/(.+)$/.exec(environment['GITHUB_REF'] ?? '') ?? [];
  if (workflow === undefined || ref === undefined) {
    const missing = workflow === undefined ? 'GITHUB_WORKFLOW_REF' : 'GITHUB_REF';
    throw new UsageError(`The variable ${missing} does not tell which workflow this run is of.`, {
      remedy: 'A runner sets it: give the runner program a whole environment.',
    });
  }
  const { inputs } = await readPayload(environment, 'workflow_dispatch');
  const further = Object.entries(inputs ?? {}).flatMap(([name, value]) => {
    const scalar = scalarSchema.safeParse(value);
    return name === JOB_INPUT || !scalar.success ? [] : [[name, String(scalar.data)] as const];
  });
  return { worker, repository, workflow, ref, furtherInputs: Object.fromEntries(further) };
}

/** The client of this step's own token. */
export async function clientOf({ environment, logger }: ActionContext): Promise<GitHubClient> {
  const token = environment[variableOf('token')]?.trim() ?? environment['GITHUB_TOKEN'];
  return await createClient({ token, environment, logger });
}
