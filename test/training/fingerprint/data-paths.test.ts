import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintData } from '../../../actions/train-model/src/fingerprint/data-paths.ts';

let workspace: string;
beforeEach(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'ty-data-')));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(workspace, path)), { recursive: true });
  await writeFile(join(workspace, path), text);
}

const fingerprint = (...paths: string[]): Promise<string> =>
  fingerprintData(
    paths.map((path) => join(workspace, path)),
    new AbortController().signal,
    { workspace, workingDirectory: workspace },
  );

/** DVC's own JSON of a folder, by Python as DVC writes it. */
function folderMd5(files: Readonly<Record<string, string>>): string {
  const list = Object.entries(files).map(([relpath, text]) => ({ md5: md5(text), relpath }));
  const text = execFileSync(
    'python3',
    [
      '-c',
      'import json,sys; print(json.dumps(sorted(json.load(sys.stdin), key=lambda e: e["relpath"]), sort_keys=True), end="")',
    ],
    { input: JSON.stringify(list), encoding: 'utf8' },
  );
  return `${md5(text)}.dir`;
}

const pointer = (path: string, digest: string): string =>
  `outs:\n- md5: ${digest}\n  size: 4\n  hash: md5\n  path: ${path}\n`;

describe('fingerprintData', () => {
  it('knows files and folders by name and bytes, in whatever order they are named', async () => {
    await write('data/a.csv', 'a');
    await write('data/deep/b.csv', 'b');
    const both = await fingerprint('data');
    expect(both).toMatch(/^[0-9a-f]{64}$/);
    expect(await fingerprint('data/deep', 'data/a.csv')).toBe(both);
    await write('data/a.csv', 'other');
    const changed = await fingerprint('data');
    expect(changed).not.toBe(both);
    await rename(join(workspace, 'data/a.csv'), join(workspace, 'data/c.csv'));
    expect(await fingerprint('data')).not.toBe(changed);
  });

  it('is the same in another checkout, and does not look at what tools keep', async () => {
    await write('data/a.csv', 'a');
    await write('data/.git/index', 'x');
    const here = await fingerprint('data');
    const first = workspace;
    workspace = await realpath(await mkdtemp(join(tmpdir(), 'ty-data-elsewhere-')));
    await write('data/a.csv', 'a');
    expect(await fingerprint('data')).toBe(here);
    await rm(first, { recursive: true });
  });

  describe('with a pointer of Git LFS', () => {
    const lfs = (oid: string): string =>
      `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 4\n`;

    it('is equal before and after the pull', async () => {
      await write('data/a.bin', 'data');
      const pulled = await fingerprint('data');
      await write('data/a.bin', lfs(sha256('data')));
      expect(await fingerprint('data')).toBe(pulled);
      await write('data/a.bin', lfs(sha256('other')));
      expect(await fingerprint('data')).not.toBe(pulled);
    });

    it('takes a text that only looks like one by its bytes', async () => {
      await write('a.bin', lfs('not a digest'));
      const first = await fingerprint('a.bin');
      await write('a.bin', `${lfs('not a digest')}\n`);
      expect(await fingerprint('a.bin')).not.toBe(first);
    });
  });

  describe('with a pointer of DVC', () => {
    it.each(['data/a.csv', 'data', 'data/a.csv.dvc'])(
      'is equal before and after the pull: %s',
      async (named) => {
        await write('data/a.csv.dvc', pointer('a.csv', md5('data')));
        const before = await fingerprint(named);
        await write('data/a.csv', 'data');
        expect(await fingerprint(named)).toBe(before);
        await write('data/a.csv.dvc', pointer('a.csv', md5('new')));
        await rm(join(workspace, 'data/a.csv'));
        expect(await fingerprint(named)).not.toBe(before);
      },
    );

    it('does not believe a pointer whose file has other bytes', async () => {
      await write('data/a.csv.dvc', pointer('a.csv', md5('data')));
      const absent = await fingerprint('data/a.csv');
      await write('data/a.csv', 'forged');
      const forged = await fingerprint('data/a.csv');
      expect(forged).not.toBe(absent);
      await rm(join(workspace, 'data/a.csv.dvc'));
      expect(await fingerprint('data/a.csv')).toBe(forged);
    });

    it.each(['set', 'set/ä/b.csv'])('knows a folder by its list: %s', async (named) => {
      const files = { 'a.csv': 'one', 'ä/b.csv': 'two', '😀.csv': 'three', '\uffee.csv': 'four' };
      await write('set.dvc', pointer('set', folderMd5(files)));
      const before = await fingerprint(named);
      for (const [path, text] of Object.entries(files)) await write(`set/${path}`, text);
      expect(await fingerprint(named)).toBe(before);
      await write('set/a.csv', 'changed');
      expect(await fingerprint('set')).not.toBe(before);
    });

    it('knows what a stage has written by dvc.lock, in the folder of the stage', async () => {
      const lock = (digest: string): string =>
        JSON.stringify({
          schema: '2.0',
          stages: {
            'prepare@train': {
              cmd: 'x',
              outs: [{ path: 'data/train.csv', hash: 'md5', md5: digest, size: 4 }],
            },
          },
        });
      await write('dvc.lock', lock(md5('data')));
      const before = await fingerprint('data/train.csv');
      expect(await fingerprint('data')).toBe(before);
      await write('data/train.csv', 'data');
      expect(await fingerprint('data')).toBe(before);
      await rm(join(workspace, 'data'), { recursive: true });
      await write('dvc.yaml', JSON.stringify({ stages: { prepare: { cmd: 'x', wdir: 'sub' } } }));
      await expect(fingerprint('data/train.csv')).rejects.toThrow('"data/train.csv" does not exist');
      expect(await fingerprint('sub/data/train.csv')).toMatch(/^[0-9a-f]{64}$/);
      // The form of DVC before 1.0 of the lock's schema.
      await rm(join(workspace, 'dvc.yaml'));
      await write(
        'dvc.lock',
        JSON.stringify({ prepare: { outs: [{ path: 'data/train.csv', md5: md5('data') }] } }),
      );
      expect(await fingerprint('data')).toBe(before);
    });

    it('counts a folder once where its lock file also names what is in it', async () => {
      await write('data/set.dvc', pointer('set', folderMd5({ 'a.csv': 'one' })));
      await write('data/set/a.csv', 'one');
      const before = await fingerprint('data');
      await write(
        'data/dvc.lock',
        JSON.stringify({ schema: '2.0', stages: { s: { outs: [{ path: 'set/a.csv', md5: md5('one') }] } } }),
      );
      expect(await fingerprint('data')).toBe(before);
    });

    it('says what is missing, and what cannot be read', async () => {
      await expect(fingerprint('gone')).rejects.toMatchObject({
        message: 'Input "data-paths": "gone" does not exist.',
        remedy: expect.stringContaining('"gone.dvc"') as string,
      });
      await write('a.csv.dvc', 'outs:\n- etag: abc\n  path: a.csv\n');
      await expect(fingerprint('a.csv')).rejects.toThrow(
        '"a.csv" is not pulled, and a.csv.dvc names no MD5 of it',
      );
      await write('a.csv', 'here');
      expect(await fingerprint('a.csv')).toMatch(/^[0-9a-f]{64}$/);
      await write('b.csv.dvc', 'outs: 3\n');
      await expect(fingerprint('b.csv')).rejects.toThrow(/b\.csv\.dvc cannot be read: "outs"/);
      await write('b.csv.dvc', '{');
      await expect(fingerprint('b.csv')).rejects.toThrow('b.csv.dvc cannot be read');
      await write('b.csv.dvc', ' '.repeat(17 * 1024 * 1024));
      await expect(fingerprint('b.csv')).rejects.toThrow('it is too large');
      await write('b.csv.dvc', '');
      await expect(fingerprint('b.csv')).rejects.toThrow('"b.csv" does not exist');
      await write('dvc.lock', '');
      await expect(fingerprint('b.csv')).rejects.toThrow('"b.csv" does not exist');
    });

    it('ignores what a pointer names outside the workspace', async () => {
      await write('a.csv.dvc', pointer('../outside.csv', md5('x')));
      await expect(fingerprint('a.csv')).rejects.toThrow('"a.csv" does not exist');
    });
  });

  it('reads links inside the workspace, and refuses those that leave it, lead nowhere or go in circles', async () => {
    await write('store/a.csv', 'a');
    await write('data/b.csv', 'b');
    await symlink(join(workspace, 'store'), join(workspace, 'data/store'));
    const found = await fingerprint('data');
    await write('store/a.csv', 'changed');
    expect(await fingerprint('data')).not.toBe(found);

    const outside = await mkdtemp(join(tmpdir(), 'ty-outside-'));
    await symlink(outside, join(workspace, 'data/out'));
    await expect(fingerprint('data')).rejects.toThrow('"data/out" is a link that leaves the workspace');
    await rm(join(workspace, 'data/out'));
    await symlink('nowhere', join(workspace, 'data/gone'));
    await expect(fingerprint('data')).rejects.toThrow('"data/gone" is a link that leads nowhere');
    await rm(join(workspace, 'data/gone'));
    await symlink('.', join(workspace, 'data/circle'));
    await expect(fingerprint('data')).rejects.toThrow('"data/circle" is a link to a folder that holds it');
    await rm(outside, { recursive: true });
  });

  it('ends when it is told to', async () => {
    await write('data/a.csv', await readFile(import.meta.filename, 'utf8'));
    const places = { workspace, workingDirectory: workspace };
    await expect(
      fingerprintData([join(workspace, 'data')], AbortSignal.abort(new Error('cancelled')), places),
    ).rejects.toThrow('cancelled');
  });
});
