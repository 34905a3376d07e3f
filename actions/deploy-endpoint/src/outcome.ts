import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import type { Version } from '../../../shared/registries/registry.ts';
import type { Admission } from './decide/admission.ts';
import { type Conclusion, conclude } from './decide/conclusion.ts';
import type { Rollout } from './decide/rollout.ts';
import type { Inputs } from './inputs.ts';
import type { ModelSource } from './model-source.ts';
import type { RolloutResult } from './rollout.ts';
import type { RunSections } from './sections.ts';
import type { Revision } from './targets/target.ts';

const NO_GATE = 'The input "require-gate" is false: that a gate has passed this model was not asked.';
const SMOKE_SERVING =
  'Smoke serving: the model was served on 127.0.0.1 of this machine for the test alone. Nothing was deployed, no alias was moved.';
const LOCAL = {
  github:
    'Smoke serving: on 127.0.0.1 of this machine, for later steps of the job. It ends with the job, unless "keep-alive" is true.',
  terminal: 'Served on 127.0.0.1 of this machine, until: trainyard stop.',
} as const;

/** The outcome of a deployment that did not begin. */
export function refusedOutcome(
  inputs: Inputs,
  { subject, dataset }: RunSections,
  endpoint: string,
  admission: Exclude<Admission, { kind: 'admitted' }>,
): Outcome<'deployment'> {
  const skipped = admission.kind === 'skipped';
  const message = skipped ? admission.reason : admission.message;
  return {
    subject,
    dataset,
    verdict: skipped ? 'skipped' : 'error',
    passed: false,
    summary: `"${endpoint}" is unchanged. ${message}`,
    blame: skipped ? null : { owner: admission.owner, message, remedy: admission.remedy },
    notices: inputs.requireGate ? [] : [NO_GATE],
    body: null,
    outputs: outputsOf(undefined, undefined, undefined, false),
    annotations: skipped ? [] : [{ severity: 'error', message: `${message} ${admission.remedy}` }],
  };
}

export interface Deployed {
  readonly host: ActionContext['host']['kind'];
  readonly inputs: Inputs;
  readonly sections: RunSections;
  readonly endpoint: string;
  readonly source: ModelSource;
  readonly rollout: Rollout;
  readonly result: RolloutResult;
  readonly revision: string;
  readonly previous: Revision | undefined;
  /** What alias `production` named before. */
  readonly production: Version | undefined;
}

/** The outcome of a deployment that began, however it went. */
export function deployedOutcome(deployed: Deployed): Outcome<'deployment'> {
  const { inputs, sections, endpoint, source, rollout, result, revision, previous, production } = deployed;
  const { failure, steps, smokeTest } = result;
  const conclusion = conclude({
    rollout,
    done: result.done,
    failure,
    endpoint,
    version: source.version,
    previousVersion: previous?.version,
  });
  const moved = conclusion.verdict === 'pass' && inputs.mode === 'deploy';
  const version = inputs.mode === 'plan' ? null : source.version;
  const url = servingUrl(deployed, conclusion);
  return {
    subject: sections.subject,
    dataset: sections.dataset,
    verdict: conclusion.verdict,
    summary: conclusion.summary,
    blame:
      failure === undefined || conclusion.verdict === 'pass'
        ? null
        : { owner: failure.owner, message: failure.message, remedy: failure.remedy },
    notices: noticesOf(deployed, moved),
    body: {
      mode: inputs.mode,
      target: inputs.target,
      endpoint,
      url: url ?? null,
      version,
      revision,
      previousRevision: previous?.id ?? null,
      strategy: inputs.mode === 'plan' ? 'smoke-serving' : rollout.dark ? 'blue-green' : 'recreate',
      steps,
      smokeTest: smokeTest ?? null,
      rolledBack: conclusion.rolledBack,
      alias: moved ? { name: 'production', from: production?.version ?? null, to: source.version } : null,
      gateRequired: inputs.requireGate,
      modelDigest: source.modelDigest,
    },
    outputs: outputsOf(
      url,
      moved ? revision : conclusion.rolledBack ? previous?.id : undefined,
      moved ? source.version : conclusion.rolledBack ? previous?.version : undefined,
      conclusion.rolledBack,
    ),
    annotations:
      conclusion.verdict === 'pass'
        ? []
        : [
            {
              severity: 'error',
              message: `${conclusion.summary}${failure?.remedy ? ` ${failure.remedy}` : ''}`,
            },
          ],
  };
}

/** Where something answers now; a plan has ended by then. */
function servingUrl(
  { inputs, result, previous }: Deployed,
  { verdict, rolledBack }: Conclusion,
): string | undefined {
  if (inputs.mode === 'plan') return undefined;
  return verdict === 'pass' || rolledBack || (previous !== undefined && result.failure?.step === 'probe')
    ? result.url
    : undefined;
}

function noticesOf({ inputs, host, result: { failure } }: Deployed, moved: boolean): string[] {
  return [
    ...(inputs.mode === 'plan' ? [SMOKE_SERVING] : moved && inputs.target === 'local' ? [LOCAL[host]] : []),
    ...(inputs.requireGate ? [] : [NO_GATE]),
    ...(failure?.step === 'confirm' ? [`The revision before could not be ended: ${failure.message}`] : []),
  ];
}

/** The outputs: what serves now. */
function outputsOf(
  url: string | undefined,
  revision: string | undefined,
  version: string | undefined,
  rolledBack: boolean,
): Outcome['outputs'] {
  return {
    url: url ?? '',
    revision: revision ?? '',
    version: version ?? '',
    'rolled-back': String(rolledBack),
  };
}
