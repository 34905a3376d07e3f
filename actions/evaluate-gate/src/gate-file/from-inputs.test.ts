import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../shared/errors.ts';
import { gateFromInputs, type Shorthand, type ShorthandColumns } from './from-inputs.ts';
import type { GateFile } from './gate-file.ts';
import { parseGateFile } from './parse.ts';

const COLUMNS: ShorthandColumns = {
  id: undefined,
  label: undefined,
  prediction: undefined,
  scores: [],
  labels: [],
  positive: undefined,
  rows: undefined,
};

const shorthand = (given: Partial<Shorthand>): Shorthand => ({
  rules: 'accuracy >= 0.8',
  columns: COLUMNS,
  baseline: undefined,
  onNoBaseline: undefined,
  ...given,
});

function refusal(given: Partial<Shorthand>): UsageError {
  try {
    gateFromInputs(shorthand(given));
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(given)}`);
}

/** A gate without lines, which differ between an input and a file. */
const bare = (gate: GateFile): unknown =>
  JSON.parse(
    JSON.stringify(gate, (key, value: unknown) => (key === 'line' || key === 'lines' ? null : value)),
  );

describe('gateFromInputs', () => {
  it('reads the common case', () => {
    const { gate } = gateFromInputs(
      shorthand({ rules: '# what counts\naccuracy >= 0.8\n\nlog-loss<=1\naccuracy max-regression 0.01' }),
    );
    const limit = (value: number) => ({ text: String(value), value, relative: false });
    expect(gate.rules).toMatchObject([
      {
        metric: 'accuracy',
        direction: 'higher',
        test: 'auto',
        line: 2,
        bounds: [
          { mode: 'minimum', limit: limit(0.8), line: 2 },
          { mode: 'max-regression', limit: limit(0.01), line: 5 },
        ],
      },
      { metric: 'log-loss', direction: 'lower', bounds: [{ mode: 'maximum', limit: limit(1), line: 4 }] },
    ]);
    expect(gate.evaluation).toMatchObject({ id: 'id', label: 'y_true', prediction: 'y_pred', scores: [] });
    expect(gate.baseline).toMatchObject({ from: { kind: 'default' }, onNoBaseline: 'fail' });
    expect(gate).toMatchObject({ negativeControl: true, selfWaiver: false, examination: undefined });
  });

  it('reads options', () => {
    const options =
      'test=bootstrap alpha=0.1 min-effect=0.002 slices=country,age min-slice-size=20 severity=warning on-missing=warn on-inconclusive=fail';
    const { gate } = gateFromInputs(
      shorthand({ rules: `f0.5 min-improvement 2% ${options}\nf0.5 max-improvement 10%` }),
    );
    expect(gate.rules).toHaveLength(2);
    expect(gate.rules[0]).toMatchObject({
      test: 'bootstrap',
      alpha: 0.1,
      minEffect: 0.002,
      slices: ['country', 'age'],
      minSliceSize: 20,
      severity: 'warning',
      onMissing: 'warn',
      onInconclusive: 'fail',
    });
    expect(gate.rules[0]?.bounds[0]?.limit).toEqual({ text: '2%', value: 0.02, relative: true });
    expect(gate.slices.map(({ name }) => name)).toEqual(['country', 'age']);
  });

  it.each([
    ['tokens-per-second >= 50', ['higher']],
    ['wer <= 0.2\nwer max-regression 1%', ['lower']],
    ['wer max-regression 1% direction=lower', ['lower']],
    ['wer <= 0.2 severity=warning\nwer max-regression 1% direction=lower', ['lower', 'lower']],
  ])('takes the direction of a metric of the user from %s', (rules, directions) => {
    const { gate } = gateFromInputs(shorthand({ rules }));
    expect(gate.rules.map(({ direction }) => direction)).toEqual(directions);
  });

  it('writes the gate as a file that means the same', () => {
    const given = shorthand({
      rules: 'roc-auc >= 0.8 test=delong\naccuracy max-regression 5% slices=country\nwer <= 1',
      columns: {
        ...COLUMNS,
        id: 'row',
        scores: ['p0', 'p1'],
        labels: ['0', '1'],
        positive: '1',
        rows: 'eval.csv',
      },
      baseline: 'version:v3',
      onNoBaseline: 'allow',
    });
    const { gate, text } = gateFromInputs(given);
    expect(bare(parseGateFile(text, 'gate.yml'))).toEqual(bare(gate));
    expect(gate.examination).toMatchObject({ rows: 'eval.csv', line: 1 });
    expect(gate.evaluation?.lines['id']).toBe(1);
    expect(gate.baseline.line).toBe(1);
    expect(text).toBe(`version: 1
evaluation:
  id: row
  label: y_true
  prediction: y_pred
  scores:
    - p0
    - p1
  labels:
    - "0"
    - "1"
  positive: "1"
  rows: eval.csv
baseline:
  from: version:v3
  on-no-baseline: allow
rules:
  - metric: roc-auc
    test: delong
    min: 0.8
  - metric: accuracy
    slices:
      - country
    max-regression: 5%
  - metric: wer
    direction: lower
    max: 1
`);
  });

  it('computes nothing where only metrics are read', () => {
    const { gate, text } = gateFromInputs(shorthand({ columns: undefined }));
    expect(gate.evaluation).toBeUndefined();
    expect(bare(parseGateFile(text, 'gate.yml'))).toEqual(bare(gate));
    const error = refusal({ columns: undefined, rules: 'r2 >= 0\naccuracy >= 0.8 slices=country' });
    expect(error.message).toBe(
      'Input "rules", line 2: slices are cut from predictions, and only metrics are given.',
    );
    expect(error.remedy).toContain('Give the input "predictions"');
  });

  it.each([
    ['# nothing', 'Input "rules" has no rule', 'one rule a line'],
    ['accuracy', 'Input "rules", line 1: "accuracy" is no rule.', 'as in "accuracy >= 0.8"'],
    ['r2 >= 0\naccuracy > 0.8', 'Input "rules", line 2: "accuracy > 0.8" is no rule.', 'Did you mean ">="?'],
    ['accuracy >=', '"accuracy >=" is no rule', 'Write "<metric> <operator> <limit>"'],
    ['accuracy max-regresion 1%', 'is no rule', 'Did you mean "max-regression"?'],
    ['accuracy >= high', 'line 1: "min" of the rule on "accuracy" is no limit', ''],
    ['accuracy >= 80%', 'line 1: "min" of the rule on "accuracy" is "80%"', ''],
    ['accuracy max-regression 5 %', '"%" is no option of a rule', 'without blanks'],
    ['accuracy >= 0.8 tset=none', '"tset=none" is no option of a rule', 'Did you mean "test"?'],
    ['accuracy >= 0.8 test=', '"test=" is no option of a rule', '<key>=<value>'],
    ['accuracy >= 0.8 test=t test=t', 'the option "test" stands twice', 'Keep one'],
    ['accuracy >= 0.8 test=delong', '"test" of the rule on "accuracy" is "delong"', 'mcnemar'],
    ['accuracy >= 0.8 test=chi', '"test" of the rule on "accuracy" is "chi"', 'Accepted: auto'],
    ['accuracy >= 0.8 alpha=small', '"alpha" of the rule on "accuracy" must be a number', ''],
    [
      'r2 >= 0\naccuracy <= 0.7\naccuracy >= 0.8',
      'Input "rules", line 3: "min" of the rule on "accuracy" is 0.8, above "max" (0.7).',
      'correct one',
    ],
    [
      'accuracy >= 0.8\naccuracy >= 0.9',
      'Input "rules", line 2: the minimum of "accuracy" is bounded a second time, first in line 1.',
      'Keep one of the two',
    ],
    [
      'wer max-regression 1%',
      'Input "rules", line 1: the direction of "wer" is not known',
      'Add "direction=higher" or "direction=lower"',
    ],
    ['bias max-regression 1', 'of "bias" is not known: neither end of it', 'direction=lower'],
    ['wer >= 1\nwer <= 2', 'line 1: the direction of "wer" is not known', 'direction=lower'],
    [`accuracy >= 0.8 ${'x'.repeat(1000)}`, 'line 1: has 1016 characters', '1000'],
  ])('refuses %s', (rules, message, remedy) => {
    const error = refusal({ rules });
    expect(error.message).toContain(message);
    expect(error.remedy ?? '').toContain(remedy);
    expect(error.where).toBeUndefined();
  });

  it.each([
    [{ columns: { ...COLUMNS, labels: ['a', 'a'] } }, 'Input "labels" names a class twice.'],
    [{ columns: { ...COLUMNS, scores: ['s'] } }, 'Input "score-columns" has one column; add "positive"'],
    [{ columns: { ...COLUMNS, labels: ['a', 'b'], positive: 'c' } }, 'Input "positive" is none of "labels".'],
    [{ baseline: 'main' }, 'Input "baseline" is "main". Accepted: production,'],
    [{ onNoBaseline: 'ignore' }, 'Input "on-no-baseline" is "ignore".'],
    [
      { columns: { ...COLUMNS, labels: ['a'], scores: ['s', 's'] } },
      'Input "score-columns" names a column twice',
    ],
  ])('names the input that is wrong: %#', (given, message) => {
    expect(refusal(given).message).toContain(message);
  });
});
