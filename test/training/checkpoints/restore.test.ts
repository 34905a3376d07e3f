import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, readlink, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { unpackWatched } from '../../../actions/train-model/src/checkpoints/read-packed.ts';
import type { Attempt } from '../../../shared/record/training-section.ts';
import { type CheckpointPlace, KEY, openCheckpointPlace, signal, STATE } from './place.ts';

const ATTEMPT: Attempt = {
  startedAt: '2026-11-22T10:00:00.000Z',
  durationMs: 1000,
  exitCode: null,
  signal: 'SIGKILL',
  failureClass: 'lost',
  reason: 'The runner was lost.',
  peakMemoryBytes: null,
  runner: null,
  url: null,
  resumedFrom: null,
};

/** Two checkpoints: of step 1 with one file, of step 2 with two and a link. */
async function saveTwo(place: CheckpointPlace): Promise<void> {
  const checkpoints = place.open();
  await place.write('work/ckpt/1.pt', 'step one');
  await checkpoints.save({
    state: { step: 1, series: [{ metric: 'loss', points: [[1, 1]] }], attempts: [ATTEMPT] },
    signal,
  });
  await place.write('work/ckpt/deep/2.pt', 'step two');
  await symlink('deep/2.pt', join(place.folder, 'last.pt'));
  const loss: [number, number][] = [
    [1, 1],
    [2, 0.5],
  ];
  await checkpoints.save({
    state: { step: 2, series: [{ metric: 'loss', points: loss }], attempts: [ATTEMPT, ATTEMPT] },
    signal,
  });
}

const git = (directory: string, ...words: string[]): void =>
  void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], {
    cwd: directory,
    stdio: 'ignore',
  });

/** Commits files of the working directory. */
function commit(place: CheckpointPlace, ...paths: string[]): void {
  git(place.work, 'init');
  git(place.work, 'add', '-f', ...paths);
  git(place.work, 'commit', '-m', 'first');
}

/** Changes the manifest that was kept. */
async function forge(place: CheckpointPlace, sequence: number, changes: object): Promise<void> {
  const path = place.keptAt(sequence, 'manifest.json');
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...(manifest as object), ...changes }));
}

describe('a checkpoint that is restored', () => {
  it('is the newest, with its series and attempts', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await place.loseFolder();
    const restored = await place.restore();
    expect(restored).toMatchObject({
      name: expect.stringMatching(/\.0002$/) as string,
      from: `"${place.kept}"`,
      step: 2,
      attempts: [ATTEMPT, ATTEMPT],
    });
    expect(restored?.series[0]?.points).toHaveLength(2);
    expect(await readFile(join(place.folder, '1.pt'), 'utf8')).toBe('step one');
    expect(await readFile(join(place.folder, 'last.pt'), 'utf8')).toBe('step two');
    expect(await readlink(join(place.folder, 'last.pt'))).toBe('deep/2.pt');
    expect((await readdir(place.folder)).sort()).toEqual(['1.pt', 'deep', 'last.pt']);
    expect(place.lines.at(-1)).toMatch(/^info: Goes on from the checkpoint .*0002 of step 2 of/);
    expect(await readdir(join(place.directory, 'temporary'))).toEqual([]);
  });

  it('is nothing where there is none', async () => {
    await using place = await openCheckpointPlace();
    expect(await place.restore()).toBeUndefined();
    await saveTwo(place);
    expect(await place.restore({}, { submissionKey: 'f'.repeat(40) })).toBeUndefined();
  });

  it('comes of the newest generation, whatever the attempt', async () => {
    await using place = await openCheckpointPlace();
    await place.write('work/ckpt/a.pt', 'of the third attempt');
    await place.open({ attempt: 3 }).save({ state: { ...STATE, step: 30 }, signal });
    await place.write('work/ckpt/a.pt', 'of the second generation');
    await place.open({ generation: 2 }).save({ state: { ...STATE, step: 20 }, signal });
    await place.loseFolder();
    expect((await place.restore())?.step).toBe(20);
  });

  it.each<[string, (place: CheckpointPlace) => Promise<unknown>, RegExp]>([
    ['has no manifest', (place) => rm(place.keptAt(2, 'manifest.json')), /has no manifest/],
    [
      'has half a manifest',
      (place) => truncate(place.keptAt(2, 'manifest.json'), 100),
      /has a manifest that is not JSON/,
    ],
    [
      'has a manifest of gigabytes',
      (place) => truncate(place.keptAt(2, 'manifest.json'), 2 ** 31),
      /has a manifest that is too large/,
    ],
    [
      'lacks a file',
      async (place) => rm(place.keptAt(2, 'files', (await place.manifest(2)).files[0]?.sha256 ?? '')),
      /lacks its file "/,
    ],
    [
      'has half a file',
      async (place) =>
        truncate(place.keptAt(2, 'files', (await place.manifest(2)).files[0]?.sha256 ?? ''), 3),
      /has 3 bytes of its file ".*" instead of 8/,
    ],
    [
      'has another byte in a file',
      async (place) =>
        writeFile(place.keptAt(2, 'files', (await place.manifest(2)).files[0]?.sha256 ?? ''), 'step  10'),
      /has other bytes in its file/,
    ],
    [
      'has a link for a file',
      async (place) => {
        const file = place.keptAt(2, 'files', (await place.manifest(2)).files[0]?.sha256 ?? '');
        await rm(file);
        await symlink('/etc/hostname', file);
      },
      /lacks its file "/,
    ],
    [
      'would leave the folder',
      async (place) => {
        const [file] = (await place.manifest(2)).files;
        await forge(place, 2, { files: [{ ...file, path: '../../stolen' }] });
      },
      /has a manifest that is not as Trainyard writes it at "files"/,
    ],
    [
      'would link out of it',
      (place) => forge(place, 2, { links: [{ path: 'l', target: '/etc' }] }),
      /has a manifest that has a link that leaves the folder/,
    ],
    ['is of another model', (place) => forge(place, 2, { subject: 'other' }), /is one of another model/],
    [
      'has the name of another',
      (place) => forge(place, 2, { sequence: 9 }),
      /manifest of another checkpoint/,
    ],
  ])('is the one before where the newest %s', async (_what, spoil, why) => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await place.loseFolder();
    await spoil(place);
    expect((await place.restore())?.step).toBe(1);
    expect(await readdir(place.folder)).toEqual(['1.pt']);
    expect(place.lines.find((line) => line.startsWith('warning: The checkpoint '))).toMatch(why);
    expect(place.lines.join()).toContain('The one before it is tried.');
  });

  it('is none where none is whole, and that is told', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await place.loseFolder();
    await rm(place.keptAt(1, 'manifest.json'));
    await rm(place.keptAt(2, 'manifest.json'));
    expect(await place.restore({ resumeFrom: 'elsewhere' })).toBeUndefined();
    expect(place.lines.at(-1)).toBe('warning: No checkpoint of this training is whole: it begins anew.');
  });

  it('never appears by halves under its name', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await place.loseFolder();
    // What a process leaves that is killed while it keeps a checkpoint.
    await cp(place.keptAt(2), join(place.kept, `.trainyard-checkpoint.${KEY}.1.1.0003`), { recursive: true });
    expect((await place.restore())?.step).toBe(2);
  });
});

describe('what lies in the folder already', () => {
  it('is never overwritten where it is committed', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await writeFile(join(place.folder, '1.pt'), 'of the user');
    commit(place, 'ckpt/1.pt');
    await expect(place.restore()).rejects.toThrow(
      /cannot be restored over "ckpt\/1\.pt": it is committed to git/,
    );
    expect(await readFile(join(place.folder, '1.pt'), 'utf8')).toBe('of the user');
  });

  it('stays where it is committed and not in the way', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await place.write('work/ckpt/README.md', 'what this is');
    commit(place, 'ckpt/README.md', 'ckpt/1.pt');
    expect((await place.restore())?.step).toBe(2);
    expect((await readdir(place.folder)).sort()).toEqual(['1.pt', 'README.md', 'deep', 'last.pt']);
  });

  it('is put aside where an earlier attempt left it behind the checkpoint', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await place.write('work/ckpt/3.pt', 'half of step thr');
    await writeFile(join(place.folder, '1.pt'), 'changed');
    await rm(join(place.folder, 'last.pt'));
    await symlink('3.pt', join(place.folder, 'last.pt'));
    expect((await place.restore())?.step).toBe(2);
    expect((await readdir(place.folder)).sort()).toEqual(['1.pt', 'deep', 'last.pt']);
    expect(await readFile(join(place.folder, 'last.pt'), 'utf8')).toBe('step two');
    const aside = join(place.work, '.trainyard/digits/put-aside');
    const [time = ''] = await readdir(aside);
    expect((await readdir(join(aside, time))).sort()).toEqual(['1.pt', '3.pt', 'last.pt']);
    expect(place.lines.join()).toContain(`was put aside: .trainyard/digits/put-aside/${time}`);
  });

  it('is not touched where somebody else put it there', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await rm(join(place.work, '.trainyard/digits/checkpoint-folders.json'));
    await place.write('work/ckpt/3.pt', 'of somebody');
    // Not in the way, and equal files are as good as restored.
    expect((await place.restore())?.step).toBe(2);
    expect(await readFile(join(place.folder, '3.pt'), 'utf8')).toBe('of somebody');
    await rm(join(place.work, '.trainyard/digits/checkpoint-folders.json'));
    for (const other of ['1.pt', 'deep/2.pt']) {
      await place.write(`work/ckpt/${other}`, 'of somebody');
      await expect(place.restore()).rejects.toThrow(
        new RegExp(`over "ckpt/${other.replace('.', '\\.')}": it is no checkpoint that Trainyard saved`),
      );
      await place.write(`work/ckpt/${other}`, other === '1.pt' ? 'step one' : 'step two');
    }
    await rm(join(place.folder, 'deep'), { recursive: true });
    await place.write('work/ckpt/deep', 'a file where a folder belongs');
    await expect(place.restore()).rejects.toThrow(/over "ckpt\/deep"/);
  });

  it('cannot lead it out by a link', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await place.loseFolder();
    await mkdir(place.folder);
    await mkdir(join(place.directory, 'elsewhere'));
    await symlink('../../elsewhere', join(place.folder, 'deep'));
    await expect(place.restore()).rejects.toThrow(/"deep" is a link that leaves/);
    expect(await readdir(join(place.directory, 'elsewhere'))).toEqual([]);
  });

  it('is no checkpoint where it is committed to the record', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    commit(place, '.trainyard');
    await expect(place.restore()).rejects.toThrow(/Checkpoints in ".*" are committed to git/);
  });
});

describe('the input "resume-from"', () => {
  it('names a folder with a checkpoint as it is', async () => {
    await using place = await openCheckpointPlace();
    await place.write('work/pretrained/model.pt', 'weights');
    await symlink('model.pt', join(place.work, 'pretrained/last.pt'));
    const restored = await place.restore({ resumeFrom: 'pretrained' });
    expect(restored).toEqual({
      name: 'pretrained',
      from: 'the folder "pretrained"',
      step: null,
      series: [],
      attempts: [],
    });
    expect(await readFile(join(place.folder, 'last.pt'), 'utf8')).toBe('weights');
    // The folder itself is there already.
    expect((await place.restore({ resumeFrom: 'ckpt' }))?.name).toBe('ckpt');
  });

  it('names a folder with a checkpoint as it was downloaded', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    await cp(place.keptAt(2), join(place.work, 'downloaded'), { recursive: true });
    await rm(join(place.work, '.trainyard'), { recursive: true });
    await place.loseFolder();
    expect(await place.restore({ resumeFrom: 'downloaded' })).toMatchObject({ name: 'downloaded', step: 2 });
    expect(await readFile(join(place.folder, '1.pt'), 'utf8')).toBe('step one');
    await rm(join(place.work, 'downloaded/files'), { recursive: true });
    await expect(place.restore({ resumeFrom: 'downloaded' })).rejects.toThrow(
      /"resume-from": "downloaded" lacks its file/,
    );
  });

  it('gives way to what this training has saved itself', async () => {
    await using place = await openCheckpointPlace();
    await saveTwo(place);
    expect((await place.restore({ resumeFrom: 'no/such/folder' }))?.step).toBe(2);
  });

  it.each([
    ['nowhere', /"resume-from": "nowhere" is no folder/],
    ['file', /"resume-from": "file" is no folder/],
    ['empty', /"resume-from": "empty" holds no file/],
    ['cut', /"resume-from": "cut": "state\.json" is cut short/],
    ['../outside', /"\.\.\/outside" lies outside the workspace/],
    ['link', /"link" lies outside the workspace/],
    ['run:1', /A terminal has no other run|"resume-from" is "run:1"/],
    ['run:abc', /"resume-from" is "run:abc"/],
  ])('is refused where it is %s', async (given, message) => {
    await using place = await openCheckpointPlace();
    await place.write('work/file', 'a file');
    await mkdir(join(place.work, 'empty'));
    await place.write('work/cut/state.json', '{"st');
    await place.write('outside/a.pt', 'a');
    await symlink('../outside', join(place.work, 'link'));
    await expect(place.restore({ resumeFrom: given })).rejects.toThrow(message);
  });
});

describe('an archive that unpacks to more than it should', () => {
  it('is stopped while it grows', async () => {
    await using place = await openCheckpointPlace();
    const bomb = async (until: AbortSignal): Promise<void> => {
      for (let part = 0; ; part += 1) {
        await place.write(`grown/${part}`, Buffer.alloc(1024 * 1024));
        await sleep(10);
        until.throwIfAborted();
      }
    };
    await mkdir(join(place.directory, 'grown'));
    await expect(
      unpackWatched(join(place.directory, 'grown'), bomb, signal, 8 * 1024 * 1024),
    ).rejects.toThrow('unpacks to more than 8 MiB');
  });

  it('is found also where it was faster than the watch', async () => {
    await using place = await openCheckpointPlace();
    const unpack = async (): Promise<void> => {
      await place.write('grown/deep/all', Buffer.alloc(2 * 1024 * 1024));
    };
    await mkdir(join(place.directory, 'grown'));
    const grown = join(place.directory, 'grown');
    await expect(unpackWatched(grown, unpack, signal, 1024 * 1024)).rejects.toThrow('more than 1 MiB');
    await unpackWatched(grown, unpack, signal);
  });
});
