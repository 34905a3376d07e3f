import type { EvaluatedRule, EvaluationBody, Waiver } from '../../shared/record/evaluation-section.ts';
import type { SectionOf } from '../../shared/record/section.ts';
import { evaluationBody, evaluationSection, policy, rule, sha256 } from './fixtures.ts';

/** Evaluation sections of a gate that judges by intervals, as real runs would leave them. */

const SLICES: readonly (readonly [string, string, number, number, number])[] = [
  // family, slice, n, candidate, baseline
  ['country', 'country=NO', 612, 0.9314, 0.9232],
  ['country', 'country=SE', 588, 0.9422, 0.9286],
  ['country', 'country=DK', 431, 0.9026, 0.9397],
  ['country', 'country=FI', 287, 0.9268, 0.9233],
  ['age_band', 'age<18', 96, 0.875, 0.8958],
  ['age_band', '18<=age<65', 1_544, 0.9359, 0.9268],
  ['age_band', 'age>=65', 360, 0.9194, 0.9222],
];

function halfWidth(n: number): number {
  return 1.645 * Math.sqrt(0.05 / n);
}

/** A rule judged on all rows by the paired score test. */
export function comparison(overrides: Partial<EvaluatedRule> = {}): EvaluatedRule {
  return rule({
    id: 'accuracy.max-regression',
    mode: 'max-regression',
    value: 0.929,
    baselineValue: 0.9265,
    difference: 0.0025,
    interval: [-0.0051, 0.0102],
    level: 0.9,
    p: 0.995,
    adjustedP: 1,
    n: 2_000,
    threshold: '0.01',
    bound: 0.9165,
    test: 'paired score (Tango 1998)',
    discordant: [49, 44],
    reason: 'accuracy 0.929 is better than production v1 (0.9265), and at worst 0.0051 lower',
    where: { file: 'gate.yml', line: 9 },
    ...overrides,
  });
}

function sliceRule([, slice, n, value, baseline]: (typeof SLICES)[number]): EvaluatedRule {
  const difference = value - baseline;
  const half = halfWidth(n);
  const result = difference + half < -0.01 ? 'fail' : difference - half > -0.02 ? 'pass' : 'inconclusive';
  return comparison({
    id: `accuracy.max-regression.${slice}`,
    slice,
    n,
    value,
    baselineValue: baseline,
    difference,
    interval: [difference - half, difference + half],
    bound: baseline - 0.02,
    threshold: '0.02',
    p: result === 'fail' ? 0.0021 : 0.41,
    adjustedP: result === 'fail' ? 0.0147 : 1,
    result,
    ...(result === 'inconclusive' ? { detectable: 0.051, neededRows: 1_240 } : {}),
    reason:
      result === 'fail'
        ? `${slice}: accuracy is worse than production v1 beyond the limit`
        : result === 'inconclusive'
          ? `${slice}: ${n} rows are too few to tell; about 1,240 would decide`
          : `${slice}: not worse than production v1`,
  });
}

export const WAIVER: Waiver = {
  rule: 'selection-rate.max-difference',
  by: 'ada',
  reason: 'The new branch in Bergen is not in the data yet; agreed with compliance',
  headSha: sha256('head').slice(0, 40),
  expires: '2026-12-24T00:00:00Z',
  url: 'https://github.com/acme/digits/pull/17#issuecomment-1',
};

function curve(bow: number): [number, number][] {
  return Array.from({ length: 41 }, (_, index) => {
    const x = index / 40;
    return [x, Number((1 - (1 - x) ** bow).toFixed(4))];
  });
}

function bell(centre: number, spread: number, rows: number): [number, number][] {
  return Array.from({ length: 25 }, (_, index): [number, number] => {
    const edge = -3 + index * 0.25;
    return [edge, Math.round(rows * Math.exp(-((edge + 0.125 - centre) ** 2) / (2 * spread ** 2)))];
  }).filter(([, count]) => count >= 10);
}

/** A model that gets better, and varies. */
function accuracyAt(index: number): [string, number] {
  const value = 0.9 + index * 0.0014 + 0.008 * Math.sin(index * 2.4);
  return [sha256(`commit ${index}`).slice(0, 7), Number(value.toFixed(4))];
}

export function charts(): NonNullable<EvaluationBody['charts']> {
  return {
    roc: [
      { name: 'candidate', points: curve(9) },
      { name: 'credit v1', points: curve(6) },
    ],
    precisionRecall: [
      { name: 'candidate', points: curve(5).map(([x, y]) => [1 - x, 0.4 + 0.6 * y]) },
      { name: 'credit v1', points: curve(3).map(([x, y]) => [1 - x, 0.4 + 0.6 * y]) },
    ],
    calibration: [
      {
        name: 'candidate',
        points: Array.from({ length: 10 }, (_, bin) => [bin / 10 + 0.05, (bin / 10 + 0.05) ** 1.15]),
      },
      {
        name: 'credit v1',
        points: Array.from({ length: 10 }, (_, bin) => [bin / 10 + 0.05, (bin / 10 + 0.05) ** 0.7]),
      },
    ],
    residuals: [
      { name: 'candidate', width: 0.25, points: bell(0.05, 0.6, 240) },
      { name: 'credit v1', width: 0.25, points: bell(0.3, 0.8, 190) },
    ],
    bootstrap: [
      {
        name: 'f1.min-improvement',
        width: 0.0012,
        points: bell(0.4, 0.7, 300).map(([edge, count]) => [edge * 0.0048 + 0.004, count]),
        at: 0.001,
      },
    ],
    trend: [
      {
        metric: 'accuracy',
        points: [...Array.from({ length: 19 }, (_, index) => accuracyAt(index)), ['this run', 0.929]],
      },
      {
        metric: 'f1',
        points: [
          ['4fd1a02', 0.8755],
          ['this run', 0.8812],
        ],
      },
      { metric: 'once', points: [['4fd1a02', 0.5]] },
    ],
  };
}

export function history(): NonNullable<EvaluationBody['history']> {
  return {
    branch: 'trainyard/history',
    commits: 19,
    otherSets: 2,
    noise: [
      {
        metric: 'accuracy',
        commits: 19,
        deviation: 0.0124,
        narrow: [{ rule: 'accuracy.max-regression', margin: 0.01 }],
      },
      { metric: 'f1', commits: 17, deviation: 0.0004, narrow: [] },
    ],
  };
}

export function fairness(): NonNullable<EvaluationBody['fairness']> {
  return [
    {
      metric: 'false-negative-rate',
      by: 'sex',
      difference: 0.021,
      differenceInterval: [0.004, 0.039],
      ratio: 0.82,
      ratioInterval: [0.71, 0.97],
      groups: [
        { name: 'sex=f', n: 962, value: 0.117 },
        { name: 'sex=m', n: 1_004, value: 0.096 },
        { name: 'sex=x', n: null, value: null },
      ],
    },
    {
      metric: 'selection-rate',
      by: 'sex',
      difference: 0.064,
      differenceInterval: [0.031, 0.097],
      ratio: 0.86,
      ratioInterval: null,
      groups: [
        { name: 'sex=f', n: 962, value: 0.391 },
        { name: 'sex=m', n: 1_004, value: 0.455 },
      ],
    },
    {
      metric: 'accuracy',
      by: 'country',
      difference: null,
      differenceInterval: null,
      ratio: null,
      ratioInterval: null,
      groups: [{ name: 'country=NO', n: 612, value: 0.9314 }],
    },
  ];
}

export function examination(
  overrides: Partial<NonNullable<EvaluationBody['examination']>> = {},
): NonNullable<EvaluationBody['examination']> {
  return {
    by: 'gate',
    how: 'onnx',
    baselineBy: 'gate',
    rows: 2_000,
    path: 'evaluation/rows.parquet',
    sha256: sha256('rows'),
    changed: false,
    labelsInReach: false,
    latencyMs: { p50: 0.41, p95: 0.92, p99: 1.7, n: 1_000 },
    reason: null,
    ...overrides,
  };
}

/** What an examiner with intervals, slices, fairness, a waiver and a negative control leaves behind. */
export function richBody(overrides: Partial<EvaluationBody> = {}): EvaluationBody {
  return evaluationBody({
    candidate: { what: "credit, this run's training", from: 'run', version: null, modelDigest: sha256('m') },
    baseline: { what: 'credit v1', from: 'production', version: 'v1', modelDigest: sha256('baseline') },
    gate: policy({ path: 'gate.yml' }),
    rules: [
      comparison(),
      rule({
        id: 'accuracy.minimum',
        value: 0.929,
        baselineValue: 0.9265,
        difference: 0.0025,
        threshold: '0.9',
        bound: 0.9,
        interval: [0.9189, 0.9379],
        level: 0.9,
        p: 1,
        adjustedP: 1,
        n: 2_000,
        test: 'Wilson',
        reason: 'accuracy is 0.929; at least 0.9 is required',
      }),
      comparison({
        id: 'roc-auc.max-regression',
        metric: 'roc-auc',
        value: 0.9671,
        baselineValue: 0.9612,
        difference: 0.0059,
        interval: [0.0021, 0.0097],
        threshold: '0.005',
        bound: 0.9562,
        test: 'DeLong',
        discordant: null,
        reason: 'roc-auc 0.9671 is better than production v1 (0.9612)',
      }),
      comparison({
        id: 'f1.min-improvement',
        metric: 'f1',
        mode: 'min-improvement',
        value: 0.8812,
        baselineValue: 0.8755,
        difference: 0.0057,
        interval: [-0.0042, 0.0151],
        threshold: '0.001',
        bound: 0.8765,
        test: 'paired bootstrap, percentile',
        replicates: 2_000,
        seed: 7,
        discordant: null,
        result: 'inconclusive',
        detectable: 0.0146,
        neededRows: 14_800,
        reason: 'f1 may be better by 0.001 or not: 2,000 rows do not tell; about 14,800 would',
      }),
      comparison({
        id: 'log-loss.max-regression',
        metric: 'log-loss',
        direction: 'lower',
        value: 0.2114,
        baselineValue: 0.2031,
        difference: 0.0083,
        interval: [0.0022, 0.0144],
        threshold: '0.02',
        bound: 0.2231,
        test: 'paired t',
        discordant: null,
        severity: 'warning',
        reason: 'log-loss is 0.0083 worse than production v1, within the limit',
      }),
      rule({
        id: 'false-negative-rate.max-difference',
        metric: 'false-negative-rate',
        mode: 'max-difference',
        direction: 'lower',
        by: 'sex',
        value: 0.021,
        baselineValue: null,
        difference: null,
        interval: [0.004, 0.039],
        level: 0.9,
        p: 0.98,
        adjustedP: 1,
        n: 1_966,
        threshold: '0.05',
        bound: 0.05,
        test: 'score of two proportions',
        reason: 'the greatest gap between groups of sex is 0.021, at most 0.05 is allowed',
      }),
      rule({
        id: 'selection-rate.min-ratio',
        metric: 'selection-rate',
        mode: 'min-ratio',
        by: 'sex',
        value: 0.86,
        baselineValue: null,
        difference: null,
        interval: [0.79, 0.93],
        level: 0.9,
        p: 0.06,
        adjustedP: 0.3,
        n: 1_966,
        threshold: '0.8',
        bound: 0.8,
        test: 'delta method on the log ratio',
        result: 'warn',
        waiver: WAIVER,
        reason: 'the least ratio between groups of sex is 0.86, at least 0.8 is required',
      }),
      rule({
        id: 'latency-p95-ms.maximum',
        metric: 'latency-p95-ms',
        mode: 'maximum',
        direction: 'lower',
        value: 0.92,
        baselineValue: null,
        difference: null,
        threshold: '120',
        bound: 120,
        severity: 'warning',
        n: 1_000,
        reason: 'latency-p95-ms is 0.92; at most 120 is allowed',
      }),
      ...SLICES.map(sliceRule),
    ],
    metrics: [
      { name: 'accuracy', value: 0.929, baseline: 0.9265, n: 2_000 },
      { name: 'roc-auc', value: 0.9671, baseline: 0.9612, n: 2_000 },
      { name: 'f1', value: 0.8812, baseline: 0.8755, n: 2_000 },
      { name: 'log-loss', value: 0.2114, baseline: 0.2031, n: 2_000 },
    ],
    confusion: {
      labels: ['repaid', 'defaulted'],
      counts: [
        [1_241, 66],
        [76, 617],
      ],
    },
    slices: [
      ...SLICES.map(([family, slice, n, value, baseline]) => ({
        metric: 'accuracy',
        family,
        slice,
        n,
        value,
        baseline,
        interval: [value - baseline - halfWidth(n), value - baseline + halfWidth(n)] as [number, number],
      })),
      ...SLICES.slice(0, 4).map(([family, slice, n, value]) => ({
        metric: 'recall',
        family,
        slice,
        n,
        value: slice === 'country=FI' ? null : value - 0.05,
        baseline: null,
        interval:
          slice === 'country=DK'
            ? null
            : ([value - 0.05 - halfWidth(n), value - 0.05 + halfWidth(n)] as [number, number]),
      })),
    ],
    fairness: fairness(),
    charts: charts(),
    history: history(),
    control: {
      result: 'blocked',
      reason: 'With 200 of 2,000 labels predicted wrongly on purpose, 3 rules fail',
    },
    waivers: [WAIVER],
    examination: examination(),
    predictionsBy: 'gate',
    ...overrides,
  });
}

export function richEvaluation(overrides: Partial<EvaluationBody> = {}): SectionOf<'evaluation'> {
  return evaluationSection({
    subject: 'credit',
    dataset: null,
    verdict: 'fail',
    summary: '1 rule is broken: accuracy on country=DK is worse than production v1.',
    body: richBody(overrides),
  });
}

/** Nothing is broken, but some rules cannot be decided, and the reader is to believe little of it. */
export function doubtfulEvaluation(): SectionOf<'evaluation'> {
  const body = richBody();
  return evaluationSection({
    subject: 'credit',
    dataset: null,
    verdict: 'inconclusive',
    summary: '2 rules cannot be decided.',
    body: {
      ...body,
      rules: body.rules.filter(({ result }) => result !== 'fail'),
      control: { result: 'not-run', reason: 'No rule could be tried' },
      waivers: [],
      charts: null,
      history: null,
      predictionsBy: 'training',
      examination: examination({
        by: 'training',
        how: null,
        baselineBy: 'registry',
        changed: true,
        labelsInReach: true,
        latencyMs: null,
        reason: 'The model is a pickle, and the gate file has no score-command',
      }),
    },
  });
}

/** So many rules on so many slices that no comment holds them. */
export function wideEvaluation(rules: number, slices: number): SectionOf<'evaluation'> {
  const metrics = Array.from({ length: rules }, (_, index) => `metric-${index}`);
  return evaluationSection({
    subject: 'credit',
    dataset: null,
    verdict: 'fail',
    summary: 'Many rules are broken.',
    body: richBody({
      rules: metrics.flatMap((metric, row) => [
        comparison({ id: `${metric}.max-regression`, metric }),
        ...Array.from({ length: slices }, (_, column) =>
          comparison({
            id: `${metric}.max-regression.s${column}`,
            metric,
            slice: `segment=${column} & country=NO`,
            result: (row + column) % 50 === 0 ? 'fail' : (row + column) % 17 === 0 ? 'not-run' : 'pass',
          }),
        ),
      ]),
      slices: metrics.flatMap((metric) =>
        Array.from({ length: slices }, (_, column) => ({
          metric,
          family: 'segment',
          slice: `segment=${column} & country=NO`,
          n: 100,
          value: 0.9,
          baseline: 0.91,
          interval: [-0.03, 0.01] as [number, number],
        })),
      ),
    }),
  });
}
