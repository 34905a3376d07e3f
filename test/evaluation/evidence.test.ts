import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { keepEvidence, type KeepOptions } from '../../actions/evaluate-gate/src/keep-evidence.ts';
import { createDataEngine } from '../../shared/data/create-engine.ts';
import { createDiskStore } from '../../shared/record/disk-store.ts';
import { ACCEPTED, gateText, judged, openYard } from '../cheats/yard.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { openJob } from '../record/jobs.ts';
import { runOf } from '../record/sections.ts';
import { DirectoryRegistry } from '../../shared/registries/directory.ts';
import { keepingLogger, LIMITS, openEngine } from './engine.ts';
import { gateOf } from './examine-scene.ts';

const { signal } = new AbortController();
const LABEL = 'a-label-that-nobody-may-see';
const COMPUTED = `SELECT 'r' || range AS id, '${LABEL}' AS label, range * 2 AS feature, 'cat' AS y_pred, range / 10 AS p0
  FROM range(50) ORDER BY range`;

let fake: FakeGitHub;
let folder: string;
let computed: string;

// One fake for the file: the artifact client takes GITHUB_API_URL once, when it is loaded.
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'ty-evidence-')));
  fake = await startFakeGitHub();
  computed = join(folder, 'candidate.parquet');
  const engine = await createDataEngine({ logger: keepingLogger(), environment: process.env, signal });
  await engine.open([], { ...LIMITS, temporaryDirectory: folder }, signal);
  await engine.write({ name: 'computed', sql: COMPUTED }, computed, 'parquet', signal);
  await engine.close();
});
afterEach(() => {
  fake.faults.clear();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await fake[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

type Changes = Partial<Pick<KeepOptions, 'limitBytes' | 'gate'>> & {
  readonly by?: 'gate' | 'training';
  readonly host?: 'github' | 'terminal';
  readonly store?: KeepOptions['context']['store'];
  readonly workspace?: string;
};

/** Keeps the evidence as a step of a job on a machine of its own does. */
async function kept({ by = 'gate', host = 'github', store, workspace, ...rest }: Changes = {}) {
  const machine = await mkdtemp(join(folder, 'machine-'));
  const temporaryDirectory = join(machine, 'step');
  await mkdir(temporaryDirectory);
  const job = await openJob(fake, folder, { runId: 42, key: 'gate' });
  const result = await keepEvidence({
    inputs: { duckdbPath: undefined, maxMemoryMiB: 512 },
    gate: gateOf({ scores: ['p0'] }),
    model: 'digits',
    predictions: {
      candidate: { path: computed, label: 'what the gate computed', format: 'parquet' },
      record: { ...RECORD, by },
    },
    context: {
      store: store ?? job.store,
      host: { kind: host } as KeepOptions['context']['host'],
      run: runOf({ key: 'gate' }),
      environment: { ...process.env, RUNNER_TEMP: host === 'terminal' ? '' : machine },
      logger: keepingLogger(),
      signal,
      temporaryDirectory,
      workingDirectory: workspace ?? machine,
    },
    ...rest,
  });
  return { ...result, machine };
}

const RECORD = {
  by: 'gate',
  how: 'onnx',
  baselineBy: 'none',
  rows: 50,
  path: 'rows.csv',
  sha256: null,
  changed: false,
  labelsInReach: false,
  latencyMs: null,
  reason: null,
} as const;

async function columnsOf(path: string) {
  await using engine = await openEngine();
  const source = { table: 'p', path, label: 'p', format: 'parquet' as const };
  const tables = await engine.open([source], { ...LIMITS, temporaryDirectory: folder }, signal);
  const rows = (await engine.run([{ name: 'q', sql: 'SELECT * FROM p' }], signal)).get('q') ?? [];
  const own = (tables.get('p')?.columns ?? [])
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('__'));
  return { own, rows };
}

describe('the evidence of an examination', () => {
  it('is an artifact of the run, with ids, predictions and scores, and no label', async () => {
    const { evidence, notices } = await kept();
    expect(notices).toEqual([]);
    expect(evidence).toMatchObject({ path: 'evidence.parquet', role: 'predictions' });
    expect(evidence?.locations).toContainEqual({
      kind: 'artifact',
      artifact: 'trainyard.digits.files.gate.1',
      runId: '42',
    });
    if (evidence === null) return;
    // Another job's machine has the artifact alone.
    const other = await openJob(fake, folder, { runId: 42, key: 'audit' });
    const onlyArtifact = {
      ...evidence,
      locations: evidence.locations.filter(({ kind }) => kind === 'artifact'),
    };
    const [path = ''] = await other.store.fetchFiles([onlyArtifact], join(folder, 'fetched'), signal);
    const bytes = await readFile(path);
    expect(evidence).toMatchObject({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const { own, rows } = await columnsOf(path);
    expect(own).toEqual(['id', 'y_pred', 'p0']);
    expect(rows).toHaveLength(50);
    expect(JSON.stringify(rows)).not.toContain(LABEL);
    expect(rows[3]).toMatchObject({ id: 'r3', y_pred: 'cat', p0: 0.3 });
  });

  it('that cannot be uploaded is a notice', async () => {
    fake.faults.add({ kind: 'forbidden', on: 'CreateArtifact' });
    const { evidence, notices } = await kept();
    expect(evidence).toBeNull();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /^The predictions that the gate computed were not kept: .*could not be uploaded/,
    );
  });

  it('that is too large is a notice, and nothing is uploaded', async () => {
    const before = fake.world.artifacts.length;
    const { evidence, notices } = await kept({ limitBytes: 10 });
    expect(evidence).toBeNull();
    expect(notices[0]).toContain('"evidence: none" in the gate file keeps none');
    expect(fake.world.artifacts).toHaveLength(before);
  });

  it('is not kept where the policy says none, nor what the training computed, nor labels that are ids', async () => {
    const nothing = { evidence: null, notices: [] };
    expect(await kept({ gate: gateOf({}, {}, { evidence: 'none' }) })).toMatchObject(nothing);
    expect(await kept({ by: 'training' })).toMatchObject(nothing);
    const labels = await kept({ gate: gateOf({ id: 'LABEL', label: 'label' }) });
    expect(labels).toMatchObject({ evidence: null, notices: [expect.stringContaining('are their labels')] });
  });

  it('lies beside the record in a terminal, and replaces a link that lies there', async () => {
    const workspace = await mkdtemp(join(folder, 'terminal-'));
    const target = join(folder, 'target.txt');
    await writeFile(target, 'mine');
    await mkdir(join(workspace, '.trainyard/digits'), { recursive: true });
    await symlink(target, join(workspace, '.trainyard/digits/evidence.parquet'));
    const store = createDiskStore({
      workingDirectory: workspace,
      repository: null,
      treeHash: null,
      runId: 'terminal',
      attempt: 1,
      key: 'terminal',
      logger: keepingLogger(),
    });
    const { evidence } = await kept({ host: 'terminal', store, workspace, limitBytes: 10 });
    expect(evidence).toMatchObject({
      path: '.trainyard/digits/evidence.parquet',
      locations: [{ kind: 'file', path: join(workspace, '.trainyard/digits/evidence.parquet') }],
    });
    expect(await readFile(target, 'utf8')).toBe('mine');
    expect((await columnsOf(join(workspace, '.trainyard/digits/evidence.parquet'))).own).toEqual([
      'id',
      'y_pred',
      'p0',
    ]);
  });
});

describe('evaluate-gate and publish-model', () => {
  it('bind the evidence in the section, and publish none of it', async () => {
    await using yard = await openYard({ published: false });
    const run = await yard.run({ event: 'push' });
    await run.train();
    const end = await judged(run);
    expect(end).toMatchObject(ACCEPTED);
    const evidence = end.gate.body?.evidence;
    expect(evidence).toMatchObject({ path: 'evidence.parquet', role: 'predictions' });
    const [location] = evidence?.locations ?? [];
    const path = location?.kind === 'file' ? location.path : '';
    expect(path.startsWith(run.runnerTemp)).toBe(true);
    expect((await columnsOf(path)).own).toEqual(['id', 'y_pred', 'p0', 'p1', 'p2']);

    const registry = new DirectoryRegistry({ root: yard.registry, name: 'registry' });
    const [version] = await registry.list('digits', signal);
    if (version === undefined) throw new Error('nothing was published');
    const folderOf = (name: string): string => join(yard.folder, name);
    expect(await registry.fetch(version, ['predictions'], folderOf('predictions'), signal)).toEqual([]);
    const model = await registry.fetch(version, ['model', 'metrics'], folderOf('model'), signal);
    expect(model.map(({ reference }) => reference.sha256)).not.toContain(evidence?.sha256);
  }, 60_000);

  it('keep none where the gate file says so', async () => {
    await using yard = await openYard({ gate: gateText({ more: 'evidence: none\n' }), published: false });
    const run = await yard.run({ event: 'push' });
    await run.train();
    expect((await run.gate()).body?.evidence).toBeNull();
  }, 60_000);
});
