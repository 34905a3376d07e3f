import { describe, expect, it } from 'vitest';
import { openScene, predictionsOf } from './scene.ts';

const COLUMNS = 'evaluation: {id: row, label: y, prediction: p, labels: [cat, dog]}';
const gateOf = (rule: string, more = '', columns = COLUMNS): string =>
  `version: 1\n${columns}\n${more}rules:\n  - {${rule}}\n`;
const SCORED = 'evaluation: {id: row, label: y, prediction: p, labels: [0, 1], positive: 1, scores: [s]}';

const csv = (head: string, count: number, row: (index: number) => string): string =>
  [head, ...Array.from({ length: count }, (_, index) => row(index)), ''].join('\n');

const NUMBERS = { registry: 'directory:registry' };

describe('candidate and baseline', () => {
  const compared = async (gate: string, baseline: string, candidate: string) => {
    await using scene = await openScene({ gate });
    await scene.publish({ predictions: baseline, model: 'old' });
    await scene.train({ predictions: candidate });
    return await scene.evaluate(NUMBERS);
  };
  const regression = gateOf('metric: accuracy, max-regression: 0.02');

  it('that are the same differ by exactly nothing, and pass', async () => {
    const rows = predictionsOf(200, 180);
    const { verdict, body } = await compared(regression, rows, rows);
    expect(verdict).toBe('pass');
    expect(body?.rules[0]).toMatchObject({ result: 'pass', value: 0.9, baselineValue: 0.9, difference: 0 });
  });

  it.each([
    ['1 and 01', '$1', '0$1'],
    ['1 and 1.0', '$1', '$1.0'],
    ['with and without a blank before it', '$1', ' $1'],
    ['é in one and in two characters', '\u00e9$1', 'e\u0301$1'],
  ])('are joined by the text of an id: %s are two', async (_, before, after) => {
    const rows = (id: string): string => predictionsOf(200, 180).replaceAll(/^r(\d+)/gm, id);
    const { verdict, body, blame, summary } = await compared(regression, rows(before), rows(after));
    expect(verdict).toBe('error');
    expect(summary).toContain('Candidate and baseline were not evaluated on the same rows: ');
    expect(summary).toContain("200 rows of the baseline are missing in the candidate's predictions");
    expect(summary).toContain('(joined by "row")');
    expect(blame).toMatchObject({
      owner: 'data',
      remedy: expect.stringContaining('ids that stay') as string,
    });
    // The candidate's own numbers are still told.
    expect(body?.metrics.find(({ name }) => name === 'accuracy')).toMatchObject({ value: 0.9, n: 200 });
  });

  it('with ids beyond 2^53 lose no digit', async () => {
    const rows = predictionsOf(200, 180).replaceAll(/^r(\d+)/gm, (_, digits: string) =>
      String(9007199254740993n + BigInt(digits)),
    );
    expect((await compared(regression, rows, rows)).verdict).toBe('pass');
  });

  it('have no share of a baseline that is 0', async () => {
    const { verdict, summary, body } = await compared(
      gateOf('metric: accuracy, max-regression: 5%'),
      predictionsOf(200, 0),
      predictionsOf(200, 180),
    );
    expect(verdict).toBe('error');
    expect(summary).toBe('accuracy of production v1 is 0, of which 5% is no limit; write an absolute one.');
    expect(body?.rules).toHaveLength(1);
  });
});

describe('predictions', () => {
  const judged = async (gate: string, predictions: string) => {
    await using scene = await openScene({ gate });
    await scene.train({ predictions });
    return await scene.evaluate();
  };

  it('that never tell one of the classes are judged, and that is told', async () => {
    const { notices, verdict } = await judged(
      gateOf('metric: accuracy, min: 0.3'),
      csv('row,y,p', 100, (index) => `${index},${index % 2 === 0 ? 'cat' : 'dog'},cat`),
    );
    expect(verdict).not.toBe('error');
    expect(notices.join()).toContain('1 class (dog) among the labels is never predicted.');
  });

  it.each([
    [
      'of one class',
      'roc-auc, min: 0.6',
      (at: number) => `${at},1,1,0.${(at % 9) + 1}`,
      'a class has no rows',
    ],
    [
      'out of range',
      'log-loss, max: 0.5',
      (at: number) => `${at},${at % 2},${at % 2},${at % 2 === 0 ? -0.5 : 1.5}`,
      'the scores of 100 rows are no probabilities from 0 to 1',
    ],
  ])('%s leave a metric without a value', async (_, rule, row, reason) => {
    const { verdict, summary, body, blame } = await judged(
      gateOf(`metric: ${rule}`, '', SCORED),
      csv('row,y,p,s', 100, row),
    );
    expect(verdict).toBe('error');
    expect(summary).toContain(reason);
    expect(blame?.remedy).toContain('Mend the predictions, or the rule in the gate file');
    expect(body?.metrics.length).toBeGreaterThan(0);
  });

  it.each([
    ['{column: c, values: [a, zz]}', 'seg=zz has no rows.'],
    ['{where: "c = \'zz\'"}', 'seg has no rows.'],
    ['{column: d}', 'no row lies in a slice of seg.'],
  ])('without a row in the slice %s are an error, and the others are told', async (slice, message) => {
    const { verdict, summary, body } = await judged(
      gateOf('metric: accuracy, min: 0.5, slices: [seg]', `slices:\n  seg: ${slice}\n`),
      csv('row,y,p,c,d', 100, (index) => `${index},cat,${index % 9 === 0 ? 'dog' : 'cat'},a,`),
    );
    expect(verdict).toBe('error');
    expect(summary).toBe(message);
    expect(body?.rules.find(({ slice: name }) => name === null)?.result).toBe('pass');
  });

  it('with a key twice in a line are not judged by one of the two values', async () => {
    await using scene = await openScene({ gate: gateOf('metric: accuracy, min: 0.5') });
    await scene.train({});
    const lines = Array.from({ length: 50 }, (_, index) => `{"row":${index},"y":"cat","p":"cat"}`);
    await scene.write('p.jsonl', `${lines.join('\n')}\n{"row":50,"y":"cat","p":"cat","p":"dog"}\n`);
    const { verdict, summary, blame } = await scene.evaluate({ predictions: 'p.jsonl' });
    expect(verdict).toBe('error');
    expect(summary).toBe(
      'The predictions in p.jsonl cannot be read whole: 1 line is no row, the first at line 51 (a key stands twice).',
    );
    expect(blame?.remedy).toContain('no row may be left out');
  });

  it('with ids of different types are told so', async () => {
    await using scene = await openScene({ gate: gateOf('metric: accuracy, min: 0.5') });
    await scene.train({});
    await scene.write('p.jsonl', '{"row":1,"y":"cat","p":"cat"}\n{"row":"1","y":"dog","p":"dog"}\n');
    await expect(scene.evaluate({ predictions: 'p.jsonl' })).rejects.toMatchObject({
      message: 'gate.yml:2: the column "row" of p.jsonl is of type JSON ("evaluation.id").',
      remedy: expect.stringContaining('of one type in all rows') as string,
    });
  });

  it('with a row that the engine would skip are not judged without it', async () => {
    await using scene = await openScene({ gate: gateOf('metric: accuracy, min: 0.5') });
    await scene.train({ predictions: `${predictionsOf(50, 50)}r50,cat,${'x'.repeat(40_000_000)}\n` });
    const { verdict, summary } = await scene.evaluate();
    expect(verdict).toBe('error');
    expect(summary).toBe('out/predictions.csv, line 52: the line is longer than 16777216 bytes.');
  });
});

describe('a gate file', () => {
  it.each([
    ['defaults: {alpha: 1.0e-300}\n', '"defaults.alpha" must be from 0.000001'],
    ['defaults: {replicates: 1000000000000}\n', '"defaults.replicates" must be from 200 to 100000'],
    ['defaults: {seed: abc}\n', '"defaults.seed" must be a number'],
    ['__proto__: {x: 1}\n', 'the key "__proto__" is accepted nowhere'],
    ['constructor: {x: 1}\n', 'unknown key "constructor"'],
  ])('with %j is refused at its line', async (more, message) => {
    await using scene = await openScene({ gate: gateOf('metric: accuracy, min: 0.5', more) });
    await scene.train({ predictions: predictionsOf(10, 9) });
    await expect(scene.evaluate()).rejects.toThrow(`gate.yml:3: ${message}`);
  });

  it('of ten megabytes is not read', async () => {
    const gate = `${gateOf('metric: accuracy, min: 0.5')}${`# ${'x'.repeat(97)}\n`.repeat(100_000)}`;
    await using scene = await openScene({ gate });
    await scene.train({ predictions: predictionsOf(10, 9) });
    await expect(scene.evaluate()).rejects.toThrow('at most 1048576 are read');
  });
});
