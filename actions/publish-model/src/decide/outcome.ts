import type { Outcome } from '../../../../shared/action/action.ts';
import type { PublicationBody } from '../../../../shared/record/publication-section.ts';
import { formatBytes } from '../../../../shared/report/format.ts';
import type { Version } from '../../../../shared/registries/registry.ts';
import type { Admission, ModelRecord } from './admission.ts';
import type { PublishPlan } from './plan.ts';

interface Facts {
  readonly record: ModelRecord;
  readonly dataset: string | null;
  readonly registry: string;
  readonly gateRequired: boolean;
}

interface Finished extends Facts {
  readonly mode: 'publish' | 'plan';
  readonly plan: PublishPlan;
  /** What was published; undefined in plan mode. */
  readonly published: { readonly version: Version; readonly created: boolean } | undefined;
  readonly card: { readonly path: string; readonly sha256: string };
  readonly notices: readonly string[];
}

function outputsOf(registry: string, version: Version | undefined): Record<string, string> {
  return {
    version: version?.version ?? '',
    'manifest-digest': version?.manifestDigest ?? '',
    url: version?.url ?? '',
    registry,
  };
}

function bodyOf({ record, registry, gateRequired, mode, plan, published, card }: Finished): PublicationBody {
  const version = published?.version ?? plan.existing;
  const done = published?.created === true ? 'published' : 'already-published';
  return {
    mode,
    targets: [
      {
        registry,
        version: version?.version ?? null,
        manifestDigest: version?.manifestDigest ?? null,
        url: version?.url ?? null,
        state: published === undefined ? 'planned' : done,
        files: plan.files,
        bytes: plan.bytes,
      },
    ],
    card,
    alias: { ...plan.alias, to: version?.version ?? plan.version },
    gateRequired,
    modelDigest: record.training.body?.modelDigest ?? null,
  };
}

function summaryOf({ record, registry, plan, published }: Finished): string {
  const { subject } = record.training;
  const { name, from } = plan.alias;
  const size = `${plan.files} ${plan.files === 1 ? 'file' : 'files'}, ${formatBytes(plan.bytes)}`;
  if (published === undefined) {
    const moves =
      from === plan.version
        ? `alias ${name} stays at ${plan.version}`
        : `alias ${name} would move from ${from ?? 'nothing'} to ${plan.version}`;
    return plan.existing === undefined
      ? `${subject} would be published as ${plan.version} in ${registry} (${size}); ${moves}.`
      : `${subject} is published already as ${plan.version} in ${registry}; ${moves}.`;
  }
  const { version, created } = published;
  const did = created
    ? `${subject} is published as ${version.version} in ${registry} (${size})`
    : `${subject} was published already as ${version.version} in ${registry}`;
  return `${did}; alias ${name} points at it.`;
}

/** The outcome of a model that was published, or would be. */
export function finishedOutcome(finished: Finished): Outcome<'publication'> {
  return {
    subject: finished.record.training.subject,
    dataset: finished.dataset,
    verdict: 'pass',
    summary: summaryOf(finished),
    blame: null,
    notices: finished.notices,
    body: bodyOf(finished),
    outputs: outputsOf(finished.registry, finished.published?.version ?? finished.plan.existing),
    annotations: [],
  };
}

/** The outcome of a model that may not be published. */
export function unpublishedOutcome(
  { record, dataset, registry }: Facts,
  admission: Exclude<Admission, { kind: 'admitted' }>,
): Outcome<'publication'> {
  const common = {
    subject: record.training.subject,
    dataset,
    notices: [],
    body: null,
    outputs: outputsOf(registry, undefined),
  };
  const summary = `Not published. ${admission.reason}`;
  if (admission.kind === 'skipped') {
    return { ...common, verdict: 'skipped', passed: false, summary, blame: null, annotations: [] };
  }
  const { owner, reason, remedy } = admission;
  return {
    ...common,
    verdict: 'error',
    summary,
    blame: { owner, message: reason, remedy },
    annotations: [{ severity: 'error', title: 'Not published', message: `${reason} ${remedy}` }],
  };
}
