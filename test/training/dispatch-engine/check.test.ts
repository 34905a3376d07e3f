import { describe, expect, it } from 'vitest';
import { createClient } from '../../../shared/github/client.ts';
import { RefusedError } from '../../../shared/github/permission.ts';
import { startFakeGitHub } from '../../github/fake-github.ts';
import { quietLogger } from '../../github/quiet-logger.ts';
import { FakeClock, JOB, openEngine, prepareWorld, type SceneOptions, WORKER_FILE } from './scene.ts';

const { signal } = new AbortController();

async function findings(file: string | undefined, options: SceneOptions = {}): Promise<string[]> {
  await using fake = await startFakeGitHub();
  const clock = new FakeClock();
  if (file === undefined) fake.commit({ 'README.md': 'x' }, { ref: 'refs/heads/main' });
  else prepareWorld(fake, clock, file);
  fake.commit({ 'README.md': 'x' }, { ref: 'refs/heads/old' });
  const { sha } = fake.commit(
    { '.github/workflows/trainyard-worker.yml': WORKER_FILE },
    { ref: 'refs/heads/topic' },
  );
  fake.world.refs.set('refs/tags/v1', sha);
  const engine = await openEngine(fake, clock, options);
  const found = await engine.check(JOB, signal);
  expect(fake.world.dispatches).toHaveLength(0);
  return found.map(
    ({ code, message, remedy }) => `${code === undefined ? '' : `[${code}] `}${message} ${remedy}`,
  );
}

describe('what is wrong with a worker is found before anything is dispatched', () => {
  it('nothing, on a branch and on a tag', async () => {
    expect(await findings(WORKER_FILE)).toEqual([]);
    expect(await findings(WORKER_FILE, { ref: 'topic' })).toEqual([]);
    expect(await findings(WORKER_FILE, { ref: 'v1' })).toEqual([]);
  });

  it('a worker that is not on the default branch yet', async () => {
    const [found] = await findings(undefined, { ref: 'topic' });
    expect(found).toBe(
      '[no-worker] The worker workflow .github/workflows/trainyard-worker.yml is not on the default branch yet, and GitHub dispatches no other. ' +
        'Merge the file first (docs/guides/gpu-runners.md has it), or give "fallback: local" so that this run trains here.',
    );
  });

  it.each([
    ['old', 'is on the default branch, but not on "old".'],
    ['gone', 'The repository has no branch or tag "gone".'],
    ['c'.repeat(40), `The repository has no branch or tag "${'c'.repeat(40)}".`],
  ])('the ref %s', async (ref, message) => {
    const found = await findings(WORKER_FILE, { ref });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('a job that is too long', async () => {
    const found = await findings(WORKER_FILE, { raw: { command: 'x'.repeat(70_000) } });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^The job has 7\d,\d{3} characters; GitHub dispatches at most 65,535\./);
  });

  it('inputs that the worker does not declare', async () => {
    const found = await findings(WORKER_FILE, { dispatch: { workerInputs: { size: '1' } } });
    expect(found[0]).toContain(
      'Input "worker-inputs" names "size", which .github/workflows/trainyard-worker.yml',
    );
  });

  it('a fork, without asking anything', async () => {
    const found = await findings(WORKER_FILE, { origin: { runAttempt: 1, fork: true } });
    expect(found[0]).toContain('A pull request from a fork is not dispatched');
  });

  it('a workflow that was disabled', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const client = await createClient({
      token: fake.defaultToken,
      environment: { GITHUB_API_URL: fake.url },
      logger: quietLogger(),
    });
    let state = 'disabled_manually';
    client.hook.after('request', (response, { url }) => {
      if (url.endsWith('/workflows/{workflow_id}')) response.data = { ...(response.data as object), state };
    });
    const engine = await openEngine(fake, clock, { client });
    expect((await engine.check(JOB, signal))[0]?.message).toContain('is not active: somebody disabled it.');
    state = 'on_holiday';
    expect((await engine.check(JOB, signal))[0]?.message).toContain('its state is "on_holiday"');
  });

  it('a token that may not look', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    for (const permissions of [{}, { actions: 'read' as const }]) {
      const engine = await openEngine(fake, clock, { token: fake.token({ permissions }) });
      await expect(engine.check(JOB, signal)).rejects.toThrow(RefusedError);
    }
  });
});
