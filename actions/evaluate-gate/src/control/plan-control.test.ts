import { describe, expect, it } from 'vitest';
import type { Baseline } from '../decide/baseline.ts';
import type { Evidence } from '../evidence.ts';
import { parseGateFile } from '../gate-file/parse.ts';
import { planControl } from './plan-control.ts';

const PRESENT: Baseline = { kind: 'present', what: 'production v1', metrics: new Map() };
const FIRST: Baseline = { kind: 'first-run', onNoBaseline: 'allow' };

const measured = (...keys: readonly string[]): Evidence => ({
  overall: new Map(keys.map((key) => [key, { value: 0.9, baselineValue: null, n: 500 }])),
  slices: [],
  fairness: new Map(),
});

const plan = (
  rules: string,
  evidence: Evidence | undefined,
  baseline: Baseline = PRESENT,
  n = 500,
  extra = '',
) => {
  const text = `version: 1
evaluation: {id: id, label: y, prediction: p}
slices: {country: {column: country, values: [NO, SE]}}
${extra}rules:
${rules}`;
  return planControl({ gate: parseGateFile(text, 'gate.yml'), evidence, baseline, n });
};

describe('planControl', () => {
  it('tries what blocks and comes from the rows, over all of them', () => {
    const planned = plan(
      `  - {metric: accuracy, min: 0.5, max-regression: 0.01, slices: [country], on-inconclusive: fail}
  - {metric: f1-macro, min: 0.5, severity: warning}
  - {metric: mcc, min: 0.5}
  - {metric: recall-macro, fairness: {by: country, max-difference: 0.1}}
`,
      measured('accuracy auto', 'f1-macro auto', 'recall-macro auto'),
    );
    expect(planned).toMatchObject({
      kind: 'run',
      oneIn: 1,
      gate: { rules: [{ metric: 'accuracy', slices: [], onInconclusive: undefined }] },
    });
    expect(planned.kind === 'run' && planned.gate.rules[0]?.bounds.map(({ mode }) => mode)).toEqual([
      'minimum',
      'max-regression',
    ]);
  });

  it('leaves comparisons out where there is nothing to compare with', () => {
    const both = '  - {metric: accuracy, min: 0.5, max-regression: 0.01}\n';
    const planned = plan(both, measured('accuracy auto'), FIRST);
    expect(planned.kind === 'run' && planned.gate.rules[0]?.bounds).toHaveLength(1);
    const only = '  - {metric: accuracy, max-regression: 0.01}\n';
    expect(plan(only, measured('accuracy auto'), FIRST)).toMatchObject({
      kind: 'not-run',
      reason: expect.stringMatching(/^no blocking rule judges the predictions/) as string,
    });
  });

  it('takes a sample of many rows', () => {
    const rule = '  - {metric: accuracy, min: 0.5}\n';
    expect(plan(rule, measured('accuracy auto'), PRESENT, 10_000_000)).toMatchObject({ oneIn: 100 });
    expect(plan(rule, measured('accuracy auto'), PRESENT, 199_999)).toMatchObject({ oneIn: 1 });
  });

  it.each([
    ['  - {metric: accuracy, min: 0.5}\n', undefined, '', 'only finished metrics'],
    [
      '  - {metric: accuracy, min: 0.5}\n',
      measured('accuracy auto'),
      'negative-control: false\n',
      'leaves it out',
    ],
    ['  - {metric: accuracy, min: 0.5}\n', measured(), '', 'no blocking rule'],
    [
      '  - {metric: mine, min: 0.5}\n',
      measured('mine auto'),
      'metrics: {mine: {sql: "avg(x)", direction: higher}}\n',
      "the gate file's own SQL",
    ],
  ])('%s is not run', (rules, evidence, extra, reason) => {
    const planned = plan(rules, evidence, PRESENT, 500, extra);
    expect(planned.kind === 'not-run' && planned.reason).toContain(reason);
  });
});
