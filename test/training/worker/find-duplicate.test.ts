import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDuplicate } from '../../../actions/train-model/src/worker/find-duplicate.ts';
import { createClient } from '../../../shared/github/client.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import { quietLogger } from '../../github/quiet-logger.ts';
import { openYard, WORKER_FILE } from './yard.ts';

const signal = AbortSignal.timeout(60_000);
const TITLE = 'Train digits aa.1';
let directory: string;
let fake: FakeGitHub;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ty-duplicate-'));
  fake = await startFakeGitHub();
  openYard(fake);
});
afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function run(id: number, displayTitle: string, ended: { status?: string; conclusion?: string } = {}): void {
  fake.world.run({
    id,
    event: 'workflow_dispatch',
    path: `.github/workflows/${WORKER_FILE}`,
    displayTitle,
    ...ended,
  });
}

async function duplicateOf(runId: number): Promise<string | undefined> {
  const environment = await fake.environment({ directory, workspace: directory });
  const client = await createClient({ token: fake.defaultToken, environment, logger: quietLogger() });
  const found = await findDuplicate(
    { client, repository: 'acme/digits', workflow: WORKER_FILE, title: TITLE, runId: String(runId) },
    signal,
  );
  return found?.id;
}

describe('a worker that was dispatched twice', () => {
  it('leaves the training to the run that came first, and that one has none before it', async () => {
    run(501, TITLE);
    run(502, TITLE);
    expect(await duplicateOf(502)).toBe('501');
    expect(await duplicateOf(501)).toBeUndefined();
  });

  it.each(['success', 'cancelled', 'failure'])(
    'also after a first run that ended as %s',
    async (conclusion) => {
      run(501, TITLE, { status: 'completed', conclusion });
      run(502, TITLE);
      expect(await duplicateOf(502)).toBe('501');
    },
  );

  it('is not confused by other trainings, nor by other generations', async () => {
    run(501, 'Train digits aa.2');
    run(502, TITLE);
    run(503, 'Train letters bb.1');
    expect(await duplicateOf(502)).toBeUndefined();
  });

  it('is found behind hundreds of other runs, and no more pages are read than it takes', async () => {
    run(1, TITLE);
    for (let id = 600; id < 750; id += 1) run(id, `Train other ${id}`);
    run(2_000, TITLE);
    expect(await duplicateOf(2_000)).toBe('1');
    const pages = fake.exchanges.filter(({ url }) => url.includes('/workflows/'));
    expect(pages).toHaveLength(2);
  });
});
