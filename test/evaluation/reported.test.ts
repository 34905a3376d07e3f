import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readReported } from '../../actions/evaluate-gate/src/reported/read-reported.ts';
import { isRemote } from '../../actions/evaluate-gate/src/reported/remote.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-reported-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;

async function write(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

async function read(name: string, text: string): Promise<Record<string, number | null>> {
  return Object.fromEntries(await readReported(await write(name, text), name, signal));
}

describe('readReported', () => {
  it.each([
    ['m.json', '\uFEFF{"test": {"f1": 0.5}, "none": null}', { 'test.f1': 0.5, none: null }],
    ['m', '{"a": 1}', { a: 1 }],
    [
      'm.yaml',
      'base: &b {x: 1}\ntest: {f1: 0.5, nan: .nan, note: text, "__proto__": 3}\nagain: *b\n',
      { 'base.x': 1, 'test.f1': 0.5, 'test.nan': null, ['test.__proto__']: 3, 'again.x': 1 },
    ],
    ['m.yml', 'accuracy: 0.25', { accuracy: 0.25 }],
    [
      'm.toml',
      '\uFEFFaccuracy = 0.25\nwhen = 2026-01-02\nwho = "me"\n[test]\nf1.macro = 0.5\nloss = nan\n"__proto__" = 3\nall = [1, 2]\n',
      { accuracy: 0.25, 'test.f1.macro': 0.5, 'test.loss': null, ['test.__proto__']: 3 },
    ],
    [
      'results.yaml',
      [
        '- dataset: {id: cais/hle, task_id: default, revision: 5503434}',
        '  value: 20.90',
        '  date: "2025-01-15"',
        '  source: {url: https://example.com, name: Eval traces}',
        '- {dataset: {id: Idavidrein/gpqa, task_id: gpqa_diamond}, value: 0.412}',
        '- {dataset: {id: Idavidrein/gpqa, task_id: gpqa_main}, value: "0.5"}',
      ].join('\n'),
      {
        'cais/hle.default': 20.9,
        'cais/hle': 20.9,
        'Idavidrein/gpqa.gpqa_diamond': 0.412,
        'Idavidrein/gpqa.gpqa_main': 0.5,
      },
    ],
    [
      'README.md',
      '---\r\nlicense: mit\r\nmodel-index:\r\n- results:\r\n  - metrics: [{type: f1, value: 0.5}]\r\n---\r\n# Card\r\n---\r\n',
      { f1: 0.5 },
    ],
    [
      's.jsonl',
      '{"id": 1, "ok": true, "rouge": {"l": 0.5}, "text": "a", "part": 1}\n\n{"id": 2, "ok": false, "rouge": {"l": 1}, "text": "b"}\r\n{"id": 3, "ok": true, "rouge": {"l": 0}, "part": null}',
      { id: 2, ok: 2 / 3, 'rouge.l': 0.5, part: null },
    ],
    [
      'samples_gsm8k_2026-01-02T03-04-05.678.jsonl',
      [
        { doc_id: 0, filter: 'strict-match', metrics: ['exact_match'], exact_match: 1, doc: { n: 7 } },
        { doc_id: 0, filter: 'flexible', metrics: ['exact_match'], exact_match: 1 },
        { doc_id: 1, filter: 'strict-match', metrics: ['exact_match'], exact_match: 0 },
        { doc_id: 1, filter: 'flexible', metrics: ['exact_match', 3], exact_match: true },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
      { 'gsm8k.exact_match.strict-match': 0.5, 'gsm8k.exact_match.flexible': 1 },
    ],
    [
      'samples_arc.jsonl',
      '{"metrics": ["acc"], "filter": "none", "acc": 1}\n{"metrics": ["acc"], "filter": "none", "acc": "?"}\n',
      { 'arc.acc': null },
    ],
  ])('reads %s', async (name, text, expected) => {
    expect(await read(name, text)).toEqual(expected);
  });

  it('reads the folder of a run of MLflow, by the last step', async () => {
    await write('run/meta.yaml', 'name: run\n');
    await write('run/metrics/accuracy', '1700000000 0.5 0\n1700000009 0.9 2\n1700000005 0.7 1\n');
    await write('run/metrics/val/loss', '1 0.3 0\n2 nan 1\n');
    await write('run/metrics/.hidden', 'x');
    await write('run/metrics/empty', '');
    await write('outside', '1 99 0\n');
    await symlink(join(folder, 'outside'), join(folder, 'run/metrics/linked'));
    const expected = { accuracy: 0.9, 'val/loss': null, empty: null };
    for (const name of ['run', 'run/metrics']) {
      expect(Object.fromEntries(await readReported(join(folder, name), name, signal))).toEqual(expected);
    }
    await mkdir(join(folder, 'nothing'));
    await expect(readReported(join(folder, 'nothing'), 'nothing', signal)).rejects.toThrow(
      'no metrics in the folder',
    );
    await write('bad/metrics/acc', '1 0.5 0\nhello\n');
    await expect(readReported(join(folder, 'bad'), 'bad', signal)).rejects.toThrow(
      'Line 2 of "acc" in bad is no "timestamp value step" of MLflow.',
    );
    await write(`deep/${'d/'.repeat(40)}acc`, '1 1 1');
    await expect(readReported(join(folder, 'deep'), 'deep', signal)).rejects.toThrow('nested deeper than 32');
    await write('large/acc', new Uint8Array(17 * 1024 * 1024));
    await expect(readReported(join(folder, 'large'), 'large', signal)).rejects.toThrow(
      'at most 16777216 are read',
    );
  });

  it("reads the Hub's folder of results", async () => {
    const folderOf = (name: string) => readReported(join(folder, name, '.eval_results'), name, signal);
    await write('hub/.eval_results/a.yaml', '- {dataset: {id: org/a, task_id: t}, value: 1}\n');
    await write('hub/.eval_results/b.yml', '- {dataset: {id: org/b, task_id: t}, value: null}\n');
    await write('hub/.eval_results/notes.txt', 'no results');
    await write('other.yaml', '- {dataset: {id: org/c, task_id: t}, value: 1}\n');
    await symlink(join(folder, 'other.yaml'), join(folder, 'hub/.eval_results/c.yaml'));
    expect(Object.fromEntries(await folderOf('hub'))).toEqual({
      'org/a.t': 1,
      'org/a': 1,
      'org/b.t': null,
      'org/b': null,
    });
    await write('none/.eval_results/notes.txt', 'no results');
    await expect(folderOf('none')).rejects.toThrow('it has no file of YAML');
    await write('bad/.eval_results/x.yaml', 'accuracy: 1\n');
    await expect(folderOf('bad')).rejects.toThrow('The metrics in bad/x.yaml are no list of results.');
    await write('huge/.eval_results/x.yaml', new Uint8Array(17 * 1024 * 1024));
    await expect(folderOf('huge')).rejects.toThrow('at most 16777216 are read');
  });

  it('shows no line of a broken TOML file', async () => {
    const path = await write('secret.toml', 'a = 1\npassword = hunter2\n');
    await expect(readReported(path, 'secret.toml', signal)).rejects.toThrow(/^((?!hunter2)[^])*$/);
  });

  const million = (line: (index: number) => string): string =>
    Array.from({ length: 400_000 }, (_, index) => line(index)).join('');
  it.each([
    ['twice.json', '{"a": {"b": 1, "\\u0062": 1}}', 'have the key "b" twice in one object'],
    ['nan.json', '{"a": NaN}', 'are not JSON'],
    ['deep.json', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`, 'nested deeper than 32'],
    ['many.json', `{${million((index) => `"k${index}":1,`)}"z":1}`, 'are more than 10000'],
    ['list.json', '[1]', 'are no JSON object'],
    ['twice.yaml', 'a: 1\na: 1\n', 'are no valid YAML: the key "a" stands twice in one map'],
    [
      'deep.yaml',
      `${'['.repeat(100_000)}1${']'.repeat(100_000)}`,
      'are no valid YAML: it is nested too deep',
    ],
    [
      'many.yaml',
      Array.from({ length: 50_000 }, (_, index) => `k${index}: 1\n`).join(''),
      'are more than 10000',
    ],
    [
      'bomb.yaml',
      `a0: &a0 {x: 1}\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} {l: *a${i}, r: *a${i}}\n`).join('')}`,
      'are no valid YAML: Excessive alias count',
    ],
    ['broken.yaml', 'a: [1', 'are no valid YAML'],
    ['text.yaml', 'hello', 'are no JSON object'],
    ['card.md', '# No front matter\n', 'it does not begin with YAML between two lines of "---"'],
    ['empty.jsonl', '', 'it has no lines'],
    ['broken.jsonl', '{"a": 1}\n{"a": }\n', 'line 2 of broken.jsonl is no JSON object'],
    ['nan.jsonl', '{"a": 1}\n{"a": NaN}\n', 'line 2 of nan.jsonl is no JSON object'],
    ['long.jsonl', 'x'.repeat(5 * 1024 * 1024), 'is longer than 4194304 characters'],
    [
      'many.jsonl',
      Array.from({ length: 10_001 }, (_, index) => `{"k${index}": 1}\n`).join(''),
      'are more than 10000',
    ],
    ['large.yaml', 'a: 1\n'.repeat(300_000), 'have more than 1048576 characters of YAML'],
    ['broken.toml', 'a = 1\nb = secret', 'are no valid TOML: line 2: '],
    ['twice.toml', 'a = 1\na = 1\n', 'are no valid TOML: line 2: '],
    ['deep.toml', `a = ${'['.repeat(1000)}1${']'.repeat(1000)}`, 'are no valid TOML'],
    ['dots.toml', `${'a.'.repeat(100)}b = 1`, 'nested deeper than 32'],
    ['results.yaml', '- dataset: {id: a}\n  value: 1\n', 'have no valid "0.dataset.task_id"'],
    [
      'results2.yaml',
      '- {dataset: {id: a, task_id: t}, value: 1}\n- {dataset: {id: a, task_id: t}, value: 2}\n',
      'name "a.t" twice',
    ],
    ['empty.yaml', '[]', 'are no list of results'],
    ['large.json', ' '.repeat(17 * 1024 * 1024), 'at most 16777216 are read'],
  ])('refuses %s', async (name, text, message) => {
    const started = performance.now();
    await expect(read(name, text)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message) as string,
    });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('names what does not exist', async () => {
    await expect(readReported(join(folder, 'gone.json'), 'gone.json', signal)).rejects.toThrow(
      'The metrics gone.json do not exist.',
    );
  });
});

const RUN = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';

/** A tracking server that knows one run, behind a token, and keeps what it was asked. */
async function trackingServer() {
  const asked: { url: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    asked.push({ url: request.url, authorization });
    const id = new URL(request.url ?? '', 'http://server').searchParams.get('run_id') ?? '';
    const answers: Record<string, () => void> = {
      [RUN]: () => {
        const metrics = [
          { key: 'accuracy', value: 0.9, timestamp: 1, step: 3 },
          { key: 'val/loss', value: 'NaN', timestamp: 1, step: 3 },
          { key: 'zero', timestamp: 1, step: 3 },
        ];
        response.end(JSON.stringify({ run: { info: { run_id: RUN }, data: { metrics } } }));
      },
      bare: () => response.end('{"run": {}}'),
      page: () => response.end('<html>'),
      moved: () => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      broken: () => response.writeHead(500).end(),
      endless: () => response.end(Buffer.alloc(17 * 1024 * 1024, ' ')),
    };
    if (authorization === undefined) response.writeHead(401).end();
    else if (Object.hasOwn(answers, id)) answers[id]?.();
    else response.writeHead(404).end('{"error_code": "RESOURCE_DOES_NOT_EXIST"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

describe('mlflow:<run id>', () => {
  it('reads the last values of a run from the tracking server', async () => {
    await using server = await trackingServer();
    const environment = { MLFLOW_TRACKING_URI: `${server.address}/base/`, MLFLOW_TRACKING_TOKEN: 'secret' };
    const metrics = await readReported(`mlflow:${RUN}`, 'mlflow', signal, environment);
    expect([...metrics]).toEqual([
      ['accuracy', 0.9],
      ['val/loss', null],
      ['zero', 0],
    ]);
    expect(server.asked).toEqual([
      { url: `/base/api/2.0/mlflow/runs/get?run_id=${RUN}`, authorization: 'Bearer secret' },
    ]);
    expect((await readReported('mlflow:bare', 'mlflow', signal, environment)).size).toBe(0);
    expect(isRemote('mlflow:x')).toBe(true);
    expect(isRemote('mlflow.json')).toBe(false);
  });

  it.each([
    ['unknown', "does not know MLflow's run unknown"],
    ['page', "no run of MLflow's"],
    ['moved', 'did not tell'],
    ['broken', 'answered 500'],
    ['endless', 'more than 16777216 bytes'],
    ['../../etc', "names no run of MLflow's"],
  ])('refuses %s', async (run, message) => {
    await using server = await trackingServer();
    const environment = {
      MLFLOW_TRACKING_URI: server.address,
      MLFLOW_TRACKING_USERNAME: 'me',
      MLFLOW_TRACKING_PASSWORD: 'pass',
    };
    const reading = readReported(`mlflow:${run}`, 'mlflow', signal, environment);
    await expect(reading).rejects.toThrow(message);
    for (const { authorization } of server.asked) expect(authorization).toBe(`Basic ${btoa('me:pass')}`);
  });

  it('says what is missing', async () => {
    await using server = await trackingServer();
    const ask = (uri: string) =>
      readReported(`mlflow:${RUN}`, 'mlflow', signal, { MLFLOW_TRACKING_URI: uri });
    await expect(readReported(`mlflow:${RUN}`, 'mlflow', signal)).rejects.toThrow(
      'MLFLOW_TRACKING_URI is not set',
    );
    await expect(ask('sqlite:///x.db')).rejects.toThrow('no http or https address');
    await expect(ask(server.address)).rejects.toThrow('refused to show');
    await expect(ask('http://127.0.0.1:1')).rejects.toMatchObject({ name: 'InfrastructureError' });
  });

  it('stops where the run is stopped', async () => {
    await using server = await trackingServer();
    const stopped = AbortSignal.abort(new Error('stopped'));
    const environment = { MLFLOW_TRACKING_URI: server.address };
    await expect(readReported(`mlflow:${RUN}`, 'mlflow', stopped, environment)).rejects.toThrow('stopped');
  });
});
