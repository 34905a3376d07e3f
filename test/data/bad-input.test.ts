import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { symlink, truncate, writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SubjectError, UsageError } from '../../shared/errors.ts';
import { writeParquet } from './parquet.ts';
import { bodyOf, contractOf, resultsOf, scene } from './scene.ts';

describe('data that cannot be read', () => {
  it.each([
    ['an empty file', 'a.csv', '', 'the file is empty'],
    ['duplicate headers', 'a.csv', 'id,b,id\n1,2,3\n', 'line 1: the header names the column "id" twice'],
    ['headers that differ only in case', 'a.csv', 'id,ID\n1,2\n', 'differ only in case'],
    ['a column without a name', 'a.csv', 'id,,b\n1,2,3\n', 'column 2 has no name'],
    ['a taken name', 'a.csv', 'id,__row\n1,2\n', 'a name that is taken'],
    [
      'latin-1 bytes without encoding',
      'a.csv',
      Buffer.from('a\nb\né\n', 'latin1'),
      'line 3: bytes that are no UTF-8',
    ],
    ['a cut UTF-8 character', 'a.csv', Buffer.from('a\né').subarray(0, 3), 'bytes that are no UTF-8'],
    ['NUL bytes', 'a.csv', 'a,b\n1,\0\n', 'line 2: a NUL byte'],
    [
      'a Git LFS pointer',
      'a.csv',
      'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n',
      'Git LFS pointer',
    ],
    [
      'a line that the engine would skip without a word',
      'a.csv',
      `id,b\n1,2\n2,${'x'.repeat(40_000_000)}\n3,4\n`,
      'a.csv, line 3: the line is longer than 16777216 bytes',
    ],
    [
      'a last line of JSON Lines that the engine would skip without a word',
      'a.jsonl',
      `{"a":1}\n{"a":"${'x'.repeat(40_000_000)}"}\n`,
      'a.jsonl, line 2: the line is longer than 16777216 bytes',
    ],
    ['JSON Lines without an object', 'a.jsonl', '1\n[]\n', 'no JSON object with a key'],
    ['keys that differ only in case', 'a.jsonl', '{"a":1}\n{"A":1}\n', 'differ only in case'],
    ['an empty Parquet file', 'a.parquet', '', 'it is empty'],
    ['text named Parquet', 'a.parquet', 'id,b\n1,2\n', 'does not begin with PAR1'],
    ['a Parquet file cut short', 'a.parquet', 'PAR1 and then nothing', 'it was cut short after 21 bytes'],
    [
      'a Parquet footer that is too long',
      'a.parquet',
      'PAR1\xff\0\0\0PAR1',
      'its footer is longer than the file',
    ],
    [
      'a Parquet footer of garbage',
      'a.parquet',
      `PAR1${'x'.repeat(40)}\x08\0\0\0PAR1`,
      'its footer cannot be read',
    ],
    ['an encrypted Parquet file', 'a.parquet', 'PAREsecretPARE', 'encrypted'],
  ])('is %s', async (_what, name, content, message) => {
    await using place = await scene();
    await place.write(name, content);
    const running = place.run({ data: name });
    await expect(running).rejects.toThrow(SubjectError);
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toMatchObject({ owner: 'data' });
  });

  it('is a Parquet file whose pages are damaged', async () => {
    await using place = await scene();
    const path = join(place.folder, 'a.parquet');
    await writeParquet(path, 'SELECT i, i::VARCHAR AS word FROM range(1000) t(i)');
    const bytes = await readFile(path);
    await writeFile(
      path,
      bytes.map((byte, index) => (index > 10 && index < 300 ? byte ^ 0x55 : byte)),
    );
    const running = place.run({ data: 'a.parquet' });
    await expect(running).rejects.toThrow(SubjectError);
    await expect(running).rejects.toThrow('a.parquet is damaged');
  });

  it('is a Parquet file that really was cut', async () => {
    await using place = await scene();
    const path = join(place.folder, 'a.parquet');
    await writeParquet(path, 'SELECT range AS id FROM range(10000)');
    const size = (await readFile(path)).length;
    await truncate(path, size - 100);
    await expect(place.run({ data: 'a.parquet' })).rejects.toThrow(`cut short after ${size - 100} bytes`);
  });

  it('is two files of one split with other columns', async () => {
    await using place = await scene();
    await place.write('a.csv', 'x,y\n1,2\n');
    await place.write('b.csv', 'x,z\n1,2\n');
    await expect(place.run({ data: '*.csv' })).rejects.toThrow('b.csv and a.csv belong to one split');
    await place.write('b.csv', 'x,y,z\n1,2,3\n');
    await expect(place.run({ data: '*.csv' })).rejects.toThrow('differ in column "z"');
  });
});

describe('lines that are no rows', () => {
  it('fail the structure, with their line numbers', async () => {
    await using place = await scene();
    await place.write('a.csv', 'a,b\n1,2\n3\n4,5,6\n7,"x"y\n\n8,9\n');
    const outcome = await place.run({ data: 'a.csv' });
    expect(outcome.verdict).toBe('fail');
    const [structure] = bodyOf(outcome).checks;
    expect(structure).toMatchObject({ failing: 3, n: 5, result: 'fail' });
    expect(structure?.reason).toBe(
      'a.csv: line 3 (too few cells), line 4 (too many cells), line 5 (bad quoting).',
    );
    expect(outcome.outputs['rows']).toBe('2');
  });

  it('are lines of JSON with a key twice, of which another reader would take the other value', async () => {
    await using place = await scene();
    await place.write('a.jsonl', '{"a":1}\n{"a":2,"\\u0061":3}\n{"a":4}\n');
    const [structure] = bodyOf(await place.run({ data: 'a.jsonl' })).checks;
    expect(structure).toMatchObject({ failing: 1, n: 3 });
    expect(structure?.reason).toContain('line 2 (a key stands twice)');
  });

  it('are counted in JSON Lines', async () => {
    await using place = await scene();
    await place.write('a.jsonl', `{"a":1}\n\nnope\n{"a":\n${'[1]\n'.repeat(20)}`);
    const outcome = await place.run({ data: 'a.jsonl' });
    const [structure] = bodyOf(outcome).checks;
    expect(structure).toMatchObject({ failing: 22, n: 23 });
    expect(structure?.reason).toContain('line 3 (no JSON object), line 4 (no JSON object)');
    expect(structure?.reason).toContain('and 12 more');
  });
});

describe('text in other clothes', () => {
  it.each([
    ['utf-8 with a byte order mark', 'utf-8', Buffer.from('\ufeffid;né\n1;é\n')],
    ['Windows line ends', 'utf-8', Buffer.from('id;né\r\n1;é\r\n')],
    ['mixed line ends', 'utf-8', Buffer.from('id;né\r\n1;é\n')],
    ['old Mac line ends', 'utf-8', Buffer.from('id;né\r1;é\r')],
    ['latin-1', 'latin-1', Buffer.from('id;né\n1;é\n', 'latin1')],
    ['utf-16', 'utf-16', Buffer.from('\ufeffid;né\n1;é\n', 'utf16le')],
    ['utf-16 of the other order', 'utf-16', Buffer.from('\ufeffid;né\n1;é\n', 'utf16le').swap16()],
  ])('%s is read', async (_what, encoding, content) => {
    await using place = await scene();
    await place.write('a.csv', content);
    const é = { metric: 'invalidValues', arguments: { validValues: ['é'] }, mustBe: 0 };
    await place.write(
      'c.yaml',
      contractOf([
        { name: 'id', logicalType: 'integer' },
        { name: 'né', quality: [é] },
      ]),
    );
    const outcome = await place.run({ data: 'a.csv', contract: 'c.yaml', encoding });
    expect(outcome).toMatchObject({ verdict: 'pass', outputs: { rows: '1' } });
  });

  it('that is not what it was said to be is refused', async () => {
    await using place = await scene();
    await place.write('a.csv', Buffer.from([0x00, 0xd8, 0x41, 0x00]));
    await expect(place.run({ data: 'a.csv', encoding: 'utf-16' })).rejects.toThrow('no utf-16');
  });

  it('with a delimiter and quotes in the header is read', async () => {
    await using place = await scene();
    await place.write('a.csv', '"a,""b""\nc"\td\n1\t2\n');
    const outcome = await place.run({ data: 'a.csv' });
    expect(bodyOf(outcome).profile.map(({ column }) => column)).toEqual(['a,"b"\nc', 'd']);
  });
});

describe('patterns of files', () => {
  it.each([
    ['nothing.csv', 'no file matches "nothing.csv"'],
    ['train=gone/*.csv', 'no file matches "gone/*.csv"'],
    ['../outside.csv', 'outside the workspace'],
    ['/etc/*.csv', 'outside the workspace'],
    ['data', '"data" is a folder'],
    ['bad name=a.csv', 'the entry "bad name=a.csv"'],
    ['a.txt', 'no format that can be read'],
    ['out/*.csv', 'lies outside the workspace'],
    ['# only a comment', 'names no file'],
  ])('%s is refused', async (data, message) => {
    await using other = await scene();
    await using place = await scene();
    await other.write('secret.csv', 'a\n1\n');
    await place.write('data/a.csv', 'a\n1\n');
    await place.write('a.txt', 'a\n');
    await symlink(other.folder, join(place.folder, 'out'));
    const running = (async () => place.run({ data }))();
    await expect(running).rejects.toThrow(UsageError);
    await expect(running).rejects.toThrow(message);
  });

  it.skipIf(process.platform === 'win32')('refuse a pipe, which nobody may ever write to', async () => {
    await using place = await scene();
    execFileSync('mkfifo', [join(place.folder, 'a.csv')]);
    await expect(place.run({ data: 'a.csv' })).rejects.toThrow('is neither a file nor a folder');
  });

  it('name a file once, however many match it, and one whose name looks like a pattern', async () => {
    await using place = await scene();
    await place.write('data/a.csv', 'a\n1\n');
    await place.write('year=2024/b[1].csv', 'a\n2\n');
    const outcome = await place.run({ data: 'data/a.csv\ndata/*.csv\n**/a.csv\n./year=2024/b[1].csv' });
    expect(bodyOf(outcome).sources.map(({ uri }) => uri)).toEqual(['data/a.csv', 'year=2024/b[1].csv']);
    expect(bodyOf(outcome).profile).toHaveLength(1);
    expect(outcome.outputs['rows']).toBe('2');
  });
});

describe('a contract that is none', () => {
  it.each([
    ['no YAML', 'a: [1', 'line 1 is no valid YAML'],
    ['no mapping', 'just text', 'the document'],
    ['another kind', 'kind: Pod\napiVersion: v1\n', 'apiVersion'],
    ['an unknown key', `${contractOf([])}\n`.replace('"status"', '"stauts"'), 'stauts'],
    ['a billion laughs', laughs(), 'unfolds to far more'],
    [
      'a rule without type and metric',
      contractOf([{ name: 'a', quality: [{ description: 'x' }] }]),
      'neither type nor metric',
    ],
    [
      'bounds in the wrong order',
      rule({ metric: 'nullValues', mustBeBetween: [9, 5] }),
      'first bound is above',
    ],
    [
      'rowCount of a column',
      rule({ metric: 'rowCount', mustBe: 1 }),
      'rowCount belongs to the quality of an object',
    ],
    ['a text for a count', rule({ metric: 'nullValues', mustBe: '1' }), 'takes a number'],
    [
      'an unknown severity',
      rule({ metric: 'nullValues', mustBe: 1, severity: 'fatal' }),
      'severity "fatal"; accepted: error',
    ],
    [
      'an unknown unit',
      rule({ metric: 'nullValues', mustBe: 1, unit: 'kg' }),
      'unit "kg"; accepted: rows, percent',
    ],
    ['an unknown argument', rule({ metric: 'nullValues', mustBe: 1, arguments: { x: 1 } }), 'argument "x"'],
    [
      'invalidValues of nothing',
      rule({ metric: 'invalidValues', mustBe: 1 }),
      'needs validValues or pattern',
    ],
    [
      'validValues that are none',
      rule({ metric: 'invalidValues', mustBe: 1, arguments: { validValues: 'a' } }),
      'no list',
    ],
    [
      'a broken pattern in a rule',
      rule({ metric: 'invalidValues', mustBe: 1, arguments: { pattern: '(' } }),
      'no regular',
    ],
    [
      'missingValues of nothing',
      rule({ metric: 'missingValues', mustBe: 1 }),
      'needs the list missingValues',
    ],
    [
      'properties in a column',
      rule({ metric: 'duplicateValues', mustBe: 1, arguments: { properties: ['a'] } }),
      'of an object',
    ],
    [
      'nullValues of a table',
      contractOf([], [{ metric: 'nullValues', mustBe: 1 }]),
      'belongs to the quality of a property',
    ],
    [
      'a key of nothing',
      contractOf([], [{ metric: 'duplicateValues', mustBe: 0 }]),
      'needs the list properties',
    ],
    [
      'a key of no property',
      contractOf(
        [{ name: 'a' }],
        [{ metric: 'duplicateValues', mustBe: 0, arguments: { properties: ['b'] } }],
      ),
      'no property "b"',
    ],
    [
      'two properties of a name',
      contractOf([{ name: 'a' }, { name: 'a' }]),
      'a second property is named "a"',
    ],
    ['a broken pattern', options('string', { pattern: '(' }), 'no regular expression'],
    [
      'a broken pattern inside an object',
      contractOf([
        {
          name: 'a',
          logicalType: 'object',
          properties: [{ name: 'b', logicalType: 'string', logicalTypeOptions: { pattern: '(' } }],
        },
      ]),
      'no regular expression',
    ],
    [
      'a minimum above the maximum',
      options('integer', { minimum: 2, maximum: 1 }),
      'minimum is above maximum',
    ],
    [
      'a first day after the last',
      options('date', { minimum: '2024-01-02', maximum: '2024-01-01' }),
      'is above',
    ],
    ['a day that is none', options('date', { minimum: '2024-02-30' }), 'is no date as ISO 8601'],
  ])('is %s', async (_what, text, message) => {
    await using place = await scene();
    await place.write('a.csv', 'a\n1\n');
    await place.write('contract.yaml', text);
    const running = place.run({ data: 'a.csv', contract: 'contract.yaml' });
    await expect(running).rejects.toThrow(UsageError);
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toMatchObject({ where: { file: 'contract.yaml' } });
  });

  it('tells the line of the first problem, and how many more there are', async () => {
    await using place = await scene();
    await place.write('a.csv', 'a\n1\n');
    const rules = Array.from(
      { length: 7 },
      (_, index) => `          - {metric: nullValues, mustBe: 0, unit: u${index}}`,
    );
    const head =
      'apiVersion: v3.1.0\nkind: DataContract\nid: a\nversion: "1"\nstatus: draft\nschema:\n  - name: a\n';
    await place.write(
      'c.yaml',
      `${head}    properties:\n      - name: a\n        quality:\n${rules.join('\n')}\n`,
    );
    const running = place.run({ data: 'a.csv', contract: 'c.yaml' });
    await expect(running).rejects.toMatchObject({ where: { file: 'c.yaml', line: 11 } });
    await expect(running).rejects.toThrow(/line 11: unit "u0".*line 15: .*and 2 more/s);
  });

  it('is a file that does not exist', async () => {
    await using place = await scene();
    await writeFile(join(place.folder, 'a.csv'), 'a\n1\n');
    await expect(place.run({ data: 'a.csv', contract: 'gone.yaml' })).rejects.toThrow(
      'gone.yaml does not exist',
    );
  });

  it('may hold rules that this version cannot check, which do not pass', async () => {
    await using place = await scene();
    await place.write('a.csv', 'a,b,c\n1,x,2024\n');
    await place.write(
      'contract.yaml',
      contractOf([
        { name: 'a', logicalType: 'integer', logicalTypeOptions: { format: 'u8' } },
        { name: 'b', logicalType: 'string', logicalTypeOptions: { format: 'email' } },
        { name: 'c', logicalType: 'timestamp', logicalTypeOptions: { timezone: true } },
      ]),
    );
    const outcome = await place.run({ data: 'a.csv', contract: 'contract.yaml' });
    expect(resultsOf(outcome)).toMatchObject({
      'people.a.format': 'pass',
      'people.b.format': 'error',
      'people.c.timezone': 'error',
    });
  });

  it('may demand something inside objects and lists, which nobody may take for checked', async () => {
    await using place = await scene();
    await place.write('a.jsonl', '{"o": {"a": "x"}, "l": [1], "free": [1]}\n');
    const inner = [{ name: 'a', logicalType: 'integer', required: true }];
    await place.write(
      'contract.yaml',
      contractOf([
        { name: 'o', logicalType: 'object', properties: inner },
        { name: 'l', logicalType: 'array', items: { logicalType: 'string' } },
        { name: 'free', logicalType: 'array', items: { description: 'anything' } },
      ]),
    );
    const outcome = await place.run({ data: 'a.jsonl', contract: 'contract.yaml' });
    expect(outcome.verdict).toBe('error');
    expect(resultsOf(outcome)).toMatchObject({ 'people.o.properties': 'error', 'people.l.items': 'error' });
    expect(Object.keys(resultsOf(outcome))).not.toContain('people.free.items');
  });

  it('may hold a pattern that never ends, which does', { timeout: 60_000 }, async () => {
    await using place = await scene();
    await place.write('a.csv', `a,b\n${'a'.repeat(40)}!,1\n`);
    await place.write(
      'contract.yaml',
      contractOf([
        { name: 'a', logicalType: 'string', logicalTypeOptions: { pattern: '^(?=a)(a+)+$' } },
        { name: 'b', logicalType: 'integer' },
      ]),
    );
    const outcome = await place.run({ data: 'a.csv', contract: 'contract.yaml' });
    expect(resultsOf(outcome)).toMatchObject({ 'people.a.pattern': 'error', 'people.b.type': 'pass' });
    expect(outcome.summary).not.toContain('aaaa');
  });
});

describe('data that is still written', () => {
  it('is not judged: fingerprint and checks would speak of other bytes', async () => {
    await using place = await scene();
    const path = await place.write('a.csv', 'a\n1\n');
    const { logger } = place;
    const running = place.run(
      { data: 'a.csv' },
      {
        logger: {
          ...logger,
          group: async (title, phase) => {
            if (title === 'Checks') appendFileSync(path, '2\n');
            return await phase();
          },
        },
      },
    );
    await expect(running).rejects.toThrow('a.csv was changed while it was read');
  });
});

describe('a wide table', () => {
  it('is checked in parts', { timeout: 60_000 }, async () => {
    await using place = await scene();
    const names = Array.from({ length: 400 }, (_, index) => `c${index}`);
    await place.write('a.csv', `${names.join(',')}\n${names.map((_, index) => index % 7).join(',')}\n`);
    const properties = names.map((name) => ({
      name,
      logicalType: 'integer',
      unique: true,
      logicalTypeOptions: { maximum: 5 },
    }));
    await place.write('contract.yaml', contractOf(properties));
    const outcome = await place.run({ data: 'a.csv', contract: 'contract.yaml' });
    const results = resultsOf(outcome);
    const broken = names.filter((name) => results[`people.${name}.maximum`] === 'fail');
    expect(broken).toEqual(names.filter((_, index) => index % 7 === 6));
    expect(outcome.body?.profile).toHaveLength(400);
    expect(outcome.body?.profile.every(({ rows, distinct }) => rows === 1 && distinct === 1)).toBe(true);
  });

  it('names some of the columns that the contract does not know', async () => {
    await using place = await scene();
    const names = Array.from({ length: 30 }, (_, index) => `c${index}`);
    await place.write('a.csv', `${names.join(',')}\n${names.join(',')}\n`);
    await place.write('contract.yaml', contractOf([{ name: 'c0' }]));
    const outcome = await place.run({ data: 'a.csv', contract: 'contract.yaml' });
    const check = outcome.body?.checks.find(({ rule }) => rule === 'extra-columns');
    expect(check?.observed).toMatch(/^29: c1, .*c20, …$/);
  });
});

describe('integers too long for the engine', () => {
  it('are above every bound', async () => {
    await using place = await scene();
    await place.write('a.csv', `a\n${'9'.repeat(44)}\n7\n`);
    const options = { maximum: 10, format: 'i64' };
    await place.write(
      'contract.yaml',
      contractOf([{ name: 'a', logicalType: 'integer', logicalTypeOptions: options }]),
    );
    const outcome = await place.run({ data: 'a.csv', contract: 'contract.yaml' });
    expect(resultsOf(outcome)).toMatchObject({ 'people.a.maximum': 'fail', 'people.a.format': 'fail' });
    expect(outcome.body?.checks.find(({ rule }) => rule === 'maximum')?.failing).toBe(1);
  });
});

describe('JSON keys', () => {
  it.each([
    ['{"": 1}', 'a key that is empty'],
    ['{"a\\u0000b": 1}', 'a key that holds a NUL character'],
  ])('%s is refused', async (line, message) => {
    await using place = await scene();
    await place.write('a.jsonl', `${line}\n`);
    await expect(place.run({ data: 'a.jsonl' })).rejects.toThrow(message);
  });
});

describe('JSON numbers', () => {
  it('beyond all are no integers', async () => {
    await using place = await scene();
    await place.write('a.jsonl', '{"a": 1e400}\n{"a": 2.0}\n');
    await place.write('contract.yaml', contractOf([{ name: 'a', logicalType: 'integer' }]));
    const outcome = await place.run({ data: 'a.jsonl', contract: 'contract.yaml' });
    const check = outcome.body?.checks.find(({ rule }) => rule === 'type');
    expect(check).toMatchObject({ result: 'fail', failing: 1 });
  });
});

function rule(quality: object): string {
  return contractOf([{ name: 'a', quality: [quality] }]);
}

function options(logicalType: string, logicalTypeOptions: object): string {
  return contractOf([{ name: 'a', logicalType, logicalTypeOptions }]);
}

function laughs(): string {
  const lines = Array.from({ length: 9 }, (_, level) => {
    const inner = level === 0 ? '"lol"' : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
  });
  return lines.join('\n');
}
