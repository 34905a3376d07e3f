import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { createGzip } from 'node:zlib';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataEngine } from '../../shared/data/create-engine.ts';
import { withoutValues } from '../../shared/data/decide/error-text.ts';
import type { DataEngine, Limits, Table } from '../../shared/data/engine.ts';
import { typeOfKey } from '../../shared/data/decide/json-type.ts';
import { InfrastructureError } from '../../shared/errors.ts';
import { extractTarball } from '../../shared/native/extract.ts';
import { writeParquet } from './parquet.ts';
import { recordingLogger } from './scene.ts';

const signal = new AbortController().signal;
let folder = '';
let engine: DataEngine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-engine-'));
  engine = await createDataEngine({ logger: recordingLogger(), environment: process.env, signal });
});
afterEach(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const limits = (over: Partial<Limits> = {}): Limits => ({
  memoryMiB: 512,
  threads: 2,
  temporaryDirectory: folder,
  queryTimeoutMs: 60_000,
  ...over,
});

async function open(name: string, content: string, over: Partial<Limits> = {}): Promise<Table | undefined> {
  const path = join(folder, name);
  await writeFile(path, content);
  const format = name.endsWith('.jsonl') ? 'jsonl' : 'csv';
  const tables = await engine.open([{ table: 'data', path, label: name, format }], limits(over), signal);
  return tables.get('data');
}

async function ask(sql: string, parameters: (string | number)[] = []) {
  return (await engine.run([{ name: 'question', sql, parameters }], signal)).get('question');
}

describe('a connection that is locked down', () => {
  it.each([
    [`COPY (SELECT 1) TO '$FOLDER/out.csv'`, 'Permission Error'],
    [`SELECT * FROM read_csv('$FOLDER/a.csv')`, 'failed in the data engine: Permission Error'],
    [`SELECT * FROM read_text('/etc/passwd')`, 'Permission Error'],
    [`SELECT * FROM glob('/etc/*')`, 'Permission Error'],
    [`ATTACH '$FOLDER/x.db'`, 'is no SELECT'],
    ['INSTALL httpfs', 'is no SELECT'],
    ['SET enable_external_access = true', 'is no SELECT'],
    ['PRAGMA enable_external_access', ''],
    ['SELECT 1; SELECT 2', 'is not one statement'],
    ['CREATE TABLE x (a INTEGER)', 'is no SELECT'],
  ])('refuses %s', async (sql, message) => {
    await open('a.csv', 'a\n1\n');
    const asked = ask(sql.replace('$FOLDER', folder));
    await expect(asked).rejects.toThrow(InfrastructureError);
    await expect(asked).rejects.toThrow(message);
    expect(existsSync(join(folder, 'out.csv'))).toBe(false);
    expect(await ask('SELECT count(*) AS n FROM data')).toEqual([{ n: 1 }]);
  });

  it('leaves no table and no file of its own reading behind', async () => {
    await open('a.csv', 'a,b\r\n1,2\n3\n');
    expect(await ask('SELECT table_name FROM information_schema.tables ORDER BY 1')).toEqual([
      { table_name: 'data' },
      { table_name: 'data__rows' },
    ]);
    expect((await readdir(folder)).filter((name) => !name.startsWith('spill-'))).toEqual(['a.csv']);
    await engine.close();
    expect(await readdir(folder)).toEqual(['a.csv']);
  });

  it('of data that could not be read answers nothing', async () => {
    await expect(open('a.csv', '')).rejects.toThrow('the file is empty');
    await expect(ask('SELECT 1')).rejects.toThrow('the data engine is closed');
  });
});

describe('a table that is kept', () => {
  it('holds the rows of a SELECT for later queries', async () => {
    await open('a.csv', 'a\n1\n2\n3\n');
    const sql = 'SELECT CAST(a AS INTEGER) AS n FROM data WHERE CAST(a AS INTEGER) > $1';
    await engine.derive('kept', { name: 'kept', sql, parameters: [1] }, signal);
    expect(await ask('SELECT sum(n) AS total FROM kept')).toEqual([{ total: 5 }]);
  });

  it.each([
    [`COPY (SELECT 1) TO '$FOLDER/out.csv'`, 'Permission Error'],
    ['CREATE TABLE y (a INTEGER)', 'is no SELECT'],
    [`SELECT * FROM read_text('/etc/passwd')`, 'Permission Error'],
    ['SELECT 1; DROP TABLE data', 'is not one statement'],
  ])('is refused for %s', async (sql, message) => {
    await open('a.csv', 'a\n1\n');
    const kept = engine.derive('bad', { name: 'bad', sql: sql.replace('$FOLDER', folder) }, signal);
    await expect(kept).rejects.toThrow(message);
    expect(existsSync(join(folder, 'out.csv'))).toBe(false);
    await expect(ask('SELECT * FROM bad')).rejects.toThrow('does not exist');
  });
});

describe('answers', () => {
  it('are plain values', async () => {
    await open('a.csv', 'a\n1\n');
    const sql = `SELECT $1::INTEGER + 1 AS sum, 9007199254740993 AS big, 1.5 AS decimal, [1, 2] AS list,
      DATE '2024-01-02' AS day, NULL AS nothing, true AS flag, $2 AS text`;
    expect(await ask(sql, [41, 'x'])).toEqual([
      {
        sum: 42,
        big: 9_007_199_254_740_993n,
        decimal: 1.5,
        list: [1, 2],
        day: '2024-01-02',
        nothing: null,
        flag: true,
        text: 'x',
      },
    ]);
  });

  it('that fail tell no value of the data', async () => {
    await open('a.csv', 'a\nhunter2\n');
    const asked = ask('SELECT a::INTEGER FROM data');
    await expect(asked).rejects.toThrow('Conversion Error');
    await expect(asked).rejects.not.toThrow('hunter2');
    expect(withoutValues(`Could not cast 'it''s' to "x"\nLINE 1`)).toBe('Could not cast … to …');
  });

  it('end when they take too long, are not wanted, or need too much', async () => {
    const forever = 'SELECT count(*) FROM range(1000000000000) WHERE range % 7 = 8';
    await open('a.csv', 'a\n1\n', { queryTimeoutMs: 3_000 });
    await expect(ask(forever)).rejects.toThrow('took longer than 3 s');
    expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);

    await open('a.csv', 'a\n1\n');
    const stopped = engine.run([{ name: 'x', sql: forever }], AbortSignal.timeout(300));
    await expect(stopped).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);

    await open('a.csv', 'a\n1\n', { memoryMiB: 256 });
    await expect(
      ask(`SELECT list(range::VARCHAR || 'xxxxxxxxxxxxxxxx') AS l FROM range(100000000)`),
    ).rejects.toThrow('needs more memory than the limit allows');
  });
});

describe('columns', () => {
  it('of JSON Lines have the type that holds all their values', async () => {
    const lines = [
      '{"int":1,"num":1,"mix":1,"flag":true,"text":"a","none":null,"deep":{"x":1},"a/b~c":5,"huge":18446744073709551615}',
      '{"int":-2,"num":2.5,"mix":"a","flag":null,"text":"b","deep":[1],"late":1}',
    ];
    const table = await open('a.jsonl', `${lines.join('\n')}\n`);
    expect(Object.fromEntries(table?.columns.map(({ name, type }) => [name, type]) ?? [])).toEqual({
      int: 'BIGINT',
      num: 'DOUBLE',
      mix: 'JSON',
      flag: 'BOOLEAN',
      text: 'VARCHAR',
      none: 'VARCHAR',
      deep: 'JSON',
      'a/b~c': 'BIGINT',
      huge: 'HUGEINT',
      late: 'BIGINT',
    });
    expect(await ask('SELECT int, num, flag, "a/b~c", late, __file, __row FROM data')).toEqual([
      { int: 1, num: 1, flag: true, 'a/b~c': 5, late: null, __file: 0, __row: 1 },
      { int: -2, num: 2.5, flag: null, 'a/b~c': null, late: 1, __file: 0, __row: 2 },
    ]);
    expect(typeOfKey([])).toBe('VARCHAR');
  });

  it('of CSV are text, and an empty text differs from no value', async () => {
    await open('a.csv', 'a,b\n"",\n');
    expect(await ask('SELECT a, b FROM data')).toEqual([{ a: '', b: null }]);
  });

  it('of Parquet keep their types; rows of several files are told apart', async () => {
    await writeParquet(join(folder, 'x=1.parquet'), `SELECT 1::TINYINT AS a, TIMESTAMP '2024-01-01' AS t`);
    await writeParquet(
      join(folder, 'b.parquet'),
      `SELECT range::TINYINT AS a, TIMESTAMP '2024-01-01' AS t FROM range(3)`,
    );
    const source = (name: string) => ({
      table: 'p',
      path: join(folder, name),
      label: name,
      format: 'parquet' as const,
    });
    const tables = await engine.open([source('x=1.parquet'), source('b.parquet')], limits(), signal);
    expect(tables.get('p')?.columns).toEqual([
      { name: 'a', type: 'TINYINT' },
      { name: 't', type: 'TIMESTAMP' },
    ]);
    expect(tables.get('p')?.files.map(({ rows }) => rows)).toEqual([1, 3]);
    expect(await ask('SELECT a, __file, __row FROM p ORDER BY __file, __row')).toEqual([
      { a: 1, __file: 0, __row: 1 },
      { a: 0, __file: 1, __row: 1 },
      { a: 1, __file: 1, __row: 2 },
      { a: 2, __file: 1, __row: 3 },
    ]);
  });
});

it('a tarball gives its files to where they belong, and no link', async () => {
  const archive = pack();
  archive.entry({ name: 'package/a/b.txt' }, 'hello');
  archive.entry({ name: 'package/left-out.txt' }, 'bye');
  archive.entry({ name: 'package/link', type: 'symlink', linkname: '/etc/passwd' });
  archive.finalize();
  const tarball = join(folder, 'x.tgz');
  await pipeline(archive, createGzip(), createWriteStream(tarball));
  const target = join(folder, 'target');
  await extractTarball(
    tarball,
    target,
    (name) => (name.includes('left') ? undefined : name.slice(8)),
    signal,
  );
  expect(await readdir(target, { recursive: true })).toEqual(['a', 'a/b.txt']);
});
