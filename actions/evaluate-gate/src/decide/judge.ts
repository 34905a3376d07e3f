import type { Policy } from '../../../../shared/record/common.ts';
import type {
  Charts,
  EvaluatedRule,
  EvaluationBody,
  ExaminationRecord,
} from '../../../../shared/record/evaluation-section.ts';
import type { CollectedBaseline } from '../baseline.ts';
import type { Candidate } from '../candidate.ts';
import type { Evidence } from '../evidence.ts';
import type { GateFile } from '../gate-file/gate-file.ts';
import type { Measurement } from '../metrics/measure.ts';
import type { HistoryLine } from '../history/decide/history-line.ts';
import { trendOf } from '../history/decide/trend.ts';
import { bootstrapCharts } from './bootstrap-charts.ts';
import { conclude, type Conclusion } from './conclude.ts';
import { judgeRules } from './judge-rules.ts';
import { mergeMetrics, type Metrics } from './metrics.ts';
import type { ParsedWaivers } from './parse-waivers.ts';
import { referenceOf } from './reference.ts';
import { fairnessRows, sliceRows } from './slice-rows.ts';
import { waive, type WaiverCircumstances } from './waive.ts';

export interface Collected {
  readonly model: string;
  readonly gate: GateFile;
  readonly policy: Policy;
  readonly candidate: Candidate;
  readonly baseline: CollectedBaseline;
  /** Undefined where only reported metrics are there. */
  readonly measurement: Measurement | undefined;
  /** What inference made of the predictions; without it, points are compared. */
  readonly evidence?: Evidence | undefined;
  /** Metrics that no row tells, such as budgets; they count over what was reported. */
  readonly budget?: Metrics | undefined;
  /** Undefined: the gate examined nothing, and the predictions are the training's. */
  readonly examination?: ExaminationRecord | undefined;
  readonly control?: EvaluationBody['control'] | undefined;
  readonly waivers?: (ParsedWaivers & { readonly circumstances: WaiverCircumstances }) | undefined;
  readonly charts?: Charts | undefined;
  /** Earlier verdicts on the default branch: shown, and nothing is decided by them. */
  readonly past?:
    | { readonly branch: string; readonly commit: string | null; readonly lines: readonly HistoryLine[] }
    | undefined;
}

export interface Judged {
  readonly body: EvaluationBody;
  readonly conclusion: Conclusion;
  readonly notices: readonly string[];
  /** Ids of blocking rules that fail or could not be judged. */
  readonly failedRules: readonly string[];
}

/** Turns what was collected and measured into the body of the section and its verdict. */
export function judge(collected: Collected): Judged {
  const { model, gate, policy, candidate, baseline, measurement, evidence, examination } = collected;
  const own = ownMetrics(collected);
  const reference = referenceOf(baseline, measurement, gate);
  const judged = judgeRules({
    gate,
    evidence,
    reported: own.metrics,
    baseline: reference.baseline,
    gatePath: policy.path,
  });
  const waived = waiveSome(judged, collected.waivers);
  const predictionsBy = whoPredicted(measurement, examination);
  const conclusion = conclude(waived.rules, {
    newInHead: policy.newInHead,
    rowsChanged: examination?.changed ?? false,
    baselineInReach: 'inReach' in baseline && baseline.inReach,
    baselineBlame: reference.blame,
    firstRun: baseline.kind === 'first-run',
    selfReportedRefused: predictionsBy !== 'gate' && !gate.acceptSelfReported,
    control: collected.control ?? null,
  });
  const baselineMetrics = reference.baseline.kind === 'present' ? reference.baseline.metrics : undefined;
  const metrics = listed(own.metrics, baselineMetrics);
  const evaluationSetDigest = measurement?.candidate.evaluationSetDigest ?? null;
  const shown = { rules: [...waived.rules], metrics, evaluationSetDigest };
  const past = collected.past === undefined ? undefined : trendOf({ ...collected.past, body: shown });
  return {
    body: {
      candidate: {
        what: `${model}, this run's training`,
        from: 'run',
        version: null,
        modelDigest: candidate.modelDigest,
      },
      baseline: comparedBaseline(baseline),
      firstRun: baseline.kind === 'first-run',
      gate: policy,
      ...shown,
      ...(evidence === undefined
        ? {}
        : { slices: sliceRows(gate, evidence), fairness: fairnessRows(gate, evidence) }),
      confusion: measurement?.confusion ?? null,
      charts:
        collected.charts === undefined
          ? null
          : {
              ...collected.charts,
              bootstrap: bootstrapCharts(gate, evidence, waived.rules),
              trend: past?.trend ?? [],
            },
      history: past?.history ?? null,
      control: collected.control ?? null,
      waivers: [...waived.waivers],
      examination: examination ?? null,
      predictionsBy,
      modelDigest: candidate.modelDigest,
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
      ...waived.notices,
    ],
    failedRules: waived.rules
      .filter(({ severity, result }) => severity === 'error' && (result === 'fail' || result === 'error'))
      .map(({ id }) => id),
  };
}

/** The candidate's metrics: computed before reported, and what only the gate measured before both. */
function ownMetrics({ candidate, measurement, budget }: Collected): ReturnType<typeof mergeMetrics> {
  const { metrics, notices } = mergeMetrics({
    computed: measurement?.candidate.metrics ?? new Map(),
    notComputed: measurement?.notComputed ?? new Map(),
    reported: candidate.reported,
    reporter: candidate.reporter,
  });
  return { metrics: new Map([...metrics, ...(budget ?? [])]), notices };
}

function waiveSome(rules: readonly EvaluatedRule[], waivers: Collected['waivers']): ReturnType<typeof waive> {
  if (waivers === undefined) return { rules, waivers: [], notices: [] };
  const waived = waive(rules, waivers.requests, waivers.circumstances);
  return { ...waived, notices: [...waivers.notices, ...waived.notices] };
}

function whoPredicted(
  measurement: Measurement | undefined,
  examination: ExaminationRecord | undefined,
): EvaluationBody['predictionsBy'] {
  if (measurement === undefined) return 'none';
  return examination?.by === 'gate' ? 'gate' : 'training';
}

function comparedBaseline(baseline: CollectedBaseline): EvaluationBody['baseline'] {
  if (baseline.kind === 'found') {
    const { what, from, version, modelDigest } = baseline;
    return { what, from, version, modelDigest };
  }
  if (baseline.kind === 'unavailable')
    return { what: baseline.what, from: baseline.from, version: null, modelDigest: null };
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
