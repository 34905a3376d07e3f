import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Action, CommonInputs } from '../../shared/action/action.ts';
import { runAction } from '../../shared/action/run-action.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { quietLogger } from '../github/quiet-logger.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-action-'));
});
afterEach(async () => {
  // The shell ends a step by it; here it would end the test run.
  process.exitCode = undefined;
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** The least that an action can be: it measures nothing and passes. */
const action: Action<'data', CommonInputs> = {
  name: 'validate-data',
  kind: 'data',
  inputs: ['dataset', 'working-directory', 'id', 'matrix', 'token', 'comment', 'status', 'on-inconclusive'],
  outputs: ['verdict', 'passed', 'report-path'],
  readInputs: (reader) => ({
    subject: reader.subject('dataset'),
    onInconclusive: reader.oneOf('on-inconclusive', ['warn', 'fail']),
  }),
  run: () =>
    Promise.resolve({
      subject: 'points',
      dataset: 'points',
      verdict: 'pass',
      summary: 'All is well.',
      blame: null,
      notices: [],
      body: null,
      outputs: {},
      annotations: [],
    }),
};

async function step(fake: FakeGitHub, change: Record<string, string | undefined> = {}): Promise<string[]> {
  const said: string[] = [];
  const { sha } = fake.commit({ a: '1' });
  const environment: NodeJS.ProcessEnv = {
    ...(await fake.environment({ directory: folder, workspace: folder, sha, runId: 7, runNumber: 1 })),
    INPUT_DATASET: 'points',
    INPUT_COMMENT: 'true',
    INPUT_STATUS: 'true',
    'INPUT_ON-INCONCLUSIVE': 'warn',
    ...change,
  };
  // The toolkit writes outputs where the process itself is told to.
  vi.stubEnv('GITHUB_OUTPUT', environment['GITHUB_OUTPUT']);
  await runAction(action, { environment, logger: quietLogger(said) });
  return said;
}

describe('a section that could not be stored', () => {
  it('is no success: not for the step, not on the commit', async () => {
    await using fake = await startFakeGitHub();
    const onDisk = { ACTIONS_RUNTIME_TOKEN: undefined };
    expect((await step(fake, onDisk)).join('\n')).toContain('this runner gives no ACTIONS_RUNTIME_TOKEN');
    expect(process.exitCode).toBe(0);
    expect(fake.world.statuses.map(({ state }) => state)).toEqual(['success']);

    const said = await step(fake, onDisk);
    expect(said.join('\n')).toContain('This run already has a data section');
    expect(process.exitCode).toBe(1);
    const outputs = await readFile(join(folder, 'output'), 'utf8');
    expect(outputs.trimEnd().split('\n')).toContain('error');
    const [, status] = fake.world.statuses;
    expect(status).toMatchObject({ state: 'error', context: 'trainyard/points/data' });
    expect(status?.description).toContain('This run already has a data section');
  });
});
