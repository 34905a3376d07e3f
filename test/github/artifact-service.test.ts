import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeGitHub } from './fake-github.ts';
import { containing, matching } from './matching.ts';

const run = promisify(execFile);
const MODULES = join(import.meta.dirname, '../..');

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fake-artifacts-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Runs a module in a child process, as a step runs: the clients read the real environment. */
async function step(environment: Record<string, string>, code: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: MODULES,
    env: { PATH: process.env['PATH'], ...environment },
    timeout: 60_000,
  });
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(last);
}

describe('the artifact service', () => {
  it('takes, lists, gives and deletes what the real client sends, in blocks of 8 MiB', async () => {
    await using fake = await startFakeGitHub();
    const environment = await fake.environment({ directory, workspace: directory, runId: 42 });
    const big = Buffer.alloc(20 * 1024 * 1024, 'trainyard');
    await writeFile(join(directory, 'model.bin'), big);
    await writeFile(join(directory, 'notes.txt'), 'a note');
    const uploaded = await step(
      environment,
      `import { DefaultArtifactClient } from '@actions/artifact';
       const client = new DefaultArtifactClient();
       const files = ['model.bin', 'notes.txt'].map((name) => ${JSON.stringify(directory)} + '/' + name);
       const { id, digest } = await client.uploadArtifact('trainyard.digits.training.job.1', files, ${JSON.stringify(directory)}, { compressionLevel: 0 });
       const again = await client.uploadArtifact('trainyard.digits.training.job.1', files, ${JSON.stringify(directory)}).then(() => 'accepted', (error) => error.message);
       console.log('\\n' + JSON.stringify({ id, digest, again }));`,
    );
    expect(uploaded).toMatchObject({
      id: expect.any(Number) as unknown,
      digest: matching(/^[0-9a-f]{64}$/),
      again: containing('already exists'),
    });

    // Another job of the same run sees it, as long as the run goes on.
    const second = await fake.environment({ directory, workspace: directory, runId: 42, job: 'second' });
    const target = join(directory, 'out');
    const seen = await step(
      second,
      `import { DefaultArtifactClient } from '@actions/artifact';
       const client = new DefaultArtifactClient();
       const { artifacts } = await client.listArtifacts();
       const { artifact } = await client.getArtifact('trainyard.digits.training.job.1');
       const { digestMismatch } = await client.downloadArtifact(artifact.id, { path: ${JSON.stringify(target)}, expectedHash: artifact.digest });
       const deleted = await client.deleteArtifact('trainyard.digits.training.job.1');
       const after = await client.listArtifacts();
       console.log('\\n' + JSON.stringify({ names: artifacts.map((one) => one.name), digestMismatch, deleted: deleted.id === artifact.id, after: after.artifacts.length }));`,
    );
    expect(seen).toEqual({
      names: ['trainyard.digits.training.job.1'],
      digestMismatch: false,
      deleted: true,
      after: 0,
    });
    expect((await readFile(join(target, 'model.bin'))).equals(big)).toBe(true);
    expect(await readFile(join(target, 'notes.txt'), 'utf8')).toBe('a note');
    expect(fake.exchanges.filter((one) => one.url.includes('comp=block&')).length).toBeGreaterThan(2);
  });

  it('keeps runs apart, and refuses a token that is of no job', async () => {
    await using fake = await startFakeGitHub();
    const list = `import { DefaultArtifactClient } from '@actions/artifact';
      const result = await new DefaultArtifactClient().listArtifacts().then(({ artifacts }) => artifacts.length, (error) => error.message);
      console.log('\\n' + JSON.stringify(result));`;
    await writeFile(join(directory, 'a.txt'), 'a');
    const first = await fake.environment({ directory, workspace: directory, runId: 1 });
    await step(
      first,
      `import { DefaultArtifactClient } from '@actions/artifact';
       await new DefaultArtifactClient().uploadArtifact('a', [${JSON.stringify(join(directory, 'a.txt'))}], ${JSON.stringify(directory)});
       console.log('\\nnull');`,
    );
    const other = await fake.environment({ directory, workspace: directory, runId: 2 });
    expect(await step(other, list)).toBe(0);
    const stranger = `x.${Buffer.from(JSON.stringify({ scp: 'Actions.Results:a:b' })).toString('base64url')}.x`;
    expect(await step({ ...first, ACTIONS_RUNTIME_TOKEN: stranger }, list)).toContain('is of no job');
  });
});

describe('the cache service', () => {
  it('saves and restores by key and by restore key with the real client', async () => {
    await using fake = await startFakeGitHub();
    const environment = await fake.environment({ directory, workspace: directory });
    await writeFile(join(directory, 'lib.bin'), Buffer.alloc(6 * 1024 * 1024, 7));
    const path = JSON.stringify(join(directory, 'lib.bin'));
    const answer = await step(
      environment,
      `import { rmSync, existsSync, statSync } from 'node:fs';
       import { restoreCache, saveCache } from '@actions/cache';
       const missing = await restoreCache([${path}], 'duckdb-1');
       await saveCache([${path}], 'duckdb-1');
       rmSync(${path});
       const exact = await restoreCache([${path}], 'duckdb-1');
       const size = statSync(${path}).size;
       rmSync(${path});
       const byPrefix = await restoreCache([${path}], 'duckdb-2', ['duckdb-']);
       console.log('\\n' + JSON.stringify({ missing, exact, byPrefix, size, exists: existsSync(${path}) }));`,
    );
    expect(answer).toEqual({ exact: 'duckdb-1', byPrefix: 'duckdb-1', size: 6 * 1024 * 1024, exists: true });
  });
});
