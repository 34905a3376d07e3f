import { describe, expect, it } from 'vitest';
import { bodyOf, contractOf, pullRequestOf, resultsOf, scene } from './scene.ts';

const ROWS = `id,age,name,born,score,flag
1,30,Ann,1990-01-31,0.5,true
2,17,Bob,1991-02-28,1.5,false
3,x,Bob,1991-02-30,nan,yes
3,200,,2001-01-01,,TRUE
`;

const PROPERTIES = [
  { name: 'id', logicalType: 'integer', primaryKey: true, required: true, unique: true },
  { name: 'age', logicalType: 'integer', logicalTypeOptions: { minimum: 18, maximum: 120 } },
  {
    name: 'name',
    logicalType: 'string',
    required: true,
    logicalTypeOptions: { minLength: 3, maxLength: 3, pattern: '^[A-Z]' },
  },
  {
    name: 'born',
    logicalType: 'date',
    logicalTypeOptions: { minimum: '1990-02-01', exclusiveMaximum: '2001-01-01' },
  },
  { name: 'score', logicalType: 'number', logicalTypeOptions: { multipleOf: 0.5, exclusiveMinimum: 0.5 } },
  { name: 'flag', logicalType: 'boolean' },
];

describe('checks of a contract', () => {
  it('count what breaks each, and name the rows', async () => {
    await using place = await scene();
    await place.write('data/people.csv', ROWS);
    await place.write('contract.yaml', contractOf(PROPERTIES));
    const outcome = await place.run({ data: 'data/*.csv', contract: 'contract.yaml' });

    expect(resultsOf(outcome)).toEqual({
      'structure.data': 'pass',
      'people.id.present': 'pass',
      'people.id.type': 'pass',
      'people.id.required': 'pass',
      'people.id.unique': 'fail',
      'people.id.primaryKey': 'fail',
      'people.age.present': 'pass',
      'people.age.type': 'fail',
      'people.age.minimum': 'fail',
      'people.age.maximum': 'fail',
      'people.name.present': 'pass',
      'people.name.type': 'pass',
      'people.name.required': 'fail',
      'people.name.minLength': 'pass',
      'people.name.maxLength': 'pass',
      'people.name.pattern': 'pass',
      'people.born.present': 'pass',
      'people.born.type': 'fail',
      'people.born.minimum': 'fail',
      'people.born.exclusiveMaximum': 'fail',
      'people.score.present': 'pass',
      'people.score.type': 'fail',
      'people.score.exclusiveMinimum': 'fail',
      'people.score.multipleOf': 'pass',
      'people.flag.present': 'pass',
      'people.flag.type': 'fail',
    });
    const byId = new Map(bodyOf(outcome).checks.map((check) => [check.id, check]));
    expect(byId.get('people.id.unique')).toMatchObject({
      n: 4,
      failing: 1,
      rows: [{ file: 'data/people.csv', row: 4 }],
    });
    expect(byId.get('people.age.type')).toMatchObject({ failing: 1, observed: '1 of 4', rows: [{ row: 3 }] });
    expect(byId.get('people.age.minimum')).toMatchObject({
      failing: 1,
      expected: 'at least 18',
      rows: [{ row: 2 }],
    });
    expect(byId.get('people.born.type')).toMatchObject({ failing: 1, rows: [{ row: 3 }] });
    expect(byId.get('people.flag.type')).toMatchObject({ failing: 1, rows: [{ row: 3 }] });
    expect(outcome.verdict).toBe('fail');
    expect(outcome.blame).toMatchObject({ owner: 'data', contact: 'ada' });
    expect(outcome.outputs).toMatchObject({ 'failed-checks': '12', rows: '4' });
    expect(outcome.annotations).toHaveLength(12);
    expect(outcome.annotations[0]).toMatchObject({ file: 'contract.yaml', severity: 'error' });
    expect(bodyOf(outcome).profile[2]).toEqual({
      split: 'data',
      column: 'name',
      type: 'VARCHAR',
      rows: 4,
      nulls: 1,
      distinct: 2,
    });
  });

  it('show no value of the data anywhere', async () => {
    await using place = await scene();
    await place.write('data.csv', 'id,secret\n1,hunter2\n2,hunter2\n3,swordfish\n');
    const secret = {
      name: 'secret',
      logicalType: 'integer',
      unique: true,
      logicalTypeOptions: { minimum: 5 },
    };
    const quality = [
      { metric: 'invalidValues', arguments: { validValues: ['allowed'], pattern: '(?=x)y' }, mustBe: 0 },
    ];
    await place.write('contract.yaml', contractOf([{ name: 'id' }, { ...secret, quality }]));
    const outcome = await place.run({ data: 'data.csv', contract: 'contract.yaml' });
    const everything = JSON.stringify(outcome) + place.logger.lines.join('\n');
    expect(outcome.verdict).toBe('fail');
    expect(everything).not.toContain('hunter2');
    expect(everything).not.toContain('swordfish');
    expect(everything).toContain('allowed');
  });

  it('pass where all hold, and not without a contract', async () => {
    await using place = await scene();
    await place.write('data.csv', 'id\n1\n2\n');
    await place.write('contract.yaml', contractOf([{ name: 'id', logicalType: 'integer', unique: true }]));
    const passed = await place.run({ data: 'data.csv', contract: 'contract.yaml' });
    expect(passed).toMatchObject({ verdict: 'pass', blame: null, annotations: [] });
    expect(passed.summary).toBe('All 4 checks hold on 2 rows in 1 split.');
    const profiled = await place.run({ data: 'data.csv' });
    expect(profiled).toMatchObject({
      verdict: 'inconclusive',
      summary: expect.stringContaining('without a contract') as string,
    });
    expect(profiled.outputs['data-fingerprint']).toBe(passed.outputs['data-fingerprint']);
  });

  it('are inconclusive on no rows', async () => {
    await using place = await scene();
    await place.write('data.csv', 'id\n');
    await place.write('contract.yaml', contractOf([{ name: 'id', unique: true }]));
    const outcome = await place.run({ data: 'data.csv', contract: 'contract.yaml' });
    expect(outcome).toMatchObject({ verdict: 'inconclusive', summary: 'The data has no row to judge.' });
    expect(resultsOf(outcome)['people.id.unique']).toBe('inconclusive');
  });

  it('tell a missing column once, and extra ones as information', async () => {
    await using place = await scene();
    await place.write('data.csv', 'id,more\n1,2\n');
    const key = { metric: 'duplicateValues', arguments: { properties: ['id', 'gone'] }, mustBe: 0 };
    await place.write(
      'contract.yaml',
      contractOf(
        [{ name: 'id' }, { name: 'gone', logicalType: 'integer', primaryKey: true, required: true }],
        [key],
      ),
    );
    const outcome = await place.run({ data: 'data.csv', contract: 'contract.yaml' });
    expect(resultsOf(outcome)).toEqual({
      'structure.data': 'pass',
      'people.id.present': 'pass',
      'people.gone.present': 'fail',
      'people.gone.primaryKey': 'fail',
      'people.duplicateValues': 'fail',
      'people.extra-columns': 'warn',
    });
  });

  it('judge the rules of the library with every operator', async () => {
    await using place = await scene();
    await place.write('data.csv', 'v,w\na,N/A\nb,1\nb,2\n,3\n');
    const rule = (metric: string, rest: object) => ({ metric, ...rest });
    const cases: [object, string][] = [
      [rule('nullValues', { mustBe: 1 }), 'pass'],
      [rule('nullValues', { mustNotBe: 1 }), 'fail'],
      [rule('nullValues', { mustBeLessThan: 26, unit: 'percent' }), 'pass'],
      [rule('nullValues', { mustBeLessThan: 25, unit: 'percent' }), 'fail'],
      [rule('nullValues', { mustBeLessOrEqualTo: 25, unit: 'percent' }), 'pass'],
      [rule('nullValues', { mustBeGreaterThan: 1 }), 'fail'],
      [rule('nullValues', { mustBeGreaterOrEqualTo: 1 }), 'pass'],
      [rule('duplicateValues', { mustBeBetween: [1, 2] }), 'pass'],
      [rule('duplicateValues', { mustNotBeBetween: [1, 2] }), 'fail'],
      [rule('duplicateValues', { mustNotBeBetween: [2, 3] }), 'pass'],
      [rule('invalidValues', { arguments: { validValues: ['a', 'b'] }, mustBe: 0 }), 'pass'],
      [rule('invalidValues', { arguments: { validValues: ['a'] }, mustBe: 2 }), 'pass'],
      [rule('invalidValues', { arguments: { pattern: '^a$' }, mustBe: 2 }), 'pass'],
      [rule('invalidValues', { arguments: { pattern: '^(?!b)' }, mustBe: 2 }), 'pass'],
      [rule('missingValues', { arguments: { missingValues: [null, 'a'] }, mustBe: 2 }), 'pass'],
      [rule('missingValues', { arguments: { missingValues: [''] }, mustBe: 1 }), 'pass'],
      [rule('missingValues', { arguments: { missingValues: ['zz'] }, mustBe: 0, severity: 'info' }), 'pass'],
      [
        rule('missingValues', { arguments: { missingValues: ['a'] }, mustBe: 0, severity: 'warning' }),
        'warn',
      ],
      [{ type: 'text', description: 'people look at it' }, 'not-run'],
      [{ type: 'custom', engine: 'soda', implementation: 'x' }, 'not-run'],
      [{ type: 'custom', engine: 'trainyard', implementation: { check: 'drift' } }, 'error'],
      [{ type: 'sql', query: 'SELECT 1', mustBe: 1 }, 'error'],
    ];
    const table = [
      rule('rowCount', { mustBe: 4 }),
      rule('rowCount', { mustBeGreaterThan: 4 }),
      rule('duplicateValues', { arguments: { properties: ['v', 'w'] }, mustBe: 0 }),
    ];
    const numbers = rule('invalidValues', { arguments: { validValues: [1, 2, 3] }, mustBe: 1 });
    await place.write(
      'contract.yaml',
      contractOf(
        [
          { name: 'v', quality: cases.map(([one]) => one) },
          { name: 'w', quality: [numbers] },
        ],
        table,
      ),
    );
    const outcome = await place.run({ data: 'data.csv', contract: 'contract.yaml' });
    const { checks } = bodyOf(outcome);
    const ofV = checks.filter(({ column, rule: name }) => column === 'v' && name !== 'present');
    expect(ofV.map(({ result }) => result)).toEqual(cases.map(([, result]) => result));
    const results = resultsOf(outcome);
    expect(results['people.rowCount']).toBe('pass');
    expect(results['people.rowCount-2']).toBe('fail');
    expect(results['people.duplicateValues']).toBe('pass');
    expect(results['people.w.invalidValues']).toBe('pass');
    expect(outcome.verdict).toBe('error');
  });

  it('hold hostile names and values as what they are', async () => {
    await using place = await scene();
    const name = `a"; DROP TABLE "data`;
    await place.write('data.csv', `"${name.replaceAll('"', '""')}","it's"\nx,1\n'); --,2\n`);
    const invalid = { metric: 'invalidValues', arguments: { validValues: [`'); --`, 'x'] }, mustBe: 0 };
    await place.write(
      'contract.yaml',
      contractOf([
        {
          name,
          logicalType: 'string',
          unique: true,
          quality: [invalid],
          logicalTypeOptions: { pattern: `x|'` },
        },
        { name: `it's`, logicalType: 'integer' },
      ]),
    );
    const outcome = await place.run({
      data: 'data.csv',
      contract: 'contract.yaml',
    });
    expect(outcome.verdict).toBe('pass');
  });

  it('judge each split by the object of its name', async () => {
    await using place = await scene();
    await place.write('a.csv', 'x\n1\n');
    await place.write('b.jsonl', '{"y": 1}\n');
    const contract = { apiVersion: 'v3.1.0', kind: 'DataContract', id: 'i', version: '1', status: 'active' };
    const object = (split: string, name: string) => ({
      name: split,
      properties: [{ name, logicalType: 'integer' }],
    });
    await place.write(
      'contract.yaml',
      JSON.stringify({ ...contract, schema: [object('train', 'x'), object('test', 'y')] }),
    );
    const inputs = { data: 'train=a.csv\ntest=b.jsonl', contract: 'contract.yaml' };
    expect((await place.run(inputs)).verdict).toBe('pass');
    const outcome = await place.run({ ...inputs, data: 'train=a.csv\nother=b.jsonl' });
    expect(resultsOf(outcome)).toMatchObject({
      'train:train.x.type': 'pass',
      'other:contract.object': 'error',
    });
    expect(outcome).toMatchObject({ verdict: 'error', blame: { owner: 'configuration' } });
    await place.write('contract.yaml', JSON.stringify(contract));
    expect((await place.run(inputs)).verdict).toBe('error');
  });

  it('take the contract of the base, and one that is new at most for inconclusive', async () => {
    await using place = await scene();
    await place.write('data.csv', 'id\n1\n');
    const loose = contractOf([{ name: 'id' }]);
    await place.write('contract.yaml', loose);
    const inputs = { data: 'data.csv', contract: 'contract.yaml' };
    const strict = contractOf([{ name: 'id' }, { name: 'label', required: true }]);
    const judged = await place.run(inputs, pullRequestOf({ 'contract.yaml': strict }));
    expect(judged.verdict).toBe('fail');
    expect(bodyOf(judged).contract).toMatchObject({
      from: 'base',
      diff: expect.stringContaining('label') as string,
    });
    const fresh = await place.run(inputs, pullRequestOf({}));
    expect(fresh).toMatchObject({
      verdict: 'inconclusive',
      notices: [expect.stringContaining('new in this pull request')],
    });
  });
});
