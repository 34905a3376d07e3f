import type { Policy } from '../../../../shared/record/common.ts';
import type { EvaluationBody } from '../../../../shared/record/evaluation-section.ts';
import type { CollectedBaseline, FoundBaseline } from '../baseline.ts';
import type { Candidate } from '../candidate.ts';
import type { GateFile } from '../gate-file/gate-file.ts';
import type { Measurement } from '../metrics/measure.ts';
import { compareSets } from './compared.ts';
import { conclude, type Conclusion } from './conclude.ts';
import { type Baseline, evaluateRules } from './evaluate-rules.ts';
import { mergeMetrics, type Metrics } from './metrics.ts';

export interface Evidence {
  readonly model: string;
  readonly gate: GateFile;
  readonly policy: Policy;
  readonly candidate: Candidate;
  readonly baseline: CollectedBaseline;
  /** Undefined where only reported metrics are there. */
  readonly measurement: Measurement | undefined;
}

export interface Judged {
  readonly body: EvaluationBody;
  readonly conclusion: Conclusion;
  readonly notices: readonly string[];
  /** Ids of blocking rules that fail or could not be judged. */
  readonly failedRules: readonly string[];
}

/** Turns what was collected and measured into the body of the section and its verdict. */
export function judge({ model, gate, policy, candidate, baseline, measurement }: Evidence): Judged {
  const own = mergeMetrics({
    computed: measurement?.candidate.metrics ?? new Map(),
    notComputed: measurement?.notComputed ?? new Map(),
    reported: candidate.reported,
    reporter: candidate.reporter,
  });
  const reference = referenceOf(baseline, measurement, gate);
  const rules = evaluateRules(gate.rules, own.metrics, reference.baseline, policy.path);
  const conclusion = conclude(rules, { newInHead: policy.newInHead, baselineBlame: reference.blame });
  const baselineMetrics = reference.baseline.kind === 'present' ? reference.baseline.metrics : undefined;
  return {
    body: {
      candidate: {
        what: `${model}, this run's training`,
        from: 'run',
        version: null,
        modelDigest: candidate.modelDigest,
      },
      baseline: comparedBaseline(baseline, gate),
      firstRun: baseline.kind === 'first-run',
      gate: policy,
      rules,
      metrics: listed(own.metrics, baselineMetrics),
      confusion: measurement?.confusion ?? null,
      predictionsBy: measurement === undefined ? 'none' : 'training',
      modelDigest: candidate.modelDigest,
      evaluationSetDigest: measurement?.candidate.evaluationSetDigest ?? null,
      predictionsDigest: candidate.predictionsDigest,
    },
    conclusion,
    notices: [
      ...candidate.notices,
      ...own.notices,
      ...(measurement?.notices ?? []),
      ...(baseline.kind === 'found' ? baseline.notices : []),
      ...reference.notices,
      ...sameModel(candidate, baseline),
    ],
    failedRules: rules
      .filter(({ severity, result }) => severity === 'error' && (result === 'fail' || result === 'error'))
      .map(({ id }) => id),
  };
}

interface Reference {
  readonly baseline: Baseline;
  readonly notices: readonly string[];
  readonly blame: NonNullable<Conclusion['blame']> | undefined;
}

function referenceOf(
  collected: CollectedBaseline,
  measurement: Measurement | undefined,
  { baseline }: GateFile,
): Reference {
  switch (collected.kind) {
    case 'not-needed':
      return { baseline: { kind: 'not-needed' }, notices: [], blame: undefined };
    case 'first-run':
      return {
        baseline: { kind: 'first-run', onNoBaseline: baseline.onNoBaseline },
        notices: [],
        blame: undefined,
      };
    case 'unavailable':
      return unavailable(collected.blame);
    case 'found':
      return presentOr(collected, measurement);
  }
}

function unavailable(blame: NonNullable<Conclusion['blame']>): Reference {
  const reason = blame.remedy === null ? blame.message : `${blame.message} ${blame.remedy}`;
  return { baseline: { kind: 'unavailable', reason }, notices: [], blame };
}

function presentOr(found: FoundBaseline, measurement: Measurement | undefined): Reference {
  const measured = measurement?.baseline;
  if (measured !== undefined && 'unusable' in measured) {
    return unavailable({ owner: 'data', message: measured.unusable, remedy: measured.remedy });
  }
  const comparison = compareSets({
    what: found.what,
    candidateDigest: measurement?.candidate.evaluationSetDigest ?? null,
    baselineDigest: measured === undefined ? found.evaluationSetDigest : undefined,
  });
  if (!comparison.comparable) {
    const remedy = 'Evaluate both on one set of rows, and publish the predictions with the model.';
    return unavailable({ owner: 'data', message: comparison.reason, remedy });
  }
  const { metrics, notices } = mergeMetrics({
    computed: measured?.metrics ?? new Map(),
    notComputed: new Map(),
    reported: found.reported,
    reporter: `The record of ${found.what}`,
  });
  const said = comparison.notice === undefined ? notices : [...notices, comparison.notice];
  return { baseline: { kind: 'present', what: found.what, metrics }, notices: said, blame: undefined };
}

function comparedBaseline(
  baseline: CollectedBaseline,
  { baseline: { from } }: GateFile,
): EvaluationBody['baseline'] {
  if (baseline.kind === 'found') {
    return {
      what: baseline.what,
      from: from.text,
      version: baseline.version,
      modelDigest: baseline.modelDigest,
    };
  }
  if (baseline.kind === 'unavailable')
    return { what: baseline.what, from: from.text, version: null, modelDigest: null };
  return null;
}

function listed(metrics: Metrics, baseline: Metrics | undefined): EvaluationBody['metrics'] {
  return [...metrics].flatMap(([name, { value, n }]) =>
    value === null ? [] : [{ name, value, baseline: baseline?.get(name)?.value ?? null, n }],
  );
}

function sameModel(candidate: Candidate, baseline: CollectedBaseline): string[] {
  if (baseline.kind !== 'found' || baseline.modelDigest === null) return [];
  return baseline.modelDigest === candidate.modelDigest
    ? [`Candidate and ${baseline.what} are the same model.`]
    : [];
}
