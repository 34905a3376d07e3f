import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../shared/errors.ts';
import type { GateFile } from './gate-file.ts';
import { parseGateFile } from './parse.ts';

const gateOf = (...lines: readonly string[]): GateFile =>
  parseGateFile(
    ['version: 1', 'evaluation: {id: id, label: y, prediction: p, labels: [no, yes]}', ...lines].join('\n'),
    'gate.yml',
  );

function refusal(...lines: readonly string[]): UsageError {
  try {
    gateOf(...lines);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`accepted: ${lines.join('\n')}`);
}

const RULE = 'rules: [{metric: r2, min: 0}]';

describe('slices', () => {
  it('are read by column, values, bins, predicate and intersection', () => {
    const { slices } = gateOf(
      'slices:',
      '  country: {column: land, values: [NO, 47, "true"]}',
      '  age: {column: age, bins: [18, 65.5]}',
      '  new: {where: "signup > DATE \'2024-01-01\'"}',
      '  both: {all: [country, age]}',
      '  region: {column: region}',
      RULE,
    );
    expect(slices).toEqual([
      { name: 'country', line: 4, kind: 'column', column: 'land', values: ['NO', '47', 'true'] },
      { name: 'age', line: 5, kind: 'bins', column: 'age', edges: [18, 65.5] },
      { name: 'new', line: 6, kind: 'where', predicate: "signup > DATE '2024-01-01'" },
      { name: 'both', line: 7, kind: 'all', of: ['country', 'age'] },
      { name: 'region', line: 8, kind: 'column', column: 'region', values: undefined },
    ]);
  });

  it('count a name that is not defined as that of a column', () => {
    const gate = gateOf(
      'slices: {both: {all: [sex, age]}}',
      'rules:',
      '  - {metric: accuracy, min: 0.8, slices: [country, both]}',
      '  - {metric: recall, fairness: {by: sex, min-ratio: 0.8}}',
      '  - {metric: f1, fairness: {by: region, min-ratio: 0.8}}',
    );
    const column = (name: string, line: number) => ({
      name,
      line,
      kind: 'column',
      column: name,
      values: undefined,
    });
    expect(gate.slices).toEqual([
      column('sex', 3),
      column('age', 3),
      { name: 'both', line: 3, kind: 'all', of: ['sex', 'age'] },
      column('country', 5),
      column('region', 7),
    ]);
    expect(gate.rules[0]?.slices).toEqual(['country', 'both']);
  });

  it('make one intersection of intersections', () => {
    const { slices } = gateOf('slices:', '  a: {all: [b, z]}', '  b: {all: [x, y, z]}', RULE);
    expect(slices.filter(({ kind }) => kind === 'all')).toEqual([
      { name: 'a', line: 4, kind: 'all', of: ['x', 'y', 'z'] },
      { name: 'b', line: 5, kind: 'all', of: ['x', 'y', 'z'] },
    ]);
  });

  it('refuse to refer to themselves', () => {
    const ring = refusal('slices:', '  a: {all: [x, b]}', '  b: {all: [a, y]}', RULE);
    expect(ring.message).toBe(
      'gate.yml:4: "slices.a" refers to itself: a, b, a. Further problems: line 5: "slices.b" refers to itself: b, a, b.',
    );
    expect(ring.remedy).toContain('under "all"');
    expect(refusal('slices: {a: {all: [a, x]}}', RULE).message).toContain('refers to itself: a, a');
    expect(refusal('slices:', '  o: {all: [x, a]}', '  a: {all: [a, y]}', RULE).message).toBe(
      'gate.yml:5: "slices.a" refers to itself: a, a.',
    );
  });

  it.each([
    ['{}', 'says of no rows; give exactly one of "column", "where" and "all"'],
    ['{column: a, where: b}', 'has "column" and "where"; give exactly one'],
    ['{where: "a > 1", values: [1]}', '"slices.s.values" is given without "column"'],
    ['{all: [a, b], bins: [1]}', '"slices.s.bins" is given without "column"'],
    ['{column: a, values: [1], bins: [1]}', '"slices.s.bins" is given beside "values"'],
    ['{column: a, bins: []}', 'has no edge'],
    ['{column: a, bins: [2, 1]}', '"slices.s.bins" is not ascending: 1 comes after 2'],
    ['{column: a, bins: [1, 1]}', 'is not ascending: 1 comes after 1'],
    ['{column: a, bins: [low]}', '"slices.s.bins.0" must be a number'],
    ['{column: a, values: []}', 'names no value'],
    ['{column: a, values: [1, "1"]}', 'names a value twice'],
    ['{all: [a]}', 'names fewer than two'],
    ['{all: [a, a]}', 'names a family twice'],
    ['{where: ""}', '"slices.s.where" must be a predicate in SQL'],
    ['{colum: a}', 'unknown key "colum" in "slices.s"'],
    ['5', '"slices.s" must be a map of keys and values'],
  ])('refuse %s', (slice, message) => {
    expect(refusal('slices:', `  s: ${slice}`, RULE).message).toContain(`gate.yml:4: `);
    expect(refusal('slices:', `  s: ${slice}`, RULE).message).toContain(message);
  });

  it('refuse names that no report could show', () => {
    expect(refusal('slices: {"a\\nb": {column: a}}', RULE).message).toBe(
      'gate.yml:3: "a\\nb", a key of "slices", must be a name of up to 100 characters in one line.',
    );
    expect(refusal('slices: {__proto__: {column: a}}', RULE).message).toBe(
      'gate.yml:3: the key "__proto__" is accepted nowhere.',
    );
  });

  it('of one predicate have no groups to compare', () => {
    const error = refusal(
      'slices: {new: {where: "a > 1"}}',
      'rules: [{metric: f1, fairness: {by: new, min-ratio: 0.8}}]',
    );
    expect(error.message).toBe(
      'gate.yml:4: "fairness" of rule 1 compares the groups of "new", which is one slice.',
    );
  });
});

describe('metrics of the file', () => {
  it('are read by column, preference and SQL', () => {
    const gate = gateOf(
      'metrics:',
      '  rouge-l: {column: rouge, direction: higher}',
      '  wins: {preference: judge}',
      '  losses: {preference: judge, direction: lower}',
      '  late: {sql: "avg(delay > 5)", direction: lower}',
      'rules:',
      '  - {metric: rouge-l, max-regression: 1%, test: wilcoxon}',
      '  - {metric: late, max: 0.1, test: jackknife}',
    );
    expect(gate.metrics).toEqual([
      { name: 'rouge-l', direction: 'higher', line: 4, kind: 'column', column: 'rouge' },
      { name: 'wins', direction: 'higher', line: 5, kind: 'preference', column: 'judge' },
      { name: 'losses', direction: 'lower', line: 6, kind: 'preference', column: 'judge' },
      { name: 'late', direction: 'lower', line: 7, kind: 'sql', sql: 'avg(delay > 5)' },
    ]);
    expect(gate.rules.map(({ direction }) => direction)).toEqual(['higher', 'lower']);
  });

  it.each([
    ['a: {}', '"metrics.a" is of nothing; give exactly one of "column", "preference" and "sql"'],
    ['a: {column: b, sql: c, direction: lower}', 'has "column" and "sql"; give exactly one'],
    ['a: {column: b}', '"metrics.a" needs "direction": higher or lower'],
    ['a: {sql: b}', 'needs "direction"'],
    ['a: {sql: b, direction: up}', '"metrics.a.direction" is "up"'],
    ['a: {sql: "", direction: lower}', '"metrics.a.sql" must be an aggregate in SQL'],
    ['a: {sql: 5, direction: lower}', 'must be an aggregate in SQL'],
    ['accuracy: {column: b, direction: higher}', '"metrics" defines "accuracy", which is a standard metric'],
    ['f0.5: {column: b, direction: higher}', 'defines "f0.5", which is a standard metric'],
    ['cost: {column: b, direction: lower}', 'defines "cost", which is a standard metric'],
    ['model-bytes: {column: b, direction: lower}', 'defines "model-bytes"'],
    ['equalized-odds: {column: b, direction: lower}', 'defines "equalized-odds"'],
  ])('refuse %s', (metric, message) => {
    expect(refusal('metrics:', `  ${metric}`, RULE).message).toContain(`gate.yml:4: `);
    expect(refusal('metrics:', `  ${metric}`, RULE).message).toContain(message);
  });

  it('keep their direction and their tests', () => {
    const metrics =
      'metrics: {late: {sql: "avg(delay)", direction: lower}, s: {column: s, direction: lower}}';
    expect(refusal(metrics, 'rules: [{metric: late, max: 1, direction: higher}]').message).toContain(
      'contradicts the definition of "late", of which lower is better',
    );
    expect(refusal(metrics, 'rules: [{metric: late, max: 1, test: t}]').remedy).toBe(
      'For "late" accepted: auto, jackknife, none.',
    );
    expect(refusal(metrics, 'rules: [{metric: s, max: 1, test: mcnemar}]').remedy).toContain('auto, t,');
    expect(refusal(metrics, 'rules: [{metric: lat, max: 1}]').remedy).toContain('Did you mean "late"?');
  });
});

describe('utility', () => {
  it('gives the metric cost', () => {
    const gate = gateOf(
      'utility:',
      '  currency: EUR',
      '  costs:',
      '    - {label: yes, prediction: no, cost: 500}',
      '    - {label: no, prediction: yes, cost: -2.5}',
      'rules: [{metric: cost, max: 1, max-regression: 5%, test: bca}]',
    );
    expect(gate.utility).toEqual({
      currency: 'EUR',
      costs: [
        { label: 'yes', prediction: 'no', cost: 500 },
        { label: 'no', prediction: 'yes', cost: -2.5 },
      ],
    });
    expect(gate.rules[0]).toMatchObject({ metric: 'cost', direction: 'lower' });
  });

  it.each([
    ['{costs: [{label: no, prediction: yes, cost: 1}]}', '"utility.currency" is missing'],
    ['{currency: EUR, costs: []}', '"utility.costs" is empty'],
    ['{currency: EUR, costs: [{label: no, prediction: yes}]}', '"utility.costs.0.cost" is missing'],
    ['{currency: EUR, costs: [{label: no, prediction: yes, cost: much}]}', 'must be a number'],
    [
      '{currency: EUR, costs: [{label: no, prediction: yes, cost: 1}, {label: no, prediction: yes, cost: 2}]}',
      '"utility.costs.1" costs label no with prediction yes a second time',
    ],
    [
      '{currency: EUR, costs: [{label: maybe, prediction: yes, cost: 1}]}',
      '"utility.costs.0.label" is "maybe", which is none of "evaluation.labels"',
    ],
    ['{currency: EUR, cost: []}', 'unknown key "cost" in "utility"'],
  ])('refuses %s', (utility, message) => {
    expect(refusal(`utility: ${utility}`, RULE).message).toContain(message);
  });
});

describe('evaluation', () => {
  const DIGEST = '0'.repeat(64);
  const evaluation = (keys: string): string =>
    `version: 1\nevaluation: {id: id, label: y, prediction: p, ${keys}}\n${RULE}`;

  it('reads the rows on which the gate examines', () => {
    const gate = parseGateFile(
      evaluation(
        `group: patient, rows: data/eval.parquet, rows-sha256: "${DIGEST}", features: [age, pixel_*], outputs: {prediction: label, scores: probabilities}, accept-self-reported: false`,
      ),
      'gate.yml',
    );
    expect(gate.examination).toEqual({
      rows: 'data/eval.parquet',
      sha256: DIGEST,
      features: ['age', 'pixel_*'],
      outputs: { prediction: 'label', scores: 'probabilities' },
      line: 2,
    });
    expect(gate.evaluation?.group).toBe('patient');
    expect(gate.acceptSelfReported).toBe(false);
  });

  it('examines nothing where no rows are named', () => {
    const gate = parseGateFile(evaluation('group: null'), 'gate.yml');
    expect(gate.examination).toBeUndefined();
    expect(gate.evaluation?.group).toBeUndefined();
    expect(gate.acceptSelfReported).toBe(true);
    const withRows = parseGateFile(evaluation('rows: a.csv'), 'gate.yml');
    // A model in a form that nobody can run must not be a way round them.
    expect(withRows.acceptSelfReported).toBe(false);
    const lenient = parseGateFile(evaluation('rows: a.csv, accept-self-reported: true'), 'gate.yml');
    expect(lenient.acceptSelfReported).toBe(true);
    expect(withRows.examination).toMatchObject({
      sha256: undefined,
      features: undefined,
      outputs: { prediction: undefined, scores: undefined },
    });
  });

  it.each([
    ['features: [a]', '"evaluation.features" is given without "rows"'],
    [`rows-sha256: "${DIGEST}"`, '"evaluation.rows-sha256" is given without "rows"'],
    ['outputs: {prediction: a}', '"evaluation.outputs" is given without "rows"'],
    ['rows: a.csv, rows-sha256: abc', '"evaluation.rows-sha256" is no SHA-256'],
    ['rows: a.csv, features: []', '"evaluation.features" is empty'],
    ['rows: a.csv, features: [a, a]', 'names a column twice'],
    ['rows: a.csv, features: [a, y]', 'names "y", the label'],
    ['rows: a.csv, features: ["*a"]', 'has "*a"; a * is accepted at the end of a name only'],
    ['rows: a.csv, outputs: {predictions: a}', 'unknown key "predictions" in "evaluation.outputs"'],
    ['accept-self-reported: maybe', '"evaluation.accept-self-reported" must be true or false'],
    ['group: [a]', '"evaluation.group" must be'],
  ])('refuses %s', (keys, message) => {
    expect(() => parseGateFile(evaluation(keys), 'gate.yml')).toThrow(message);
  });
});
