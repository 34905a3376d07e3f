import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../../shared/record/common.ts';
import {
  evaluationBodySchema,
  type ExaminationRecord,
} from '../../../../shared/record/evaluation-section.ts';
import { pairedScoreInference } from '../../../../shared/statistics/paired-score.ts';
import { wilsonInference } from '../../../../shared/statistics/wilson.ts';
import type { CollectedBaseline, FoundBaseline } from '../baseline.ts';
import type { Evidence, MetricEvidence } from '../evidence.ts';
import { parseGateFile } from '../gate-file/parse.ts';
import type { Measurement } from '../metrics/measure.ts';
import { type Collected, judge } from './judge.ts';

const GATE = `version: 1
evaluation: {id: id, label: y, prediction: p}
slices: {country: {column: country, values: [NO, SE]}}
baseline: {on-no-baseline: allow}
rules:
  - {metric: accuracy, min: 0.8, max-regression: 0.05, slices: [country]}
  - {metric: accuracy, fairness: {by: country, max-difference: 0.2}}
  - {metric: latency-p95-ms, direction: lower, max: 120, test: none, severity: warning}
`;

const POLICY: Policy = {
  path: 'gate.yml',
  digest: 'a'.repeat(64),
  from: 'base',
  ref: 'b'.repeat(40),
  newInHead: false,
  diff: null,
};

const SET = 'c'.repeat(64);

const accuracyOf = (right: number, before: number, n: number): MetricEvidence => ({
  value: right / n,
  baselineValue: before / n,
  n,
  own: wilsonInference({ successes: right, n }),
  difference: pairedScoreInference({
    both: Math.min(right, before),
    onlyCandidate: Math.max(0, right - before),
    onlyBaseline: Math.max(0, before - right),
    neither: n - Math.max(right, before),
  }),
});

const EVIDENCE: Evidence = {
  overall: new Map([['accuracy auto', accuracyOf(950, 940, 1000)]]),
  slices: [
    {
      family: 'country',
      name: 'country=NO',
      n: 600,
      metrics: new Map([['accuracy auto', accuracyOf(570, 565, 600)]]),
    },
    {
      family: 'country',
      name: 'country=SE',
      n: 400,
      metrics: new Map([['accuracy auto', accuracyOf(380, 375, 400)]]),
    },
    {
      family: 'country',
      name: 'country=FI',
      n: 9,
      metrics: new Map([['accuracy auto', accuracyOf(9, 9, 9)]]),
    },
    { family: 'other', name: 'x=1', n: 400, metrics: new Map([['accuracy auto', accuracyOf(9, 9, 9)]]) },
  ],
  fairness: new Map([
    [
      'accuracy country',
      {
        metric: 'accuracy',
        by: 'country',
        groups: [
          { name: 'country=NO', n: 600, value: 0.95 },
          { name: 'country=SE', n: 400, value: 0.95 },
          { name: 'country=FI', n: 9, value: null },
        ],
        difference: wilsonInference({ successes: 0, n: 1000 }),
      },
    ],
  ]),
};

const measurement = (overrides: Partial<Measurement> = {}): Measurement => ({
  candidate: {
    n: 1000,
    metrics: new Map([['accuracy', { value: 0.95, n: 1000 }]]),
    evaluationSetDigest: SET,
  },
  notComputed: new Map(),
  confusion: null,
  notices: ['measured'],
  columns: {
    candidate: {
      id: { name: 'id', type: 'VARCHAR' },
      label: { name: 'y', type: 'VARCHAR' },
      prediction: { name: 'p', type: 'VARCHAR' },
      scores: [],
      weight: undefined,
    },
    baseline: undefined,
  },
  families: { classification: true, scored: false, regression: false },
  baseline: { n: 1000, metrics: new Map([['accuracy', { value: 0.94, n: 1000 }]]), evaluationSetDigest: SET },
  ...overrides,
});

const FOUND: FoundBaseline = {
  kind: 'found',
  what: 'production v1',
  from: 'production',
  version: 'v1',
  modelDigest: 'd'.repeat(64),
  reported: new Map([['accuracy', 0.94]]),
  predictions: undefined,
  model: undefined,
  evaluationSetDigest: SET,
  rowsSha256: null,
  notices: ['read from the registry'],
};

const collected = (overrides: Partial<Collected> = {}, text = GATE): Collected => ({
  model: 'digits',
  gate: parseGateFile(text, 'gate.yml'),
  policy: POLICY,
  candidate: {
    reported: new Map([['accuracy', 0.99]]),
    reporter: 'The training',
    predictions: undefined,
    predictionsDigest: 'e'.repeat(64),
    modelDigest: 'f'.repeat(64),
    notices: [],
  },
  baseline: FOUND,
  measurement: measurement(),
  evidence: EVIDENCE,
  budget: new Map([['latency-p95-ms', { value: 80, n: null }]]),
  ...overrides,
});

const EXAMINATION: ExaminationRecord = {
  by: 'gate',
  how: 'onnx',
  baselineBy: 'gate',
  rows: 1000,
  path: 'test.parquet',
  sha256: '1'.repeat(64),
  changed: false,
  labelsInReach: true,
  latencyMs: null,
  reason: null,
};

describe('judge', () => {
  it('fills the section with rules, slices and groups', () => {
    const { body, conclusion, notices, failedRules } = judge(collected());
    evaluationBodySchema.parse(body);
    expect(conclusion.verdict).toBe('pass');
    expect(failedRules).toEqual([]);
    expect(body.rules.map(({ id, result }) => `${id}: ${result}`)).toEqual([
      'accuracy.minimum: pass',
      'accuracy.minimum@country=NO: pass',
      'accuracy.minimum@country=SE: pass',
      'accuracy.minimum@country=FI: not-run',
      'accuracy.max-regression: pass',
      'accuracy.max-regression@country=NO: pass',
      'accuracy.max-regression@country=SE: pass',
      'accuracy.max-regression@country=FI: not-run',
      'accuracy.max-difference@country: pass',
      'latency-p95-ms.maximum: pass',
    ]);
    expect(body.slices?.map(({ metric, slice, n }) => [metric, slice, n])).toEqual([
      ['accuracy', 'country=NO', 600],
      ['accuracy', 'country=SE', 400],
    ]);
    expect(body.slices?.[0]?.interval).not.toBeNull();
    expect(body.fairness).toMatchObject([
      {
        metric: 'accuracy',
        by: 'country',
        difference: 0,
        ratio: null,
        ratioInterval: null,
        groups: [{ n: 600 }, { n: 400 }, { name: 'country=FI', n: null, value: null }],
      },
    ]);
    expect(body.metrics).toEqual([
      { name: 'accuracy', value: 0.95, baseline: 0.94, n: 1000 },
      { name: 'latency-p95-ms', value: 80, baseline: null, n: null },
    ]);
    expect(notices).toEqual([
      'The training reported accuracy 0.99, the predictions give 0.95; the latter counts.',
      'measured',
      'read from the registry',
    ]);
    expect(body).toMatchObject({ predictionsBy: 'training', control: null, waivers: [], examination: null });
  });

  it('shows no gap to a group that is too small to be shown', () => {
    const evidence: Evidence = {
      ...EVIDENCE,
      fairness: new Map(
        [...EVIDENCE.fairness].map(([key, found]) => [
          key,
          { ...found, groups: [...found.groups.slice(0, 2), { name: 'country=FI', n: 9, value: 0.5 }] },
        ]),
      ),
    };
    const { body } = judge(collected({ evidence }));
    expect(body.fairness).toMatchObject([
      { difference: null, differenceInterval: null, groups: [{}, {}, { n: null, value: null }] },
    ]);
  });

  it('tells what the gate computed itself, and that the labels lay in reach', () => {
    const { body, conclusion } = judge(collected({ examination: EXAMINATION }));
    expect(EXAMINATION.labelsInReach).toBe(true);
    // The report says it beside the verdict, from the section.
    expect(body).toMatchObject({ predictionsBy: 'gate', examination: EXAMINATION });
    expect(conclusion.verdict).toBe('pass');
    const changed = judge(
      collected({ examination: { ...EXAMINATION, changed: true, labelsInReach: false } }),
    );
    expect(changed.conclusion.verdict).toBe('inconclusive');
    expect(changed.body.examination).toMatchObject({ changed: true, labelsInReach: false });
  });

  it('refuses what is self-reported where the gate file does', () => {
    const strict = GATE.replace('prediction: p}', 'prediction: p, accept-self-reported: false}');
    expect(judge(collected({}, strict)).conclusion.verdict).toBe('error');
    expect(judge(collected({ examination: EXAMINATION }, strict)).conclusion.verdict).toBe('pass');
  });

  it('a control that is not blocked makes an error', () => {
    const control = { result: 'not-blocked' as const, reason: 'a copy passes' };
    const { body, conclusion } = judge(collected({ control }));
    expect(body.control).toEqual(control);
    expect(conclusion.verdict).toBe('error');
  });

  it('applies waivers, and tells of those that do not count', () => {
    const strict = GATE.replace('min: 0.8', 'min: 0.999');
    const request = {
      rule: 'accuracy.minimum',
      by: 'ann',
      isBot: false,
      edited: false,
      reason: 'known',
      expires: '2026-12-31T23:59:59Z',
      commit: 'a'.repeat(40),
      url: null,
    };
    const circumstances = {
      heads: ['a'.repeat(40)],
      authors: [],
      selfWaiver: false,
      now: '2026-11-22T00:00:00Z',
      permissions: new Map([['ann', 'write']]),
    };
    const requests = [request, { ...request, rule: 'nothing' }];
    const { body, notices, failedRules, conclusion } = judge(
      collected({ waivers: { requests, notices: ['not understood'], circumstances } }, strict),
    );
    expect(body.rules[0]).toMatchObject({ result: 'warn', waiver: { by: 'ann' } });
    expect(body.waivers).toHaveLength(1);
    expect(failedRules).toEqual(['accuracy.minimum@country=NO', 'accuracy.minimum@country=SE']);
    expect(conclusion.verdict).toBe('fail');
    expect(notices.slice(-2)).toEqual([
      'not understood',
      expect.stringContaining('The waiver of nothing by ann does not count: there is no such rule.'),
    ]);
  });

  it('without predictions only what was reported counts, point by point', () => {
    const { evidence, budget, ...rest } = collected({ measurement: undefined });
    expect([evidence, budget]).not.toContain(undefined);
    const { body, conclusion } = judge(rest);
    expect(body).toMatchObject({ predictionsBy: 'none', evaluationSetDigest: null });
    expect(body.slices).toBeUndefined();
    expect(conclusion.verdict).toBe('error');
  });

  const only = 'version: 1\nrules: [{metric: accuracy, max-regression: 0.05}]';
  const alone = (baseline: CollectedBaseline, found = measurement()) =>
    judge(collected({ baseline, measurement: found, evidence: undefined }, only));

  it('says what the baseline is, or why there is none', () => {
    expect(alone({ kind: 'not-needed' }).body.baseline).toBeNull();
    const first = alone({ kind: 'first-run' });
    expect(first.body).toMatchObject({ firstRun: true, baseline: null });
    const blame = { owner: 'infrastructure' as const, message: 'It did not answer.', remedy: null };
    const gone = alone({ kind: 'unavailable', what: 'production', from: 'production', blame });
    expect(gone.body.baseline).toMatchObject({ what: 'production', from: 'production', version: null });
    expect(gone.conclusion).toMatchObject({ verdict: 'error', summary: 'It did not answer.', blame });
  });

  it('a baseline that cannot be compared is an error', () => {
    const unusable = alone(
      FOUND,
      measurement({ baseline: { unusable: 'It has other rows.', remedy: 'Use the same.' } }),
    );
    expect(unusable.conclusion).toMatchObject({ verdict: 'error', blame: { owner: 'data' } });
    expect(unusable.body.rules[0]?.reason).toBe('It has other rows. Use the same');
    const other = alone(
      { ...FOUND, evaluationSetDigest: '9'.repeat(64) },
      measurement({ baseline: undefined }),
    );
    expect(other.conclusion.summary).toContain('was measured on another evaluation set');
    const unknown = alone({ ...FOUND, evaluationSetDigest: null }, measurement({ baseline: undefined }));
    expect(unknown.notices.at(-1)).toContain('cannot be shown to be measured on the same rows');
  });

  it('says where both are one model', () => {
    const { notices } = alone({ ...FOUND, modelDigest: 'f'.repeat(64) });
    expect(notices.at(-1)).toBe('Candidate and production v1 are the same model.');
    expect(alone({ ...FOUND, modelDigest: null }).notices.at(-1)).toBe('read from the registry');
  });
});
