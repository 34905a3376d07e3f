import type { Origin } from '../../../../../shared/github/code-host.ts';
import type { DispatchedJob } from '../../../../../shared/github/dispatched-job.ts';
import { workerTitle } from '../../decide/generation.ts';
import type { DispatchInputs } from '../../inputs/dispatch-inputs.ts';

/** What a job lasts at most on a hosted runner, by its token, and on a self-hosted runner (facts: dispatch, tokens). */
const HOSTED_MINUTES = 6 * 60;
const TOKEN_MINUTES = 24 * 60;
const SELF_HOSTED_MINUTES = 5 * 24 * 60;
const HOSTED = /^(ubuntu|windows|macos)-/i;
/** For checkout, set-up, the last checkpoint and the upload of what was trained. */
const MARGIN_MINUTES = 30;

export interface JobFacts {
  readonly model: string;
  readonly submissionKey: string;
  readonly dispatch: Pick<DispatchInputs, 'mode' | 'runsOn' | 'raw' | 'gate'>;
  /** The input `max-minutes`; undefined: as long as a job may last. */
  readonly limitMs: number | undefined;
  readonly origin: Origin & { readonly headSha: string };
  /** The key of the dispatching step's section. */
  readonly key: string;
  /** The commit that is checked out here. */
  readonly sha: string;
  /** GITHUB_WORKFLOW_REF: `owner/name/.github/workflows/<file>@<ref>`. */
  readonly workflowRef: string | undefined;
}

/** What is handed to a worker as the given generation of a training. */
export function buildJob(facts: JobFacts, generation: number, previous: readonly string[]): DispatchedJob {
  const { model, submissionKey, dispatch, limitMs, origin, key, sha, workflowRef } = facts;
  const pullRequest = origin.pullRequest?.number ?? null;
  const minutes = limitMs === undefined ? Infinity : Math.ceil(limitMs / 60_000) + MARGIN_MINUTES;
  return {
    version: 1,
    title: workerTitle({ model, submissionKey, generation, pullRequest }),
    model,
    submissionKey,
    generation,
    mode: dispatch.mode,
    'runs-on': [...dispatch.runsOn],
    'timeout-minutes': Math.min(longest(dispatch), minutes),
    sha,
    dispatcher: {
      runId: origin.runId,
      runNumber: origin.runNumber,
      runAttempt: origin.runAttempt,
      event: origin.event,
      ref: origin.ref,
      headSha: origin.headSha,
      baseSha: origin.baseSha,
      pullRequest,
      workflow: origin.workflow,
      workflowPath: workflowRef?.split('@')[0] ?? null,
      job: origin.job,
      key,
      actor: origin.actor,
    },
    inputs: { ...dispatch.raw },
    gate: dispatch.gate,
    previous: [...previous],
  };
}

/** With checkpoints a training ends before its job's token does, and goes on in the next generation. */
function longest({ runsOn, raw }: JobFacts['dispatch']): number {
  if (runsOn.some((label) => HOSTED.test(label))) return HOSTED_MINUTES;
  return raw['checkpoints'] === undefined ? SELF_HOSTED_MINUTES : TOKEN_MINUTES;
}
