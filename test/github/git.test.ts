import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InfrastructureError } from '../../shared/errors.ts';
import { readCheckout } from '../../shared/github/git.ts';
import { createTerminalHost } from '../../shared/github/terminal-host.ts';

const signal = AbortSignal.timeout(60_000);
const NOTHING = { headSha: null, treeHash: null, ref: null, dirty: false, patchDigest: null };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'checkout-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function git(...words: string[]): string {
  const settings = ['-c', 'user.name=n', '-c', 'user.email=n@example.org', '-c', 'safe.directory=*'];
  return execFileSync('git', ['-C', directory, ...settings, ...words], { encoding: 'utf8' });
}

async function commitFiles(): Promise<string> {
  git('init', '-q', '-b', 'main');
  await mkdir(join(directory, 'ml'), { recursive: true });
  await writeFile(join(directory, 'ml/gate.yaml'), 'rules: []\n');
  await writeFile(join(directory, 'train.py'), 'print(1)\n');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  return git('rev-parse', 'HEAD').trim();
}

describe('a checkout', () => {
  it('is unknown outside a repository, and before the first commit', async () => {
    expect(await readCheckout(directory, signal)).toEqual(NOTHING);
    git('init', '-q');
    expect(await readCheckout(directory, signal)).toEqual(NOTHING);
  });

  it('has the commit, the tree and the branch, from any of its folders', async () => {
    const headSha = await commitFiles();
    const expected = {
      headSha,
      treeHash: git('rev-parse', 'HEAD^{tree}').trim(),
      ref: 'refs/heads/main',
      dirty: false,
      patchDigest: null,
    };
    expect(await readCheckout(directory, signal)).toEqual(expected);
    expect(await readCheckout(join(directory, 'ml'), signal)).toEqual(expected);
    git('checkout', '-q', '--detach');
    expect(await readCheckout(directory, signal)).toEqual({ ...expected, ref: null });
  });

  it('is dirty by tracked files only, with the digest of the binary diff', async () => {
    await commitFiles();
    await writeFile(join(directory, 'report.html'), 'untracked');
    expect(await readCheckout(directory, signal)).toMatchObject({ dirty: false });
    await writeFile(join(directory, 'train.py'), Buffer.from([0, 1, 2, 255]));
    const diff = git('diff', '--binary', '--full-index', 'HEAD');
    const patchDigest = createHash('sha256').update(diff).digest('hex');
    expect(await readCheckout(join(directory, 'ml'), signal)).toMatchObject({ dirty: true, patchDigest });
    git('add', '.');
    const staged = await readCheckout(directory, signal);
    expect(staged.dirty).toBe(true);
    expect(staged.patchDigest).not.toBe(patchDigest);
  });

  it("runs no program that the repository's settings name, and follows no GIT_ variable", async () => {
    const headSha = await commitFiles();
    const trap = join(directory, 'trap.sh');
    const sprung = join(directory, 'sprung');
    await writeFile(trap, `#!/bin/sh\necho "$0" >> ${sprung}\ncat "$1" 2>/dev/null\n`);
    await chmod(trap, 0o755);
    await writeFile(join(directory, '.gitattributes'), '* diff=evil\n');
    git('add', '.gitattributes');
    git('commit', '-q', '-m', 'attributes');
    for (const key of [
      'core.fsmonitor',
      'diff.external',
      'diff.evil.textconv',
      'diff.evil.command',
      'core.pager',
    ]) {
      git('config', key, trap);
    }
    git('config', 'core.hooksPath', directory);
    await writeFile(join(directory, 'train.py'), 'print(2)\n');
    const before = { ...process.env };
    process.env['GIT_DIR'] = '/nonexistent';
    process.env['GIT_EXTERNAL_DIFF'] = trap;
    try {
      const checkout = await readCheckout(directory, signal);
      expect(checkout).toMatchObject({ dirty: true, ref: 'refs/heads/main' });
      expect(checkout.headSha).not.toBe(headSha);
    } finally {
      process.env = before;
    }
    expect(existsSync(sprung)).toBe(false);
  });

  it('hands no token to a filter that user code has set up', async () => {
    await commitFiles();
    const seen = join(directory, 'seen');
    const filter = join(directory, 'filter.sh');
    await writeFile(filter, `#!/bin/sh\nenv > '${seen}'\ncat\n`);
    await chmod(filter, 0o755);
    git('config', 'filter.evil.clean', filter);
    await writeFile(join(directory, '.git/info/attributes'), '*.py filter=evil\n');
    await writeFile(join(directory, 'train.py'), 'print(2)\n');
    const before = { ...process.env };
    Object.assign(process.env, { ACTIONS_RUNTIME_TOKEN: 'hush', INPUT_TOKEN: 'hush', GITHUB_TOKEN: 'hush' });
    try {
      expect(await readCheckout(directory, signal)).toMatchObject({ dirty: true });
    } finally {
      process.env = before;
    }
    const environment = await readFile(seen, 'utf8');
    expect(environment).toContain('PATH=');
    expect(environment).not.toMatch(/hush|TOKEN/);
  });

  it.skipIf(process.getuid?.() !== 0)('may belong to another user, as on a runner', async () => {
    const headSha = await commitFiles();
    for (const path of ['', '.git', 'ml', 'train.py']) await chown(join(directory, path), 12_345, 12_345);
    expect(await readCheckout(directory, signal)).toMatchObject({ headSha, dirty: false });
  });

  it('that cannot be compared is not called clean, and a cancelled question has no answer', async () => {
    await commitFiles();
    await writeFile(join(directory, '.git/index'), 'no index');
    await expect(readCheckout(directory, signal)).rejects.toThrow(/could not compare/);
    await expect(readCheckout(directory, AbortSignal.abort(new Error('cancelled')))).rejects.toThrow(
      'cancelled',
    );
  });

  it('is unknown on a machine without git', async () => {
    await commitFiles();
    const before = process.env['PATH'];
    process.env['PATH'] = directory;
    try {
      expect(await readCheckout(directory, signal)).toEqual(NOTHING);
    } finally {
      process.env['PATH'] = before;
    }
  });
});

describe('the terminal', () => {
  const hostOf = (environment: NodeJS.ProcessEnv = {}): ReturnType<typeof createTerminalHost> =>
    createTerminalHost({ workspace: directory, environment });

  it('has its origin from git', async () => {
    const headSha = await commitFiles();
    expect(await hostOf().origin(signal)).toMatchObject({
      repository: null,
      serverUrl: null,
      event: 'terminal',
      headSha,
      ref: 'refs/heads/main',
      runId: 'terminal',
      pullRequest: null,
      fork: false,
      actor: null,
    });
    git('remote', 'add', 'origin', 'https://user:secret@github.com/acme/digits.git');
    const origin = await hostOf({ USER: 'ada' }).origin(signal);
    expect(origin).toMatchObject({
      repository: 'acme/digits',
      serverUrl: 'https://github.com',
      actor: 'ada',
    });
    expect(JSON.stringify(origin)).not.toContain('secret');
  });

  it('reads files and trees of commits', async () => {
    const sha = await commitFiles();
    await writeFile(join(directory, 'ml/gate.yaml'), 'changed');
    const host = hostOf();
    expect((await host.fileAt(sha, 'ml/gate.yaml', signal))?.toString()).toBe('rules: []\n');
    expect(await host.fileAt(sha, 'none', signal)).toBeUndefined();
    expect(await host.fileAt(sha, 'ml', signal)).toBeUndefined();
    expect(await host.fileAt('--help', 'x', signal)).toBeUndefined();
    expect(await host.treeOf(sha, signal)).toBe(git('rev-parse', 'HEAD^{tree}').trim());
    for (const bad of ['f'.repeat(40), '--git-dir']) {
      await expect(host.treeOf(bad, signal)).rejects.toBeInstanceOf(InfrastructureError);
    }
  });

  it('has nowhere to write to', async () => {
    const host = hostOf();
    const status = { sha: '', state: 'success', context: '', description: '', targetUrl: null } as const;
    expect(await host.setStatus(status, signal)).toMatchObject({ done: false });
    const stamp = { marker: '', headSha: '', runNumber: 1, runAttempt: 1 };
    expect(await host.comment(1, stamp, () => Promise.resolve(''), signal)).toMatchObject({ done: false });
    expect([host.kind, host.hasArtifacts]).toEqual(['terminal', false]);
  });
});
