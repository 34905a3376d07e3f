import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CodeHost, Origin } from '../github/code-host.ts';
import { readPolicy, repositoryRoot } from './policy.ts';

let workspace = '';
beforeEach(() => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), 'policy-')));
});
afterEach(() => rmSync(workspace, { recursive: true }));

const BASE = 'b'.repeat(40);
const HEAD = 'a'.repeat(40);

const ORIGIN: Origin = {
  repository: 'o/r',
  serverUrl: 'https://github.com',
  event: 'pull_request',
  ref: 'refs/pull/1/merge',
  headSha: HEAD,
  baseSha: BASE,
  pullRequest: { number: 1, headSha: HEAD, baseSha: BASE, baseRef: 'main', fork: false },
  fork: false,
  runId: '1',
  runNumber: 1,
  runAttempt: 1,
  runUrl: null,
  workflow: 'ci',
  job: 'gate',
  actor: 'octocat',
  runnerEnvironment: 'github-hosted',
  worker: null,
};

/** A code host that holds files by commit and path; what else it can do is not asked for here. */
function context(
  files: Record<string, string>,
  origin: Partial<Origin> = {},
  kind: CodeHost['kind'] = 'github',
) {
  const refuse = (): never => {
    throw new Error('not asked for');
  };
  const host: CodeHost = {
    kind,
    hasArtifacts: true,
    origin: refuse,
    treeOf: refuse,
    setStatus: refuse,
    comment: refuse,
    fileAt: (sha, path) => {
      const text = files[`${sha}:${path}`];
      return Promise.resolve(text === undefined ? undefined : Buffer.from(text));
    },
  };
  return { host, origin: { ...ORIGIN, ...origin }, workspace, signal: new AbortController().signal };
}

const gate = (): string => join(workspace, 'gate.yaml');

describe('readPolicy', () => {
  it('takes the base on a pull request, and shows the change as a diff', async () => {
    writeFileSync(gate(), 'min: 0.5\n');
    const { text, policy } = await readPolicy(
      context({ [`${BASE}:gate.yaml`]: 'min: 0.9\n' }),
      gate(),
      'base',
    );
    expect(text).toBe('min: 0.9\n');
    expect(policy).toMatchObject({ from: 'base', ref: BASE, newInHead: false, path: 'gate.yaml' });
    expect(policy.diff).toContain('-min: 0.9\n+min: 0.5');
  });

  it('has no diff where nothing changed, and works where the pull request deleted the file', async () => {
    writeFileSync(gate(), 'min: 0.9\n');
    const files = { [`${BASE}:gate.yaml`]: 'min: 0.9\n' };
    expect((await readPolicy(context(files), gate(), 'base')).policy.diff).toBeNull();
    rmSync(gate());
    expect((await readPolicy(context(files), gate(), 'base')).text).toBe('min: 0.9\n');
  });

  it('runs a policy that the base lacks, and says that it is new', async () => {
    writeFileSync(gate(), 'min: 0.5\n');
    const { policy } = await readPolicy(context({}), gate(), 'base');
    expect(policy).toMatchObject({ from: 'head', newInHead: true, ref: HEAD });
  });

  it('takes the head where that is asked for', async () => {
    writeFileSync(gate(), 'min: 0.5\n');
    const files = { [`${BASE}:gate.yaml`]: 'min: 0.9\n', [`${HEAD}:gate.yaml`]: 'min: 0.5\n' };
    expect((await readPolicy(context(files), gate(), 'head')).policy).toMatchObject({
      from: 'head',
      newInHead: false,
    });
  });

  it('takes the commit itself on a push, whatever lies in the workspace now', async () => {
    writeFileSync(gate(), 'min: 0\n');
    const read = await readPolicy(
      context({ [`${HEAD}:gate.yaml`]: 'min: 0.9\n' }, { event: 'push', pullRequest: null, baseSha: null }),
      gate(),
      'base',
    );
    expect(read.text).toBe('min: 0.9\n');
    expect(read.policy.from).toBe('commit');
  });

  it('takes the working tree in a terminal', async () => {
    writeFileSync(gate(), 'min: 0.5\n');
    const read = await readPolicy(context({}, { event: 'terminal' }, 'terminal'), gate(), 'base');
    expect(read.policy).toMatchObject({ from: 'working-tree', ref: null, diff: null });
  });

  it.each([
    ['github', 'does not exist in commit bbbbbbbbbbbb'],
    ['terminal', 'does not exist in the working tree'],
  ] as const)('names what is missing (%s)', async (kind, message) => {
    await expect(readPolicy(context({}, {}, kind), gate(), 'base')).rejects.toThrow(message);
  });

  it('refuses an event without a base, a text that is not UTF-8, and one that is too long', async () => {
    await expect(readPolicy(context({}, { baseSha: null }), gate(), 'base')).rejects.toThrow(
      'tells no base commit',
    );
    writeFileSync(gate(), Buffer.from([0xff, 0xfe, 0xff]));
    await expect(readPolicy(context({}, {}, 'terminal'), gate(), 'base')).rejects.toThrow('is not UTF-8');
    writeFileSync(gate(), Buffer.alloc(1024 * 1024 + 1, 'a'));
    await expect(readPolicy(context({}, {}, 'terminal'), gate(), 'base')).rejects.toThrow('at most 1048576');
  });

  it('does not search for the diff of two texts that have nothing in common', async () => {
    const many = (word: string): string => Array.from({ length: 50_000 }, (_, i) => `${word}${i}`).join('\n');
    writeFileSync(gate(), many('b'));
    const startedAt = performance.now();
    const { policy } = await readPolicy(context({ [`${BASE}:gate.yaml`]: many('a') }), gate(), 'base');
    expect(policy.diff).toBe('More than 2000 lines of gate.yaml differ from the proposed text.');
    // Seconds of one processor at most; the search itself takes minutes.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('cuts a diff that is too long to read', async () => {
    writeFileSync(gate(), Array.from({ length: 500 }, (_, line) => `new ${line}`).join('\n'));
    const { policy } = await readPolicy(context({ [`${BASE}:gate.yaml`]: 'old\n' }), gate(), 'base');
    expect(policy.diff).toMatch(/… \d+ further lines of the change$/);
  });
});

describe('repositoryRoot', () => {
  it('finds a checkout in a folder of the workspace', () => {
    mkdirSync(join(workspace, 'checkout', '.git'), { recursive: true });
    expect(repositoryRoot(workspace, join(workspace, 'checkout', 'ml', 'gate.yaml'))).toBe(
      join(workspace, 'checkout'),
    );
    expect(repositoryRoot(workspace, gate())).toBe(workspace);
  });
});
