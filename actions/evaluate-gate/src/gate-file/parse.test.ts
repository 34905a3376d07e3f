import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../shared/errors.ts';
import { DEFAULT_BASELINE } from './baseline-schema.ts';
import { comparesWithBaseline } from './gate-file.ts';
import { parseGateFile } from './parse.ts';

const GOOD = `# a gate
version: 1
defaults: {min-cell-size: 5}
evaluation: {id: row, label: y, prediction: p, scores: [a, b], labels: [0, 1], positive: 1, weight: null}
baseline: {from: version:v3, on-no-baseline: allow}
rules:
  - {metric: accuracy, min: 0.8, max-regression: 5%, test: none}
  - metric: latency
    direction: lower
    max: 120
    test: none
    severity: warning
    on-missing: not-run
`;

function refusal(text: string): UsageError {
  try {
    parseGateFile(text, 'ml/gate.yml');
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('parseGateFile', () => {
  it('reads rules, columns and baseline with their lines', () => {
    const gate = parseGateFile(GOOD, 'gate.yml');
    expect(gate.minCellSize).toBe(5);
    expect(gate.baseline).toEqual({
      from: { kind: 'version', version: 'v3', text: 'version:v3' },
      onNoBaseline: 'allow',
      line: 5,
    });
    expect(gate.evaluation).toMatchObject({
      id: 'row',
      scores: ['a', 'b'],
      labels: ['0', '1'],
      positive: '1',
    });
    expect(gate.evaluation?.weight).toBeUndefined();
    expect(gate.rules).toEqual([
      {
        metric: 'accuracy',
        direction: 'higher',
        bounds: [
          { mode: 'minimum', limit: { text: '0.8', value: 0.8, relative: false }, line: 7 },
          { mode: 'max-regression', limit: { text: '5%', value: 0.05, relative: true }, line: 7 },
        ],
        severity: 'error',
        onMissing: 'error',
        onInconclusive: undefined,
        test: 'none',
        alpha: 0.05,
        minEffect: 0,
        slices: [],
        minSliceSize: 50,
        by: undefined,
        line: 7,
      },
      {
        metric: 'latency',
        direction: 'lower',
        bounds: [{ mode: 'maximum', limit: { text: '120', value: 120, relative: false }, line: 10 }],
        severity: 'warning',
        onMissing: 'not-run',
        onInconclusive: undefined,
        test: 'none',
        alpha: 0.05,
        minEffect: 0,
        slices: [],
        minSliceSize: 50,
        by: undefined,
        line: 8,
      },
    ]);
    expect(comparesWithBaseline(gate)).toBe(true);
  });

  it('has defaults that fail closed', () => {
    const gate = parseGateFile('version: 1\nrules: [{metric: r2, min: -1, test: none}]', 'gate.yml');
    expect(gate.minCellSize).toBe(10);
    expect(gate.evaluation).toBeUndefined();
    expect(gate.baseline).toMatchObject({ from: { kind: 'default' }, onNoBaseline: 'fail' });
    expect(comparesWithBaseline(gate)).toBe(false);
    const half = 'version: 1\nbaseline: {on-no-baseline: allow}\nrules: [{metric: r2, min: -1, test: none}]';
    expect(parseGateFile(half, 'gate.yml').baseline.from).toEqual(DEFAULT_BASELINE);
  });

  it.each([
    ['production', { kind: 'alias', alias: 'production' }],
    ['candidate', { kind: 'alias', alias: 'candidate' }],
    ['file:old/metrics.json', { kind: 'file', path: 'old/metrics.json' }],
  ])('reads the baseline %s', (from, expected) => {
    expect(parseGateFile(GOOD.replace('version:v3', from), 'gate.yml').baseline.from).toMatchObject(expected);
  });

  it('accepts a few YAML aliases', () => {
    const text = 'version: 1\nrules:\n  - {metric: r2, min: &a 0.5}\n  - {metric: accuracy, min: *a}\n';
    expect(parseGateFile(text, 'gate.yml').rules.map(({ bounds }) => bounds[0]?.limit.value)).toEqual([
      0.5, 0.5,
    ]);
  });

  it.each([
    ['an empty file', '', 1, 'the gate file must be a map of keys and values'],
    ['a list', '[1]', 1, 'the gate file must be a map'],
    ['broken YAML', 'version: 1\nrules: [', 2, 'is no valid YAML'],
    ['a key twice', 'version: 1\nversion: 1', 2, 'Map keys must be unique'],
    ['a tag', 'version: 1\nrules: !!js/regexp /a/', 2, 'Unresolved tag'],
    ['another version', GOOD.replace('version: 1', 'version: 2'), 2, 'reads version 1'],
    ['no version', GOOD.replace('version: 1', ''), 1, '"version" is missing'],
    ['no rules', 'version: 1', 1, '"rules" is missing'],
    ['rules that are empty', 'version: 1\nrules: []', 2, 'would let everything pass'],
    ['rules that are no list', 'version: 1\nrules: 5', 2, '"rules" must be a list'],
    ['a rule that is no map', 'version: 1\nrules:\n  - 5', 3, 'rule 1 must be a map'],
    [
      'a rule without a bound',
      GOOD.replace('min: 0.8, max-regression: 5%, ', ''),
      7,
      'rule 1 bounds nothing',
    ],
    [
      'a min above max',
      GOOD.replace('max: 120', 'max: 120\n    min: 121'),
      11,
      '"min" of rule 2 is 121, above "max"',
    ],
    ['a negative regression', GOOD.replace('5%', '-0.1'), 7, '"max-regression" of rule 1 is -0.1'],
    ['a limit in words', GOOD.replace('0.8', 'high'), 7, 'is no limit'],
    ['a limit that is NaN', GOOD.replace('0.8', '.nan'), 7, 'is no limit'],
    ['a share as minimum', GOOD.replace('0.8', '80%'), 7, 'Write 0.8'],
    ['an unknown test', GOOD.replace('test: none}', 'test: chi2}'), 7, '"test" of rule 1 is "chi2"'],
    ['no metric', GOOD.replace('metric: accuracy, ', ''), 7, '"metric" of rule 1 is missing'],
    ['no id', GOOD.replace('id: row, ', ''), 4, '"evaluation.id" is missing'],
    ['an id that is no text', GOOD.replace('id: row', 'id: 5'), 4, '"evaluation.id" must be a name in text'],
    ['scores without labels', GOOD.replace(' labels: [0, 1],', ''), 4, 'add "labels" with the 2 classes'],
    [
      'one score without positive',
      GOOD.replace('[a, b]', '[a]').replace(' positive: 1,', ''),
      4,
      'add "positive"',
    ],
    ['a positive that is no label', GOOD.replace('positive: 1', 'positive: 2'), 4, 'is none of "labels"'],
    ['a label twice', GOOD.replace('[0, 1]', '[1, "1"]'), 4, 'names a class twice'],
    ['a score twice', GOOD.replace('[a, b]', '[a, a]'), 4, 'names a column twice'],
    ['a bad version', GOOD.replace('version:v3', 'version:3'), 5, 'Accepted: production, candidate'],
    ['a baseline in numbers', GOOD.replace('version:v3', '3'), 5, '"baseline.from" must be text'],
    [
      'more rules than anyone reads',
      `version: 1\nrules: [${'{metric: r2, min: 0}, '.repeat(501)}]`,
      2,
      '"rules" is out of range: at most 500 entries are accepted',
    ],
    [
      'words for a count',
      GOOD.replace('min-cell-size: 5', 'replicates: lots'),
      3,
      '"defaults.replicates" must be a number',
    ],
    [
      'a negative cell size',
      GOOD.replace('min-cell-size: 5', 'min-cell-size: -5'),
      3,
      'is out of range: at least 0 are accepted',
    ],
    [
      'a fractional cell size',
      GOOD.replace('min-cell-size: 5', 'min-cell-size: 1.5'),
      3,
      'must be a whole number',
    ],
    [
      'a direction against the standard',
      GOOD.replace('min: 0.8', 'direction: lower, min: 0.8'),
      7,
      'contradicts',
    ],
  ])('refuses %s', (_, text, line, message) => {
    const error = refusal(text);
    expect(error.message).toContain(`ml/gate.yml:${line}: `);
    expect(error.message).toContain(message);
    expect(error.where).toEqual({ file: 'ml/gate.yml', line });
  });

  it('names the nearest key, and all problems', () => {
    const error = refusal(
      GOOD.replace('min: 0.8', 'mni: 0.8').replace('severity: warning', 'severity: warn'),
    );
    expect(error.message).toBe(
      'ml/gate.yml:7: unknown key "mni" in rule 1. Further problems: line 12: "severity" of rule 2 is "warn".',
    );
    expect(error.remedy).toMatch(/^Did you mean "min"\? Accepted: metric, direction, min,/);
  });

  it.each([
    ['defaults: {', 'defaults: {alpah: 1, ', 'min-cell-size'],
    ['evaluation: {', 'evaluation: {ids: 1, ', 'Did you mean "id"?'],
    ['baseline: {', 'baseline: {form: 1, ', 'Did you mean "from"?'],
    ['rules:', 'rule: 1\nrules:', 'Did you mean "rules"?'],
  ])('lists what %s accepts', (from, to, remedy) => {
    expect(refusal(GOOD.replace(from, to)).remedy).toContain(remedy);
  });

  it('wants a direction for a metric that is not standard', () => {
    const error = refusal(GOOD.replace('    direction: lower\n', ''));
    expect(error.message).toContain('ml/gate.yml:8: the rule on "latency" needs "direction"');
    expect(error.remedy).toContain('Known metrics: accuracy');
    expect(refusal(GOOD.replace('metric: accuracy', 'metric: acuracy')).remedy).toContain(
      'Did you mean "accuracy"?',
    );
  });

  it('refuses an alias bomb', () => {
    const levels = ['a', 'b', 'c', 'd', 'e'].map((name, index, names) => {
      const below = index === 0 ? 'x' : `*${names[index - 1] ?? ''}`;
      return `${name}: &${name} [${Array.from({ length: 10 }, () => below).join(', ')}]`;
    });
    const error = refusal(`${levels.join('\n')}\nversion: 1\n`);
    expect(error.message).toContain('is refused');
    expect(error.message).toContain('alias');
  });
});
