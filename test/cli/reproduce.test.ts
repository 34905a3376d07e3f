import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runReproduce } from '../../cli/commands/reproduce.ts';
import { type ReproduceOptions, reproduce } from '../../cli/reproduce/reproduce.ts';
import { dataFingerprint } from '../../shared/record/digest.ts';
import { parseSection, type SectionOf } from '../../shared/record/section.ts';
import type { TrainingBody } from '../../shared/record/training-section.ts';
import { readActionFile, ROOT } from '../harness/action-file.ts';
import { keepLogs } from '../record/logs.ts';
import { attemptOf } from '../record/training-body.ts';
import { dataSection } from '../registries/sections.ts';

const SCRIPT = join(ROOT, 'cli/index.ts');
const TRAIN = `
  import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
  const seed = Number(process.env.TRAINYARD_SEED);
  const { rate } = JSON.parse(process.env.TRAINYARD_PARAMETERS);
  const rows = readFileSync('data/rows.csv', 'utf8').trim().split('\\n').length;
  mkdirSync('out', { recursive: true });
  writeFileSync('out/model.bin', 'weights ' + seed + ' ' + rate + ' ' + rows);
  writeFileSync('out/metrics.json', JSON.stringify({ loss: (rate * rows) / seed }));
  writeFileSync('out/log.jsonl', [1, 2, 3].map((step) => JSON.stringify({ step, loss: 1 / step })).join('\\n') + '\\n');
`;

let root: string;
let place: string;
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'ty-reproduce-')));
  place = join(root, 'model');
  await write('train.mjs', TRAIN);
  await write('.gitignore', 'data\nout\n.trainyard\n');
  await write('data/rows.csv', '1\n2\n3\n');
  git('init', '--quiet', '--initial-branch=main');
  commit();
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(place, path)), { recursive: true });
  await writeFile(join(place, path), text);
}

function git(...words: string[]): string {
  return execFileSync('git', ['-c', 'user.name=ann', '-c', 'user.email=ann@example.com', ...words], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
}

function commit(): string {
  git('add', '.');
  git('commit', '--quiet', '--message', 'change');
  return git('rev-parse', 'HEAD');
}

/** Trains as a person does, and returns the section. */
async function train(...flags: string[]): Promise<SectionOf<'training'>> {
  await promisify(execFile)(
    process.execPath,
    [
      ...[SCRIPT, 'train-model', '--model', 'demo', '--command', 'node train.mjs'],
      ...[
        '--outputs',
        'model=out/model.bin',
        '--metrics',
        'out/metrics.json',
        '--metrics-series',
        'out/log.jsonl',
      ],
      ...['--parameters', 'rate: 0.5', '--seed', '7', '--reuse', 'never', ...flags],
    ],
    { cwd: place, env: { PATH: process.env['PATH'], HOME: process.env['HOME'] } },
  );
  return await section();
}

async function section(): Promise<SectionOf<'training'>> {
  const found = parseSection(
    await readFile(join(place, '.trainyard/demo/training.json'), 'utf8'),
    'the record',
  );
  if (found.kind !== 'training') throw new Error('no training');
  return found;
}

/** Writes a record from elsewhere, and returns its path. */
async function elsewhere(
  change: Partial<SectionOf<'training'>>,
  body: Partial<TrainingBody> = {},
): Promise<string> {
  const found = await section();
  if (found.body === null) throw new Error('no body');
  const path = join(root, '..', `${Math.random().toString(36).slice(2)}.json`);
  await writeFile(path, JSON.stringify({ ...found, ...change, body: { ...found.body, ...body } }));
  return path;
}

async function again(
  options: Partial<ReproduceOptions> = {},
): Promise<{ same: boolean; shown: string; lines: string[] }> {
  const { logger, lines } = keepLogs();
  let shown = '';
  const same = await reproduce({
    record: '.trainyard/demo',
    directory: place,
    tolerance: 1e-6,
    patch: undefined,
    data: [],
    workingDirectory: undefined,
    keep: false,
    yes: false,
    defaults: Object.fromEntries(
      Object.entries(readActionFile('train-model').inputs).flatMap(([name, { default: value = '' }]) =>
        value.includes('${{') ? [] : [[name, value]],
      ),
    ),
    environment: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    logger,
    print: (text) => (shown += text),
    signal: new AbortController().signal,
    ...options,
  });
  return { same, shown, lines };
}

const worktrees = (): number => git('worktree', 'list').split('\n').length;

describe('trainyard reproduce', () => {
  it('comes to the same from the commit that was trained, whatever is checked out since', async () => {
    await train('--data-paths', 'data');
    await write('train.mjs', 'process.exit(9)');
    await write('other.txt', 'since');
    commit();
    const { same, shown, lines } = await again();
    expect(shown).toMatch(/Reproduced: the metric agrees within 0\.000001\.\n$/);
    expect(shown).toContain('Inputs: all 4 the same.');
    expect(shown).toContain('Model: the same.');
    expect(same).toBe(true);
    expect(lines.join('\n')).toContain('info:   command: ["node","train.mjs"]');
    expect(worktrees()).toBe(1);
    expect(git('status', '--short')).toBe('');
  });

  it('runs as a command, with exit codes', async () => {
    await train('--data-paths', 'data');
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, 'reproduce', '.trainyard/demo'], {
      cwd: place,
      env,
    });
    expect(stdout).toContain('Reproduced:');

    const forged = await elsewhere({}, { metrics: { loss: 9 } });
    const before = process.cwd();
    const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      process.chdir(place);
      await expect(runReproduce([forged])).rejects.toMatchObject({
        name: 'UsageError',
        remedy: expect.stringContaining('give --yes') as string,
      });
      expect(await runReproduce([forged, '--yes', '--tolerance', '0.5'])).toBe(1);
      expect(said.mock.calls.join('')).toContain('Not reproduced: loss beyond the tolerance of 0.5.');
      expect(await runReproduce([forged, '--yes', '--tolerance', '0.99', '--data', 'data'])).toBe(0);
      await expect(runReproduce([])).rejects.toThrow('No record is given');
      await expect(runReproduce(['--yes', 'x'])).rejects.toThrow('No record is given');
      for (const tolerance of ['much', '', '-1', '1']) {
        await expect(runReproduce([forged, '--tolerance', tolerance])).rejects.toThrow('Flag --tolerance is');
      }
    } finally {
      process.chdir(before);
      said.mockRestore();
      errors.mockRestore();
    }
    await rm(forged);
  });

  it('says what data has changed or is missing', async () => {
    await train('--data-paths', 'data');
    await write('data/rows.csv', '1\n2\n');
    await expect(again()).rejects.toThrow('The data that it was trained on has changed: data.');
    await rm(join(place, 'data'), { recursive: true });
    await expect(again()).rejects.toThrow('"data" does not exist');
    expect(worktrees()).toBe(1);
  });

  it('brings the data that the data section names, verified', async () => {
    const bytes = Buffer.from('1\n2\n3\n');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const fingerprint = dataFingerprint([
      { split: 'train', path: 'data/rows.csv', bytes: bytes.length, sha256 },
    ]);
    const trained = await train();
    const data = dataSection({ commit: trained.commit, run: { ...trained.run } });
    if (data.body === null) throw new Error('no body');
    const [source] = data.body.sources;
    if (source === undefined) throw new Error('no source');
    data.body.sources.splice(0, 1, { ...source, uri: 'data/rows.csv', bytes: bytes.length, sha256 });
    data.body.dataFingerprint = fingerprint;
    await write('.trainyard/digits-data/data.json', JSON.stringify(data));
    const record = {
      ...trained,
      dataset: 'digits-data',
      body: { ...trained.body, dataFingerprint: fingerprint },
    };
    await write('.trainyard/demo/training.json', JSON.stringify(record));
    const found = await again();
    expect(found.shown).toContain('Inputs: all 4 the same.');
    expect(found.lines.filter((line) => line.startsWith('warning'))).toEqual([]);
    await write('data/rows.csv', '1\n2\n4\n');
    await expect(again()).rejects.toThrow(
      `The data that it was trained on is not here, or has changed: data/rows.csv (6 bytes, SHA-256 ${sha256.slice(0, 12)}…).`,
    );
    // Of other data the section is none, and a damaged one neither.
    for (const text of [
      JSON.stringify({ ...data, body: { ...data.body, dataFingerprint: 'f'.repeat(64) } }),
      '{',
    ]) {
      await write('.trainyard/digits-data/data.json', text);
      const { lines } = await again({ data: ['data'] });
      expect(lines.join('\n')).toContain('the data cannot be verified');
    }
  });

  it('says where the record does not tell the data, and brings what is named', async () => {
    await train();
    const { same, shown } = await again();
    expect(same).toBe(false);
    expect(shown).toMatch(/^Not reproduced: the training ended as fail\./);
    const found = await again({ data: ['data'] });
    expect(found.same).toBe(true);
    expect(found.lines.join('\n')).toContain('does not say what data it was trained on');
    await expect(again({ data: ['gone'] })).rejects.toThrow('Flag --data: "gone" does not exist');
    await expect(again({ data: ['../..'] })).rejects.toThrow('leaves its folder');
  });

  it('keeps the changes that were not committed', async () => {
    await write('train.mjs', TRAIN.replace('* rows', '* rows * 2'));
    const trained = await train('--data-paths', 'data');
    expect(trained.commit.dirty).toBe(true);
    const patch = trained.body?.patch;
    const kept = patch?.locations.find((location) => location.kind === 'file');
    const path = kept?.kind === 'file' ? kept.path : '';
    const copy = join(root, '..', 'kept.patch');
    if (path !== '' && existsSync(path)) await cp(path, copy);
    else await writeFile(copy, `${git('diff', '--binary', '--full-index', 'HEAD')}\n`);
    git('checkout', '--quiet', '.');
    const sha256 = createHash('sha256')
      .update(await readFile(copy))
      .digest('hex');
    const bytes = (await readFile(copy)).length;
    const record = { ...trained, body: { ...trained.body, patch: { bytes, sha256, locations: [] } } };
    await write('.trainyard/demo/training.json', JSON.stringify(record));
    await expect(again()).rejects.toThrow(
      'trained with changes that were not committed, and they are not here',
    );
    const { same, shown } = await again({ patch: copy });
    expect(shown).toContain('Inputs: all 4 the same.');
    expect(same).toBe(true);
    const here = { ...record.body, patch: { bytes, sha256, locations: [{ kind: 'file', path: copy }] } };
    await write('.trainyard/demo/training.json', JSON.stringify({ ...record, body: here }));
    expect((await again()).same).toBe(true);

    await writeFile(copy, 'something else');
    await expect(again()).rejects.toThrow('are not those that it was trained with');
    await expect(again({ patch: join(root, 'gone') })).rejects.toThrow('cannot be read');
    const other = createHash('sha256').update('something else').digest('hex');
    const artifact = { kind: 'artifact', artifact: 'trainyard-patch', runId: '7' };
    const wrong = { ...record.body, patch: { bytes: 14, sha256: other, locations: [artifact] } };
    await write('.trainyard/demo/training.json', JSON.stringify({ ...record, body: wrong }));
    await expect(again({ patch: copy })).rejects.toThrow('do not fit to the commit');
    await expect(again()).rejects.toMatchObject({
      remedy: expect.stringContaining('artifact "trainyard-patch" of run 7') as string,
    });
    await rm(copy);
    git('checkout', '--quiet', '.');
    const clean = {
      ...trained,
      commit: { ...trained.commit, patchDigest: null },
      body: { ...trained.body, patch: null },
    };
    await write('.trainyard/demo/training.json', JSON.stringify(clean));
    await expect(again({ patch: copy })).rejects.toThrow('the record knows of no uncommitted changes');
    expect(worktrees()).toBe(1);
  });

  it('uses the tree of the merge that was trained where it is here, and says so', async () => {
    const head = git('rev-parse', 'HEAD');
    await train('--data-paths', 'data');
    await write('train.mjs', TRAIN.replace('* rows', '* rows * 2'));
    commit();
    const merged = await train('--data-paths', 'data');
    const { treeHash } = merged.commit;
    await write(
      '.trainyard/demo/training.json',
      JSON.stringify({ ...merged, commit: { ...merged.commit, headSha: head } }),
    );
    const found = await again();
    expect(found.same).toBe(true);
    expect(found.lines.join('\n')).toContain(`not that of ${head} but of its merge`);

    const gone = { ...merged.commit, headSha: head, treeHash: 'a'.repeat(40), pullRequest: 3 };
    await write('.trainyard/demo/training.json', JSON.stringify({ ...merged, commit: gone }));
    const head2 = await again();
    expect(head2.lines.join('\n')).toContain('refs/pull/3/merge');
    expect(head2).toMatchObject({ same: false, shown: expect.stringContaining('code') as string });
    expect(treeHash).not.toBeNull();
  });

  it('keeps the worktree where that is wanted', async () => {
    await train('--data-paths', 'data');
    const { lines } = await again({ keep: true });
    const [, kept = ''] = /Kept: (\S+) /.exec(lines.join('\n')) ?? [];
    expect(existsSync(join(kept, 'model/out/model.bin'))).toBe(true);
    expect(worktrees()).toBe(2);
    git('worktree', 'remove', '--force', kept);
    await rm(dirname(kept), { recursive: true, force: true });
  });

  it('takes a program that is installed beside the code, and a record without what was declared', async () => {
    await write('.gitignore', 'data\nout\n.trainyard\nbin\n');
    commit();
    await write('bin/run', '#!/bin/sh\nexec node train.mjs\n');
    execFileSync('chmod', ['+x', join(place, 'bin/run')]);
    const trained = await train('--data-paths', 'data');
    const { declared, ...body } = trained.body ?? {};
    expect(declared).toMatchObject({ workingDirectory: 'model', dataPaths: ['data'] });
    await write(
      '.trainyard/demo/training.json',
      JSON.stringify({ ...trained, body: { ...body, command: ['bin/run'] } }),
    );
    const { same, shown } = await again({ data: ['data'] });
    expect(same).toBe(true);
    // Without the declared paths of data its fingerprint is unknown.
    expect(shown).toMatch(/data +[0-9a-f]{12} +– +unknown/);
  });

  it('trains a record from elsewhere in the folder that it names, or that the user names', async () => {
    await train('--data-paths', 'data');
    const path = await elsewhere(
      {},
      { engine: 'github', attempts: [attemptOf(), attemptOf({ resumedFrom: 'checkpoint 3' })] },
    );
    const found = await again({ record: path, yes: true, directory: root });
    expect(found.same).toBe(true);
    expect(found.lines.filter((line) => line.startsWith('warning'))).toEqual([
      'warning: It was trained in 2 attempts from checkpoints: here it is trained in one.',
      'warning: It was trained on a worker: here it is trained on this machine.',
    ]);
    const { declared } = (await section()).body ?? {};
    if (declared === undefined) throw new Error('nothing declared');
    const moved = await elsewhere({}, { declared: { ...declared, workingDirectory: 'other' } });
    await expect(again({ record: moved, yes: true })).rejects.toThrow('has no folder "other"');
    expect((await again({ record: moved, yes: true, workingDirectory: '.' })).same).toBe(true);
    const out = await elsewhere({}, { declared: { ...declared, workingDirectory: '../..' } });
    await expect(again({ record: out, yes: true })).rejects.toThrow('lies outside the workspace');
    await Promise.all([path, moved, out].map((one) => rm(one)));
  });

  it("believes no record that is committed, and shows a stranger's command without what moves the cursor", async () => {
    await train('--data-paths', 'data');
    git('add', '--force', 'model/.trainyard/demo/training.json');
    await expect(again()).rejects.toThrow('is no record that a terminal wrote in this repository');
    git('rm', '--quiet', '--cached', 'model/.trainyard/demo/training.json');
    const path = await elsewhere({}, { command: ['sh', '-c', 'evil\u001b[2K\u001b[1A'] });
    const { logger, lines } = keepLogs();
    await expect(again({ record: path, logger })).rejects.toMatchObject({
      remedy: expect.stringContaining('give --yes') as string,
    });
    expect(lines.join('\n')).toContain('evil');
    expect(lines.join('\n')).not.toContain('\u001b');
    await rm(path);
  });

  it.each<[string, Partial<SectionOf<'training'>>, Partial<TrainingBody>, string]>([
    ['a failure', { verdict: 'fail', passed: false }, {}, 'ended as fail'],
    ['nothing measured', {}, { metrics: {}, modelDigest: null }, 'neither a metric nor a model'],
    ['no command', {}, { command: [] }, 'ended as pass'],
  ])('refuses a record of %s', async (_what, change, body, message) => {
    await train('--data-paths', 'data');
    const path = await elsewhere(change, body);
    await expect(again({ record: path, yes: true })).rejects.toThrow(message);
    await rm(path);
  });

  it('refuses what is no record, no commit and no repository', async () => {
    const trained = await train('--data-paths', 'data');
    await expect(again({ record: 'gone' })).rejects.toThrow('"gone" does not exist');
    await expect(again({ record: '.' })).rejects.toThrow('holds no training.json');
    await expect(again({ record: 'train.mjs' })).rejects.toThrow('is not JSON');
    await write('data.json', JSON.stringify(dataSection()));
    await expect(again({ record: 'data.json' })).rejects.toThrow('is a section of the kind data');
    for (const [headSha, message] of [
      ['--output=x', 'names no commit'],
      [null, 'names no commit'],
      ['1'.repeat(40), `has no commit ${'1'.repeat(40)}`],
    ] as const) {
      const path = await elsewhere({ commit: { ...trained.commit, headSha } });
      await expect(again({ record: path, yes: true })).rejects.toThrow(message);
      await rm(path);
    }
    const outside = await mkdtemp(join(tmpdir(), 'ty-no-repository-'));
    await expect(again({ directory: outside })).rejects.toThrow('lies in no git repository');
    await rm(outside, { recursive: true });
  });
});
