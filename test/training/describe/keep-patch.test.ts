import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keepPatch } from '../../../actions/train-model/src/keep-patch.ts';
import { InfrastructureError } from '../../../shared/errors.ts';
import { readCheckout } from '../../../shared/github/git.ts';
import { openScratch, type Scratch } from '../scratch.ts';

const { signal } = new AbortController();

function git(directory: string, ...words: string[]): string {
  const settings = ['-c', 'user.name=n', '-c', 'user.email=n@example.org', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', directory, ...settings, ...words], { encoding: 'utf8' });
}

async function openRepository(): Promise<Scratch> {
  const place = await openScratch();
  git(place.directory, 'init', '-q', '-b', 'main');
  await place.write('ml/train.py', 'print(1)\n');
  await place.write('weights.bin', Buffer.from([0, 1, 2, 255]));
  await place.write('.gitignore', 'secret.env\n');
  git(place.directory, 'add', '.');
  git(place.directory, 'commit', '-q', '-m', 'first');
  return place;
}

describe('keepPatch', () => {
  it('keeps nothing where nothing differs, and outside a repository', async () => {
    await using place = await openRepository();
    await using temporary = await openScratch();
    expect(await keepPatch(place.directory, temporary.directory, signal)).toBeUndefined();
    expect(await keepPatch(temporary.directory, temporary.directory, signal)).toBeUndefined();
    const empty = await openScratch();
    git(empty.directory, 'init', '-q');
    expect(await keepPatch(empty.directory, temporary.directory, signal)).toBeUndefined();
    await empty[Symbol.asyncDispose]();
  });

  it('keeps what git follows, of the whole repository, so that another checkout can apply it', async () => {
    await using place = await openRepository();
    await using temporary = await openScratch();
    const other = join(temporary.directory, 'other');
    git(place.directory, 'clone', '-q', place.directory, other);
    await place.write('ml/train.py', 'print(2)\n');
    await place.write('weights.bin', Buffer.from([9, 8, 0, 7]));
    await place.write('secret.env', 'TOKEN=ghs_secret\n');
    await place.write('untracked.txt', 'not mine\n');
    await place.write('added.py', 'print(3)\n');
    git(place.directory, 'add', 'added.py');

    const folder = join(temporary.directory, 'not/there/yet');
    const kept = await keepPatch(join(place.directory, 'ml'), folder, signal);
    const bytes = await readFile(join(folder, kept?.path ?? ''));
    expect(kept).toEqual({
      path: 'changes.patch',
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(kept?.sha256).toBe((await readCheckout(place.directory, signal)).patchDigest);
    expect(bytes.toString()).not.toMatch(/ghs_secret|not mine/);

    git(other, 'apply', join(folder, 'changes.patch'));
    expect(await readFile(join(other, 'ml/train.py'), 'utf8')).toBe('print(2)\n');
    expect(await readFile(join(other, 'weights.bin'))).toEqual(Buffer.from([9, 8, 0, 7]));
    expect(await readFile(join(other, 'added.py'), 'utf8')).toBe('print(3)\n');
  });

  it("runs no program that the repository's settings name, and is led astray by none of them", async () => {
    await using place = await openRepository();
    await using temporary = await openScratch();
    const sprung = join(temporary.directory, 'sprung');
    const trap = await temporary.write('trap.sh', `#!/bin/sh\ntouch ${sprung}\n`);
    await chmod(trap, 0o755);
    for (const [name, value] of [
      ['diff.external', trap],
      ['diff.evil.command', trap],
      ['diff.evil.textconv', trap],
      ['core.pager', trap],
      ['core.fsmonitor', trap],
      ['diff.noprefix', 'true'],
      ['diff.relative', 'true'],
      ['diff.mnemonicPrefix', 'true'],
      ['color.diff', 'always'],
    ] as const) {
      git(place.directory, 'config', name, value);
    }
    await place.write('.gitattributes', '* diff=evil\n');
    await place.write('weights.bin', Buffer.from([3]));
    const kept = await keepPatch(join(place.directory, 'ml'), temporary.directory, signal);
    expect(kept?.sha256).toBe((await readCheckout(place.directory, signal)).patchDigest);
    const text = await readFile(join(temporary.directory, 'changes.patch'), 'latin1');
    expect(text).toContain('diff --git a/weights.bin b/weights.bin');
    await expect(readFile(sprung)).rejects.toThrow('ENOENT');
  });

  it('says so where changes are too many to keep, or cannot be told', async () => {
    await using place = await openRepository();
    await using temporary = await openScratch();
    await place.write('ml/train.py', 'x = 1\n'.repeat(2_000));
    await expect(keepPatch(place.directory, temporary.directory, signal, 1_000)).rejects.toThrow(
      new InfrastructureError(
        'The uncommitted changes come to 0.0 MB, more than the 0.001 MB that are kept.',
        {
          remedy: 'Commit large files, or let git ignore them, so that the training can be repeated.',
        },
      ),
    );
    await expect(readFile(join(temporary.directory, 'changes.patch'))).rejects.toThrow('ENOENT');
    await rm(join(place.directory, '.git/index'));
    await writeFile(join(place.directory, '.git/index'), 'broken');
    await expect(keepPatch(place.directory, temporary.directory, signal)).rejects.toThrow(/could not tell/);
  });
});
