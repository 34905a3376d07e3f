import { describe, expect, it } from 'vitest';
import type { Check } from '../../../../shared/record/data-section.ts';
import { boundLiteral, type Column, isOneOf, numberLiteral, typeBroken, typedValue } from './column-sql.ts';
import { annotationOf } from './annotations.ts';
import { compileContract } from './compile-contract.ts';
import { boundOf, duplicates, patternBroken } from './compile-quality.ts';
import { compileOptions } from './compile-options.ts';
import { conclude } from './conclude.ts';
import { contactOf } from './contact.ts';
import { judge } from './judge.ts';
import { isMoment } from './moments.ts';
import { compilePattern } from './pattern.ts';
import { perRow, type PlannedCheck } from './planned-check.ts';
import { passQueries, profileOf, rowsQuery, unmatched, valuesOf, valuesQuery } from './queries.ts';

const column = (type: string, format: Column['format'] = 'parquet'): Column => ({ name: 'c', type, format });

describe('typeBroken', () => {
  it.each([
    ['BIGINT', 'parquet', 'integer', 'false'],
    ['UTINYINT', 'parquet', 'number', 'false'],
    ['DOUBLE', 'parquet', 'number', 'false'],
    ['DOUBLE', 'parquet', 'integer', '"c" IS NOT NULL'],
    ['DOUBLE', 'jsonl', 'integer', '(isinf("c") OR "c" <> trunc("c"))'],
    ['DECIMAL(10,2)', 'parquet', 'number', 'false'],
    ['VARCHAR', 'parquet', 'string', 'false'],
    ['VARCHAR', 'parquet', 'integer', '"c" IS NOT NULL'],
    ['VARCHAR', 'csv', 'string', 'false'],
    ["ENUM('a')", 'parquet', 'string', 'false'],
    ['TIMESTAMP WITH TIME ZONE', 'parquet', 'timestamp', 'false'],
    ['TIME', 'parquet', 'time', 'false'],
    ['DATE', 'parquet', 'date', 'false'],
    ['BOOLEAN', 'parquet', 'boolean', 'false'],
    ['STRUCT(a INTEGER)', 'parquet', 'object', 'false'],
    ['INTEGER[]', 'parquet', 'array', 'false'],
    ['JSON', 'jsonl', 'array', `json_type("c") NOT IN ('ARRAY', 'NULL')`],
  ] as const)('%s of %s as %s', (type, format, logicalType, sql) => {
    expect(typeBroken(column(type, format), logicalType)).toBe(sql);
  });

  it('looks at the form of text', () => {
    expect(typeBroken(column('VARCHAR', 'csv'), 'integer')).toContain('regexp_full_match');
    expect(typeBroken(column('VARCHAR', 'jsonl'), 'date')).toContain('TRY_CAST("c" AS DATE) IS NULL');
    expect(typeBroken(column('VARCHAR', 'csv'), 'object')).toContain(`<> 'OBJECT'`);
  });
});

describe('values as SQL', () => {
  it('are cast to what the contract says they are', () => {
    expect(typedValue(column('VARCHAR'), 'integer')).toBe('TRY_CAST("c" AS HUGEINT)');
    expect(typedValue(column('VARCHAR'), undefined)).toBe('"c"');
    expect(boundLiteral('2024-01-01', 'date')).toBe(`CAST('2024-01-01' AS DATE)`);
    expect(boundLiteral("it's", undefined)).toBe(`'it''s'`);
    expect(numberLiteral(-1)).toBe('(-1)');
    expect(numberLiteral(1e300)).toBe('(1e+300)::DOUBLE');
  });

  it('are found in lists of every kind', () => {
    expect(isOneOf(column('VARCHAR'), [])).toBe('coalesce(false, false)');
    expect(isOneOf(column('VARCHAR'), ['a', true, 1, null])).toBe(
      `coalesce((CAST("c" AS VARCHAR) IN ('a', 'true')) OR (TRY_CAST("c" AS DOUBLE) IN ((1))) OR ("c" IS NULL), false)`,
    );
    expect(isOneOf(column('VARCHAR', 'csv'), [''])).toContain('IS NULL');
    expect(isOneOf(column('VARCHAR', 'jsonl'), [''])).not.toContain('IS NULL');
  });
});

describe('compilePattern', () => {
  it.each([
    ['^[A-Z]{2}\\d+$', '^[A-Z]{2}\\d+$'],
    ['a.b', 'a[^\\n\\r\\x{2028}\\x{2029}]b'],
    ['(?:a|b)+?', '(?:a|b)+?'],
    ['', ''],
    ['é', 'é'],
  ])('%s is the same for RE2', (source, re2) => {
    expect(compilePattern(source)?.re2).toBe(re2);
  });

  it.each([
    '(?=a)b',
    '(?!a)',
    '(?<=a)b',
    '(a)\\1',
    '\\s',
    '\\bword\\b',
    '\\p{L}',
    'a{2000}',
    '(?:a{100}){100}',
    '[\\s]',
    '\\-',
  ])('%s is left to JavaScript', (source) => {
    expect(compilePattern(source)?.re2).toBeUndefined();
  });

  it('tests as ECMA-262 does, and knows what is none', () => {
    expect(compilePattern('^(?!b)')?.expression.test('abc')).toBe(true);
    expect(compilePattern('\\-')?.expression.test('a-b')).toBe(true);
    expect(compilePattern('(')).toBeUndefined();
    expect(() => patternBroken(column('VARCHAR'), '(')).toThrow('not checked');
  });
});

describe('isMoment', () => {
  it.each([
    ['2024-02-29', 'date', true],
    ['2023-02-29', 'date', false],
    ['2024-2-9', 'date', false],
    ['2024-02-29T10:00:00Z', 'timestamp', true],
    ['2024-02-29 10:00', 'timestamp', true],
    ['2024-02-29T25:00:00Z', 'timestamp', false],
    ['10:30', 'time', true],
    ['24:61', 'time', false],
  ] as const)('%s as %s: %s', (text, type, answer) => {
    expect(isMoment(text, type)).toBe(answer);
  });
});

describe('compileOptions', () => {
  it('bounds the formats of integers', () => {
    const failing = (format: string): unknown => {
      const property = { name: 'c', logicalType: 'integer', logicalTypeOptions: { format } } as const;
      const test = compileOptions(property, column('BIGINT'), [])[0]?.test;
      return test?.kind === 'counted' ? test.broken : undefined;
    };
    const compare = (operator: string, bound: string): string =>
      `CASE WHEN TRY_CAST("c" AS HUGEINT) IS NULL THEN TRY_CAST("c" AS DOUBLE) ${operator} ${bound} ` +
      `ELSE TRY_CAST("c" AS HUGEINT) ${operator} ${bound} END`;
    expect(failing('i8')).toBe(`${compare('<', '(-128)::HUGEINT')} OR ${compare('>', '(127)::HUGEINT')}`);
    expect(failing('u128')).toBe(compare('<', '(0)::HUGEINT'));
    expect(failing('i128')).toBe('false');
  });

  it('takes the ISO form of a date for checked, and refuses others', () => {
    const rules = (format: string) =>
      compileOptions({ name: 'c', logicalType: 'date', logicalTypeOptions: { format } }, column('DATE'), []);
    expect(rules('yyyy-MM-dd')).toEqual([]);
    expect(rules('dd/MM/yyyy')[0]?.test).toMatchObject({ result: 'error' });
    const flag = { name: 'c', logicalType: 'boolean', logicalTypeOptions: { whatever: 1 } } as const;
    expect(compileOptions(flag, column('BOOLEAN'), [])).toEqual([]);
  });
});

describe('compileContract', () => {
  const contract = {
    apiVersion: 'v3.1.0',
    kind: 'DataContract',
    id: 'i',
    version: '1',
    status: 'draft',
  } as const;
  const table = {
    split: 'train',
    format: 'parquet',
    columns: [
      { name: 'a', type: 'INTEGER' },
      { name: 'b', type: 'INTEGER' },
    ],
  } as const;

  it('orders a primary key by its positions, and takes physical names', () => {
    const properties = [
      { name: 'x', physicalName: 'b', primaryKey: true, primaryKeyPosition: 2 },
      { name: 'a', primaryKey: true, primaryKeyPosition: 1 },
    ];
    const quality = [
      { metric: 'duplicateValues', mustBe: 0, arguments: { properties: ['a', 'x'] } },
    ] as const;
    const checks = compileContract(
      { ...contract, schema: [{ name: 'o', properties, quality: [...quality] }] },
      [table],
    );
    const key = checks.find(({ rule }) => rule === 'primaryKey');
    expect(key).toMatchObject({ id: 'o.primaryKey', column: null, description: 'primary key a, x' });
    expect(key?.test).toMatchObject({
      judged: 'count(*)',
      broken: expect.stringContaining('"a" IS NULL OR "b" IS NULL') as string,
    });
    const repeated = checks.find(({ rule }) => rule === 'duplicateValues');
    expect(repeated?.test).toMatchObject({ failing: expect.stringContaining('("a", "b")') as string });
  });

  it('says what is missing', () => {
    const object = (name: string) => ({ name });
    const checks = compileContract({ ...contract, schema: [object('x'), object('y')] }, [table]);
    expect(checks[0]?.test).toMatchObject({
      result: 'error',
      reason: expect.stringContaining('(x, y)') as string,
    });
    const none = compileContract(contract, [table]);
    expect(none[0]?.test).toMatchObject({ reason: 'The contract has no schema.' });
    expect(compileContract({ ...contract, schema: [object('train'), object('y')] }, [table])).toEqual([]);
  });

  it('does not know an operator where there is none', () => {
    expect(boundOf({})).toBeUndefined();
    expect(boundOf({ mustBe: 'x' })?.holds(1)).toBe(false);
    expect(duplicates(['"a"']).failing).toContain('count(DISTINCT ("a"))');
  });
});

describe('queries', () => {
  const table = { split: 'a"b', format: 'csv', columns: [{ name: 'c', type: 'VARCHAR' }] } as const;

  it('count distinct values only where that is cheap', () => {
    expect(passQueries(table, 10, []).map(({ sql }) => sql)).toEqual([
      'SELECT count(*) AS all_rows, count("c") AS values_0, count(DISTINCT "c") AS distinct_0 FROM "a""b"',
    ]);
    expect(passQueries(table, 2_000_000, [])[0]?.sql).not.toContain('DISTINCT');
    const columns = Array.from({ length: 300 }, (_, index) => ({ name: `c${index}`, type: 'VARCHAR' }));
    const parts = passQueries({ ...table, columns }, 10, []);
    expect(new Set(parts.map(({ name }) => name)).size).toBe(4);
    expect(
      parts
        .map(({ sql }) => sql)
        .join()
        .match(/ AS /g),
    ).toHaveLength(601);
    expect(profileOf(table, { all_rows: 3, values_0: 1n })).toEqual([
      { split: 'a"b', column: 'c', type: 'VARCHAR', rows: 3, nulls: 2, distinct: null },
    ]);
  });

  it('look for the values that a pattern of JavaScript refuses', () => {
    const test = patternBroken(column('VARCHAR', 'csv'), '^(?!b)');
    expect(valuesQuery(table, test)?.sql).toContain('GROUP BY 1');
    expect(valuesQuery(table, perRow('false'))).toBeUndefined();
    const values = valuesOf([
      { value: 'b', number: 2n },
      { value: 'a', number: 5 },
      { value: null, number: 1 },
    ]);
    expect(unmatched(values, [false, true])).toEqual({ values: ['b'], failing: 2 });
    const many = Array.from({ length: 200 }, (_, index) => ({ value: `b${index}`, number: 1 }));
    const none = many.map(() => false);
    expect(unmatched(many, none)).toMatchObject({ failing: 200 });
    expect(unmatched(many, none).values).toHaveLength(100);
    expect(rowsQuery(table, 'x', test, ['b', "b'"])).toMatchObject({
      parameters: ['b', "b'"],
      sql: expect.stringContaining('IN ($1, $2)') as string,
    });
    expect(rowsQuery(table, 'x', { ...test, broken: undefined }, [])).toBeUndefined();
  });
});

const planned = (test: PlannedCheck['test'], severity: PlannedCheck['severity'] = 'error'): PlannedCheck => ({
  id: 'o.c.type',
  rule: 'type',
  column: 'c',
  split: 'train',
  description: 'type of c',
  expected: 'integer',
  severity,
  path: [],
  test,
});

describe('judge', () => {
  it('shows a share where the rule speaks of percent', () => {
    const bound = boundOf({ mustBeLessThan: 1, unit: 'percent' });
    const check = judge(planned({ ...perRow('false'), bound }), { judged: 3000, failing: 5 }, 3000, null);
    expect(check).toMatchObject({ observed: '0.167 % (5 of 3,000)', result: 'pass', n: 3000, failing: 5 });
  });

  it('is an error where nothing was measured, and inconclusive without a row', () => {
    expect(judge(planned(perRow('false')), undefined, 1, null)).toMatchObject({ result: 'error' });
    const bound = boundOf({ mustBe: 0, unit: 'percent' });
    const nothing = judge(planned({ ...perRow('false'), bound }), { judged: 0, failing: 0 }, 0, null);
    expect(nothing).toMatchObject({ result: 'inconclusive' });
  });
});

const check = (over: Partial<Check>): Check => ({
  ...judge(planned(perRow('false')), { judged: 1, failing: 0 }, 1, null),
  ...over,
});

describe('conclude', () => {
  const facts = { rows: 10, splits: 2, hasContract: true, newInHead: false };

  it.each([
    [[check({})], facts, 'pass', 'The one check holds on 10 rows in 2 splits.'],
    [[check({ result: 'fail' }), check({})], facts, 'fail', '1 check of 2 failed on 10 rows in 2 splits.'],
    [
      [check({ result: 'error' })],
      facts,
      'error',
      '1 check of 1 could not be judged on 10 rows in 2 splits.',
    ],
    [
      [check({ rule: 'structure' })],
      facts,
      'inconclusive',
      'No verdict on 10 rows in 2 splits: the contract has no blocking check.',
    ],
    [
      [check({ result: 'inconclusive' })],
      facts,
      'inconclusive',
      'No verdict on 10 rows in 2 splits: 1 check had no row to judge.',
    ],
    [
      [check({})],
      { ...facts, newInHead: true },
      'inconclusive',
      'The one check holds on 10 rows in 2 splits, by a contract that is new in this pull request.',
    ],
    [
      [check({ result: 'fail' })],
      { ...facts, newInHead: true },
      'fail',
      '1 check of 1 failed on 10 rows in 2 splits.',
    ],
    [
      [],
      { ...facts, rows: 1, splits: 1, hasContract: false },
      'inconclusive',
      'Profiled 1 row in 1 split; without a contract nothing was judged.',
    ],
    [
      [check({ result: 'inconclusive' })],
      { ...facts, rows: 0 },
      'inconclusive',
      'The data has no row to judge.',
    ],
  ])('%#', (checks, given, verdict, summary) => {
    expect(conclude(checks, given)).toEqual({ verdict, summary });
  });
});

describe('what people are told', () => {
  it('stands at the line of the contract', () => {
    const where = { file: 'c.yaml', line: 7 };
    expect(annotationOf(check({ result: 'fail', where, observed: '3 of 4' }))).toEqual({
      severity: 'error',
      title: 'Data contract: fail',
      message: 'train: type of c should be integer; found 3 of 4',
      file: 'c.yaml',
      line: 7,
    });
    expect(annotationOf(check({ result: 'warn', observed: null, split: null }))?.message).toContain(
      'found nothing',
    );
    expect(annotationOf(check({ result: 'pass' }))).toBeUndefined();
  });

  it('names whom to ask', () => {
    const contract = {
      apiVersion: 'v3.1.0',
      kind: 'DataContract',
      id: 'i',
      version: '1',
      status: 'draft',
    } as const;
    const ada = { username: 'ada', role: 'data owner' };
    expect(contactOf(contract)).toBeNull();
    expect(contactOf({ ...contract, customProperties: [{ property: 'Owner', value: '@ml' }] })).toBe('@ml');
    expect(contactOf({ ...contract, team: [{ username: 'bob' }, ada] })).toBe('ada');
    expect(contactOf({ ...contract, team: [{ username: 'bob' }] })).toBeNull();
    expect(contactOf({ ...contract, team: { name: 'crew', members: [{ username: 'bob' }] } })).toBe('crew');
    expect(contactOf({ ...contract, team: { members: [ada] } })).toBe('ada');
  });
});
