import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DeclaredOutput } from '../../actions/train-model/src/engines/engine.ts';
import { collectOutputs, isUntouched, takeSnapshot } from '../../actions/train-model/src/output-files.ts';
import { openScratch, type Scratch } from './scratch.ts';

const { signal } = new AbortController();

const output = (glob: string, role: DeclaredOutput['role'] = 'model'): DeclaredOutput => ({
  role,
  glob,
  label: `Input "outputs": "${role}=${glob}"`,
});

/** A working directory in a workspace, beside which lies what is none of its business. */
async function openPlace(): Promise<Scratch & { work: string; outside: string }> {
  const scratch = await openScratch();
  const work = join(scratch.directory, 'work');
  const outside = join(scratch.directory, 'outside');
  await mkdir(work);
  await scratch.write('outside/secret.bin', 'not of this training');
  return { ...scratch, work, outside };
}

const collect = (work: string, ...outputs: DeclaredOutput[]) =>
  collectOutputs(work, outputs, new Map(), signal);

describe('outputs', () => {
  it('are files, those of folders, and those behind links that stay inside, each once', async () => {
    await using place = await openPlace();
    await place.write('work/out/a.bin', 'a');
    await place.write('work/out/deep/b.bin', 'b');
    await place.write('work/out/.hidden', 'h');
    await symlink('deep', join(place.work, 'out/again'));
    await symlink('a.bin', join(place.work, 'out/latest.bin'));
    await symlink('..', join(place.work, 'out/deep/up'));
    const { files, missing, stale } = await collect(place.work, output('out'), output('out/a.bin'));
    expect(files.map(({ path }) => path)).toEqual([
      'out/.hidden',
      'out/a.bin',
      expect.stringMatching(/^out\/(again|deep)\/b\.bin$/) as string,
      'out/latest.bin',
    ]);
    expect(files.at(-1)?.sha256).toBe(createHash('sha256').update('a').digest('hex'));
    expect([missing, stale]).toEqual([[], []]);
  });

  it('that were there before are told apart, and the snapshot minds nothing that lies there', async () => {
    await using place = await openPlace();
    await place.write('work/old.bin', 'old');
    execFileSync('mkfifo', [join(place.work, 'pipe')]);
    const further = join(place.work, 'series.jsonl');
    await writeFile(further, '{}');
    const before = await takeSnapshot(place.work, [output('*')], [further, join(place.work, 'none')]);
    expect(await isUntouched(join(place.work, 'old.bin'), before)).toBe(true);
    expect(await isUntouched(further, before)).toBe(true);
    expect(await isUntouched(join(place.work, 'none'), before)).toBe(false);
    const found = await collectOutputs(place.work, [output('*.bin'), output('no.bin')], before, signal);
    expect(found.stale).toEqual(['old.bin']);
    expect(found.missing[0]).toMatch(/matches only what was there before .* \(old\.bin\)/);
    expect(found.missing[1]).toMatch(/"model=no\.bin" matches no file after the training/);
  });

  it.each<[string, string, (place: { work: string; outside: string }) => Promise<void>, RegExp]>([
    [
      'a link to a file outside',
      'model.bin',
      ({ work, outside }) => symlink(join(outside, 'secret.bin'), join(work, 'model.bin')),
      /^Input "outputs": "model=model\.bin": "model\.bin" is a link that leaves the working directory\.$/,
    ],
    [
      'a link to a folder outside',
      'out',
      ({ work, outside }) => symlink(outside, join(work, 'out')),
      /"out" is a link that leaves/,
    ],
    [
      'a link in a folder',
      'out',
      async ({ work }) => {
        await mkdir(join(work, 'out'));
        await symlink('../../outside', join(work, 'out/more'));
      },
      /"out\/more" is a link that leaves/,
    ],
    [
      'a link in the middle of a path',
      'out/deep/secret.bin',
      async ({ work, outside }) => {
        await mkdir(join(work, 'out'));
        await symlink(outside, join(work, 'out/deep'));
      },
      /"out\/deep\/secret\.bin" lies behind "out\/deep", a link that leaves/,
    ],
    [
      'a link that a pattern goes through',
      'out/*.bin',
      ({ work, outside }) => symlink(outside, join(work, 'out')),
      /"out\/secret\.bin" lies behind "out", a link/,
    ],
    [
      'a link to nothing',
      'model.bin',
      ({ work }) => symlink('gone.bin', join(work, 'model.bin')),
      /"model\.bin" is a link to nothing/,
    ],
    [
      'a pipe',
      'model.bin',
      ({ work }) => Promise.resolve(void execFileSync('mkfifo', [join(work, 'model.bin')])),
      /"model\.bin" is a pipe and no file/,
    ],
    [
      'a link to a device',
      'model.bin',
      ({ work }) => symlink('/dev/zero', join(work, 'model.bin')),
      /"model\.bin" is a link that leaves/,
    ],
  ])('are refused where one is %s', async (_what, glob, prepare, message) => {
    await using place = await openPlace();
    await prepare(place);
    await expect(collect(place.work, output(glob))).rejects.toThrow(message);
  });

  it('are refused where one is a socket, and where a file has two roles', async () => {
    await using place = await openPlace();
    const server = createServer().listen(join(place.work, 'model.sock'));
    await once(server, 'listening');
    try {
      await expect(collect(place.work, output('*.sock'))).rejects.toThrow(/is a socket and no file/);
    } finally {
      server.close();
    }
    await place.write('work/a.bin', 'a');
    await expect(collect(place.work, output('a.bin'), output('*.bin', 'predictions'))).rejects.toThrow(
      /"a\.bin" is an output of two roles, model and predictions/,
    );
  });

  it('are refused where one still changes while it is read', async () => {
    await using place = await openPlace();
    const path = await place.write('work/model.bin', Buffer.alloc(30_000_000));
    // Another process than the training's, which the engine could not end.
    const writer = spawn(process.execPath, [
      '-e',
      `const fs = require('node:fs'); const file = fs.openSync(${JSON.stringify(path)}, 'r+');
       for (;;) fs.writeSync(file, 'x', 0);`,
    ]);
    try {
      await once(writer, 'spawn');
      await new Promise((resolve) => setTimeout(resolve, 300));
      await expect(collect(place.work, output('model.bin'))).rejects.toThrow(
        /"model\.bin" changed while it was read/,
      );
    } finally {
      writer.kill('SIGKILL');
    }
  });

  it('are too many where a pattern is too wide, and none where the folder is gone', async () => {
    await using place = await openPlace();
    await mkdir(join(place.work, 'many'));
    await Promise.all(
      Array.from({ length: 5_001 }, (_, index) => writeFile(join(place.work, 'many', String(index)), '')),
    );
    await expect(collect(place.work, output('many'))).rejects.toThrow(/matches more than 5000 files/);
    await rm(place.work, { recursive: true });
    await expect(collect(place.work, output('x'))).rejects.toThrow(/working directory is gone/);
  });
});
