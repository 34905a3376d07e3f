import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runControl } from '../../actions/evaluate-gate/src/control/run-control.ts';
import type { Baseline } from '../../actions/evaluate-gate/src/decide/baseline.ts';
import { askedBy } from '../../actions/evaluate-gate/src/evidence.ts';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { inferEvidence } from '../../actions/evaluate-gate/src/inference/infer-evidence.ts';
import type { PredictionColumns } from '../../actions/evaluate-gate/src/metrics/rows.ts';
import { LIMITS, openEngine, temporaryFolder } from './engine.ts';

const { signal } = new AbortController();
const PRODUCTION: Baseline = { kind: 'present', what: 'production v1', metrics: new Map() };

const text = (name: string) => ({ name, type: 'VARCHAR' });

/** CSV of `n` rows of which `wrong` in a hundred are predicted wrong, with a score. */
function classes(n: number, wrong: number): string {
  const rows = Array.from({ length: n }, (_, i) => {
    const label = i % 2 === 0 ? 'no' : 'yes';
    const right = (i * 37) % 100 >= wrong;
    const predicted = right ? label : label === 'no' ? 'yes' : 'no';
    return `r${i},${label},${predicted},${predicted === 'yes' ? 0.8 : 0.2 + (i % 7) / 100}`;
  });
  return ['id,y,p,s', ...rows, ''].join('\n');
}

function numbers(n: number, error: number): string {
  return [
    'id,y,p',
    ...Array.from({ length: n }, (_, i) => `r${i},${i % 50},${(i % 50) + (((i % 7) - 3) / 3) * error}`),
    '',
  ].join('\n');
}

interface Case {
  readonly rules: string;
  readonly candidate: string;
  readonly baseline?: string;
  readonly scores?: boolean;
  readonly extra?: string;
  readonly reference?: Baseline;
}

/** The control of a gate on real files, after the candidate's own evidence was taken. */
async function control({
  rules,
  candidate,
  baseline,
  scores = false,
  extra = '',
  reference = PRODUCTION,
}: Case) {
  await using folder = await temporaryFolder();
  const limits = { ...LIMITS, temporaryDirectory: folder.path };
  const file = async (name: string, rows: string) => {
    const path = join(folder.path, name);
    await writeFile(path, rows);
    return { path, label: name, format: 'csv' as const };
  };
  const regression = !candidate.startsWith('id,y,p,s');
  const declared = regression ? '' : ', positive: yes, labels: [no, yes]';
  const gate = parseGateFile(
    `version: 1
evaluation: {id: id, label: y, prediction: p${scores ? ', scores: [s]' : ''}${declared}}
${extra}rules:
${rules}`,
    'gate.yml',
  );
  const { evaluation } = gate;
  if (evaluation === undefined) throw new Error('evaluation');
  const columns: PredictionColumns = {
    id: text('id'),
    label: text('y'),
    prediction: text('p'),
    scores: scores ? [text('s')] : [],
    weight: undefined,
  };
  const files = {
    candidate: await file('candidate.csv', candidate),
    baseline: baseline === undefined ? undefined : await file('baseline.csv', baseline),
  };
  const both = { candidate: columns, baseline: baseline === undefined ? undefined : columns };
  const families = { classification: !regression, scored: scores, regression };
  await using engine = await openEngine();
  await engine.open(
    [
      { table: 'candidate', ...files.candidate },
      ...(files.baseline === undefined ? [] : [{ table: 'baseline', ...files.baseline }]),
    ],
    limits,
    signal,
  );
  const evidence = await inferEvidence({
    engine,
    gate,
    gatePath: 'gate.yml',
    columns: both,
    asked: askedBy(gate),
    families,
    signal,
  });
  return await runControl({
    openEngine,
    limits,
    gate: { ...gate, evaluation },
    gatePath: 'gate.yml',
    evidence,
    reference,
    n: candidate.split('\n').length - 2,
    ...files,
    columns: both,
    families,
    signal,
  });
}

const GOOD = classes(2000, 4);

describe('the negative control', () => {
  it.each([
    ['  - {metric: accuracy, max-regression: 0.01}\n', {}],
    [
      '  - {metric: accuracy, max-regression: 5%, slices: [kind]}\n',
      { extra: 'slices: {kind: {column: y, values: [no, yes]}}\n' },
    ],
    ['  - {metric: f1, min: 0.9}\n', {}],
    ['  - {metric: false-negative-rate, max: 0.1}\n', {}],
    ['  - {metric: mcc, max-regression: 0.05}\n', {}],
    ['  - {metric: roc-auc, max-regression: 0.01}\n', { scores: true }],
    ['  - {metric: log-loss, max: 0.5}\n', { scores: true }],
    ['  - {metric: accuracy, min: 0.9, test: none}\n', {}],
  ])('blocks a degraded copy by %s', async (rules, overrides: Partial<Case>) => {
    const record = await control({ rules, candidate: GOOD, baseline: classes(2000, 5), ...overrides });
    expect(record.result).toBe('blocked');
    expect(record.reason).toMatch(/^a copy of the candidate with another class predicted .* is blocked by /);
    expect(record.reason.includes('the baseline compared with itself does not fail')).toBe(
      rules.includes('max-regression'),
    );
  });

  it.each([
    '  - {metric: mae, max-regression: 0.2}\n',
    '  - {metric: rmse, max: 2}\n',
    '  - {metric: r2, min: 0.5}\n',
  ])('blocks worse numbers by %s', async (rules) => {
    const record = await control({ rules, candidate: numbers(500, 1), baseline: numbers(500, 1.1) });
    expect(record.result).toBe('blocked');
    expect(record.reason).toContain('off by at least 10 times the usual error');
  });

  it('works without a baseline', async () => {
    const reference: Baseline = { kind: 'first-run', onNoBaseline: 'allow' };
    const rules = '  - {metric: accuracy, min: 0.5, max-regression: 0.01}\n';
    expect(await control({ rules, candidate: GOOD, reference })).toMatchObject({ result: 'blocked' });
  });

  it('compares the copy with what was only reported of the baseline', async () => {
    const reference: Baseline = { ...PRODUCTION, metrics: new Map([['accuracy', { value: 0.9, n: null }]]) };
    const rules = '  - {metric: accuracy, max-regression: 0.01}\n';
    const { result, reason } = await control({ rules, candidate: GOOD, reference });
    expect(result).toBe('blocked');
    expect(reason).not.toContain('compared with itself');
  });

  it.each([
    '  - {metric: accuracy, max-improvement: 0.5}\n',
    '  - {metric: accuracy, max: 1}\n',
    '  - {metric: accuracy, max-regression: 1}\n',
  ])('finds that %s is decoration', async (rules) => {
    const record = await control({ rules, candidate: GOOD, baseline: classes(2000, 5) });
    expect(record.result).toBe('not-blocked');
    expect(record.reason).toMatch(/passes all its rules$/);
  });

  it('is not run where no rule could block a copy', async () => {
    const rules = '  - {metric: accuracy, min: 0.5, severity: warning}\n';
    expect(await control({ rules, candidate: GOOD, baseline: GOOD })).toMatchObject({ result: 'not-run' });
  });
});
