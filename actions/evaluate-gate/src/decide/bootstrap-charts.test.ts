import { describe, expect, it } from 'vitest';
import type { EvaluatedRule } from '../../../../shared/record/evaluation-section.ts';
import { replicateInference } from '../../../../shared/statistics/replicates.ts';
import type { Evidence } from '../evidence.ts';
import type { GateFile } from '../gate-file/gate-file.ts';
import { parseGateFile } from '../gate-file/parse.ts';
import { bootstrapCharts } from './bootstrap-charts.ts';
import { judgeRules } from './judge-rules.ts';

function gateOf(rules: string): GateFile {
  const text = `version: 1\nevaluation: {id: id, label: y, prediction: p, labels: [a, b], positive: a}\nbaseline: {on-no-baseline: allow}\nrules:\n${rules}`;
  return parseGateFile(text, 'gate.yml');
}

const replicates = Float64Array.from({ length: 2000 }, (_, index) => Math.sin(index) / 100);
const inferenceOf = (method: 'bca' | 'percentile') =>
  replicateInference({ estimate: 0, replicates: replicates.slice(), seed: 7, n: 500, method });

function chartsOf(rules: string, evidenceOf: (key: string) => 'bca' | 'percentile' = () => 'bca') {
  const gate = gateOf(rules);
  const overall = new Map(
    gate.rules.map(({ metric, test }) => {
      const key = `${metric} ${test}`;
      const inferred = inferenceOf(evidenceOf(key));
      return [key, { value: 0.9, baselineValue: 0.9, n: 500, own: inferred, difference: inferred }] as const;
    }),
  );
  const evidence: Evidence = { overall, slices: [], fairness: new Map() };
  const judged: EvaluatedRule[] = judgeRules({
    gate,
    evidence,
    reported: new Map(),
    baseline: { kind: 'present', what: 'v1', metrics: new Map() },
    gatePath: 'gate.yml',
  });
  return { charts: bootstrapCharts(gate, evidence, judged), gate, judged };
}

describe('charts of the bootstrap', () => {
  it('have about forty bins, and the limit on the scale of the difference', () => {
    const { charts } = chartsOf('  - {metric: f1, max-regression: 0.02}\n');
    expect(charts).toHaveLength(1);
    const [chart] = charts;
    expect(chart).toMatchObject({ name: 'f1.max-regression' });
    expect(chart?.at).toBeCloseTo(-0.02, 12);
    expect(chart?.points.length).toBe(40);
    expect(chart?.width).toBeCloseTo(0.02 / 40, 5);
    expect(chart?.points.reduce((sum, [, count]) => sum + count, 0)).toBe(2000);
  });

  it('have the limit on the other side where less is better', () => {
    const { charts } = chartsOf('  - {metric: false-positive-rate, max-regression: 0.02}\n');
    expect(charts[0]?.at).toBeCloseTo(0.02, 12);
  });

  it('are of rules that block and compare: the first four', () => {
    const { charts } = chartsOf(
      [
        '  - {metric: f1, min: 0.5, max-regression: 0.02, severity: warning}',
        '  - {metric: recall, min: 0.5}',
        ...['f1-macro', 'precision', 'specificity', 'mcc', 'kappa'].map(
          (metric) => `  - {metric: ${metric}, max-regression: 0.02}`,
        ),
        '',
      ].join('\n'),
    );
    expect(charts.map(({ name }) => name)).toEqual(
      ['f1-macro', 'precision', 'specificity', 'mcc'].map((metric) => `${metric}.max-regression`),
    );
  });

  it('are none of other methods, of points or where nothing is known', () => {
    const { gate, judged } = chartsOf('  - {metric: f1, max-regression: 0.02}\n');
    const [rule] = judged;
    if (rule === undefined) throw new Error('no rule');
    expect(bootstrapCharts(gate, undefined, judged)).toEqual([]);
    const evidence = (method: 'bca' | 'percentile'): Evidence => ({
      overall: new Map([
        ['f1 auto', { value: 0.9, baselineValue: 0.9, n: 9, difference: inferenceOf(method) }],
      ]),
      slices: [],
      fairness: new Map(),
    });
    expect(bootstrapCharts(gate, evidence('percentile'), judged)).toEqual([]);
    expect(bootstrapCharts(gate, evidence('bca'), [{ ...rule, bound: null }])).toEqual([]);
    expect(bootstrapCharts(gate, evidence('bca'), [{ ...rule, slice: 'country=NO' }])).toEqual([]);
    expect(bootstrapCharts(gate, evidence('bca'), [{ ...rule, test: 'none' }])).toEqual([]);
  });
});
