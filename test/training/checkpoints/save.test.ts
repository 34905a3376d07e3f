import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { completenessOf } from '../../../actions/train-model/src/checkpoints/completeness.ts';
import { requireRoom } from '../../../actions/train-model/src/checkpoints/pack.ts';
import { until } from '../wait.ts';
import { openCheckpointPlace, signal, STATE } from './place.ts';

/** Old enough that one look is enough. */
async function age(...paths: string[]): Promise<void> {
  const past = new Date(Date.now() - 60_000);
  for (const path of paths) await utimes(path, past, past);
}

const loss = (step: number): { metric: string; points: [number, number][] } => ({
  metric: 'loss',
  points: [[step, 1 / step]],
});

describe('a checkpoint that is saved', () => {
  it('holds the files, the links, the series and the attempts, and travels by reference', async () => {
    await using place = await openCheckpointPlace();
    await place.write('work/ckpt/step-1/model.pt', 'weights');
    await place.write('work/ckpt/step-1/optimizer.pt', 'weights');
    await place.write('work/ckpt/empty.pt', '');
    await symlink('step-1/model.pt', join(place.folder, 'last.pt'));
    execFileSync('mkfifo', [join(place.folder, 'pipe')]);
    const checkpoints = place.open();
    const state = { step: 1, series: [loss(1)], attempts: [] };
    const saved = await checkpoints.save({ state, signal });
    expect(saved).toMatchObject({ name: expect.stringMatching(/\.1\.1\.0001$/) as string, bytes: 14 });
    expect(saved?.files).toContainEqual({
      path: 'ckpt/step-1/model.pt',
      role: 'checkpoint',
      bytes: 7,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      locations: [],
    });
    const manifest = await place.manifest(1);
    expect(manifest).toMatchObject({ subject: 'digits', step: 1, series: [loss(1)], sequence: 1 });
    expect(manifest.files.map(({ path }) => path).sort()).toEqual([
      'empty.pt',
      'step-1/model.pt',
      'step-1/optimizer.pt',
    ]);
    expect(manifest.links).toEqual([{ path: 'last.pt', target: 'step-1/model.pt' }]);
    // Equal bytes lie there once.
    expect(await readdir(place.keptAt(1, 'files'))).toHaveLength(2);
    expect(checkpoints.usage()).toEqual({ bytes: 14, count: 1 });
    expect(await readdir(join(place.directory, 'temporary'))).toEqual([]);
  });

  it('is saved again only where something has changed, also by another process', async () => {
    await using place = await openCheckpointPlace();
    const path = await place.write('work/ckpt/a.pt', 'one');
    const checkpoints = place.open();
    expect(await checkpoints.save({ state: STATE, signal })).toBeDefined();
    expect(await checkpoints.save({ state: STATE, signal })).toBeUndefined();
    await writeFile(path, 'one');
    expect(await checkpoints.save({ state: { ...STATE, step: 9 }, signal })).toBeUndefined();
    expect(await checkpoints.save({ state: STATE, signal })).toBeUndefined();
    await writeFile(path, 'two');
    expect((await checkpoints.save({ state: STATE, signal }))?.name).toMatch(/\.0002$/);
    await writeFile(path, 'three');
    expect((await place.open().save({ state: STATE, signal }))?.name).toMatch(/\.0003$/);
    const another = place.open();
    await another.restore({ resumeFrom: undefined, previousRuns: [], signal });
    expect(await another.save({ state: STATE, signal })).toBeUndefined();
  });

  it('replaces all but the one before it, and is cleared away when nobody goes on', async () => {
    await using place = await openCheckpointPlace();
    const checkpoints = place.open();
    for (let step = 1; step <= 4; step += 1) {
      await age(await place.write('work/ckpt/a.pt', `step ${step}`));
      await checkpoints.save({ state: STATE, signal });
    }
    expect((await readdir(place.kept)).map((name) => name.slice(-4))).toEqual(['0003', '0004']);
    expect(checkpoints.usage().count).toBe(2);
    const other = place.open({ submissionKey: 'f'.repeat(40) });
    await other.save({ state: STATE, signal });
    await checkpoints.clear();
    expect(await readdir(place.kept)).toEqual([`trainyard-checkpoint.${'f'.repeat(40)}.1.1.0001`]);
    expect(checkpoints.usage()).toEqual({ bytes: 0, count: 0 });
    expect(await place.restore()).toBeUndefined();
  });

  it('waits for the one that is being saved', async () => {
    await using place = await openCheckpointPlace();
    await place.write('work/ckpt/a.pt', 'a');
    const checkpoints = place.open();
    const both = await Promise.all([
      checkpoints.save({ state: STATE, signal }),
      checkpoints.save({ state: STATE, signal }),
    ]);
    expect(both.map((one) => one?.name.slice(-4))).toEqual(['0001', undefined]);
  });

  it('goes by another name where one is taken', async () => {
    await using place = await openCheckpointPlace();
    await age(await place.write('work/ckpt/a.pt', 'a'));
    const [first, second] = [place.open(), place.open()];
    await first.save({ state: STATE, signal });
    await second.save({ state: STATE, signal });
    await age(await place.write('work/ckpt/a.pt', 'b'));
    expect((await first.save({ state: STATE, signal }))?.name).toMatch(/\.0003$/);
  });
});

describe('no checkpoint is saved', () => {
  it('of a folder that is not there, is empty, or holds nothing that is whole', async () => {
    await using place = await openCheckpointPlace();
    const checkpoints = place.open();
    expect(await checkpoints.save({ state: STATE, signal })).toBeUndefined();
    await mkdir(place.folder);
    expect(await checkpoints.save({ state: STATE, signal })).toBeUndefined();
    await age(await place.write('work/ckpt/state.json', '{"step": 1'));
    expect(await checkpoints.save({ state: STATE, signal, ended: 'killed' })).toBeUndefined();
    expect(place.lines.join('\n')).toContain('it may be half (state.json)');
    await place.loseFolder();
    await place.write('work/ckpt', 'a file');
    expect(await checkpoints.save({ state: STATE, signal })).toBeUndefined();
  });

  it.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    ['leads out by a link', (folder) => symlink('../other', join(folder, 'l')), /"l" is a link that leaves/],
    [
      'has a name that Windows reads as a path',
      (folder) => writeFile(join(folder, 'a\\b'), ''),
      /cannot be restored everywhere/,
    ],
    [
      'holds too many files',
      (folder) =>
        Promise.all(Array.from({ length: 10_001 }, (_, index) => writeFile(join(folder, String(index)), ''))),
      /more than 10000 files/,
    ],
  ])('of a folder that %s', async (_what, prepare, message) => {
    await using place = await openCheckpointPlace();
    await mkdir(place.folder);
    await prepare(place.folder);
    await expect(place.open().save({ state: STATE, signal })).rejects.toThrow(message);
  });

  it('where the disk has no room, or the step has no time', async () => {
    await using place = await openCheckpointPlace();
    await expect(requireRoom(place.directory, 2 ** 60, 'A checkpoint')).rejects.toThrow(
      /A checkpoint needs \d+ MiB in ".*", which has \d+ MiB left/,
    );
    await place.write('work/ckpt/a.pt', 'a');
    await expect(place.open().save({ state: STATE, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

describe('a file that is being written', () => {
  /** Writes half of a file, and the rest when it is told to. */
  async function writer(path: string): Promise<{ finish(): Promise<void>; kill(): void }> {
    const child = spawn(
      process.execPath,
      [
        '-e',
        `const fs = require('node:fs'); const file = fs.openSync(process.argv[1], 'w');
         fs.writeSync(file, 'first half, '); console.log('half');
         process.stdin.once('data', () => { fs.writeSync(file, 'second half'); fs.closeSync(file); process.exit(); });`,
        path,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    return {
      async finish() {
        child.stdin.write('go');
        await once(child, 'exit');
      },
      kill: () => void child.kill('SIGKILL'),
    };
  }

  it('leaves out the checkpoint that it is part of, and no other', async () => {
    await using place = await openCheckpointPlace();
    await age(
      await place.write('work/ckpt/step-1/model.pt', 'old'),
      await place.write('work/ckpt/step-2/state.bin', 'new'),
    );
    await symlink('step-2/model.pt', join(place.folder, 'last.pt'));
    const half = await writer(join(place.folder, 'step-2/model.pt'));
    try {
      // However long ago it was written: it is open.
      await age(join(place.folder, 'step-2/model.pt'));
      const checkpoints = place.open();
      await checkpoints.save({ state: STATE, signal });
      const first = await place.manifest(1);
      expect(first.files.map(({ path }) => path)).toEqual(['step-1/model.pt']);
      expect(first.links).toEqual([]);
      expect(place.lines.join()).toContain(
        'saved without what was being written or cut short: step-2/model.pt',
      );
      await half.finish();
      await checkpoints.save({ state: STATE, signal });
      const second = await place.manifest(2);
      expect(second.files.map(({ path, bytes }) => [path, bytes]).sort()).toEqual([
        ['step-1/model.pt', 3],
        ['step-2/model.pt', 23],
        ['step-2/state.bin', 3],
      ]);
    } finally {
      half.kill();
    }
  }, 60_000);

  it('is waited for', async () => {
    await using place = await openCheckpointPlace();
    await mkdir(place.folder);
    const half = await writer(join(place.folder, 'model.pt'));
    const saved = place.open().save({ state: STATE, signal });
    await sleep(700);
    await half.finish();
    expect((await saved)?.bytes).toBe(23);
  });

  it('is taken as far as it is where it only ever grows', async () => {
    await using place = await openCheckpointPlace();
    await mkdir(place.folder);
    const script = `const fs = require('node:fs'); const file = fs.openSync(process.argv[1], 'a');
      setInterval(() => fs.writeSync(file, 'row\\n'), 1);`;
    const path = join(place.folder, 'metrics.csv');
    const child = spawn(process.execPath, ['-e', script, path]);
    try {
      await until('it grows', () =>
        readFile(path).then(
          (bytes) => bytes.length > 40,
          () => false,
        ),
      );
      await place.write('work/ckpt/a.pt', 'a');
      await place.open().save({ state: STATE, signal });
      const manifest = await place.manifest(1);
      const csv = manifest.files.find((file) => file.path === 'metrics.csv');
      const copy = await readFile(place.keptAt(1, 'files', csv?.sha256 ?? ''), 'utf8');
      expect(copy).toHaveLength(csv?.bytes ?? 0);
      expect((await readFile(path, 'utf8')).startsWith(copy)).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('may have been cut short by a kill: what was written last counts only where its format says it is whole', async () => {
    await using place = await openCheckpointPlace();
    await age(await place.write('work/ckpt/old.bin', 'old'));
    await place.write('work/ckpt/young.bin', 'half of it?');
    await place.write('work/ckpt/young.json', '{}');
    await place.open().save({ state: STATE, signal, ended: 'killed' });
    expect((await place.manifest(1)).files.map(({ path }) => path).sort()).toEqual(['old.bin', 'young.json']);
    await place.open().save({ state: STATE, signal, ended: 'in-order' });
    expect((await place.manifest(2)).files).toHaveLength(3);
  });
});

describe('the completeness of a file', () => {
  const zip = (): Buffer => {
    const end = Buffer.alloc(22);
    end.set([0x50, 0x4b, 0x05, 0x06]);
    return Buffer.concat([Buffer.from([0x50, 0x4b, 0x03, 0x04]), Buffer.alloc(100_000, 1), end]);
  };
  const safetensors = (header: string, bytes: number): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, Buffer.from(header), Buffer.alloc(bytes)]);
  };
  const tensors = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"data_offsets": [ 8, 20 ]}}';

  it.each<[string, string, Buffer, string]>([
    ['a ZIP file, as torch.save writes', 'a.pt', zip(), 'whole'],
    ['a ZIP file that is cut', 'a.pt', zip().subarray(0, -30), 'cut'],
    ['safetensors', 'a.safetensors', safetensors(tensors, 20), 'whole'],
    ['safetensors without a tensor', 'a.safetensors', safetensors('{}', 0), 'whole'],
    ['safetensors that lack a byte', 'a.safetensors', safetensors(tensors, 19), 'cut'],
    ['safetensors whose header is cut', 'a.safetensors', safetensors(tensors, 0).subarray(0, 20), 'cut'],
    ['safetensors of almost nothing', 'a.safetensors', Buffer.from('abc'), 'cut'],
    ['JSON', 'a.json', Buffer.from('{"step":1}'), 'whole'],
    ['JSON that is cut', 'a.json', Buffer.from('{"step":'), 'cut'],
    ['an empty JSON', 'a.json', Buffer.alloc(0), 'cut'],
    ['anything else', 'a.bin', Buffer.from('abc'), 'unknown'],
  ])('is told of %s', async (_what, name, bytes, completeness) => {
    await using place = await openCheckpointPlace();
    expect(await completenessOf(await place.write(name, bytes))).toBe(completeness);
  });
});
