import { describe, expect, it } from 'vitest';
import { ACTION_NAMES, type ActionName } from '../../shared/names.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import type { StepOutcome } from '../harness/step.ts';
import { GATE, type JobOptions, Project } from './project.ts';

const MINUTE_MS = 60_000;
const PLAN: Partial<Record<ActionName, Record<string, string>>> = {
  'publish-model': { mode: 'plan' },
  'deploy-endpoint': { mode: 'plan' },
};

/** Runs the five actions in order, whatever each says, and the post steps; returns what came of them. */
async function inOneJob(
  project: Project,
  fake: FakeGitHub,
  options: JobOptions,
  inputs: Partial<Record<ActionName, Record<string, string>>> = {},
): Promise<Record<ActionName, StepOutcome>> {
  await using job = await project.job(fake, options);
  const outcomes: Partial<Record<ActionName, StepOutcome>> = {};
  for (const action of ACTION_NAMES) outcomes[action] = await job.step(action, inputs[action]);
  return outcomes as Record<ActionName, StepOutcome>;
}

const verdicts = (outcomes: Record<ActionName, StepOutcome>): string[] =>
  ACTION_NAMES.map(
    (action) =>
      `${action} ${outcomes[action].outputs['verdict'] ?? 'none'} ${outcomes[action].exitCode ?? 'killed'}`,
  );

const ALL_PASS = ACTION_NAMES.map((action) => `${action} pass 0`);

describe('the five built actions in one job', () => {
  it(
    'publish and deploy from main, then judge a pull request against that',
    { timeout: 5 * MINUTE_MS },
    async () => {
      await using fake = await startFakeGitHub();
      using project = new Project();

      const main = await inOneJob(project, fake, { event: 'push' });
      expect(verdicts(main), allLogs(main)).toEqual(ALL_PASS);
      expect(main['publish-model'].outputs['version']).toBe('v1');
      expect(main['train-model'].stdout).toContain('environment clean');
      expect(main['train-model'].outputs['stolen']).toBeUndefined();
      expect(main['deploy-endpoint'].state).not.toEqual({});

      project.train({ right: 40, scale: 5 });
      project.commit();
      const worse = await inOneJob(project, fake, { event: 'pull_request' }, PLAN);
      expect(verdicts(worse), allLogs(worse)).toEqual([
        'validate-data pass 0',
        'train-model pass 0',
        'evaluate-gate fail 1',
        'publish-model error 1',
        'deploy-endpoint error 1',
      ]);
      expect(fake.commentsOf(1)).toHaveLength(1);
      const [comment = ''] = fake.commentsOf(1);
      expect(comment).toContain('0.6667');
      expect(comment).toContain('0.95');
      const statuses = fake.world.statuses.map(({ context, state }) => `${context} ${state}`);
      expect(statuses).toContain('trainyard/points failure');
      expect(statuses).toContain('trainyard/points/data success');

      project.train({ right: 60, scale: 6 });
      project.commit();
      const better = await inOneJob(project, fake, { event: 'pull_request' }, PLAN);
      expect(verdicts(better), allLogs(better)).toEqual(ALL_PASS);
      expect(better['evaluate-gate'].outputs['baseline-version']).toBe('v1');
      expect(better['validate-data'].summary).toContain('points');
      // Plan mode changes nothing: main's one version is still the only one.
      expect(
        fake.world.releases.filter((release) => !release.draft && /v\d+$/.test(release.tag)),
      ).toHaveLength(1);
    },
  );

  it('judge by the policy of the base, and show the change to it', { timeout: 3 * MINUTE_MS }, async () => {
    await using fake = await startFakeGitHub();
    using project = new Project({ right: 30 });
    await using onMain = await project.job(fake, { event: 'push' });
    expect((await onMain.step('validate-data')).exitCode).toBe(0);

    project.write('gate.yaml', GATE.replace('min: 0.8, max-regression: 0.01', 'min: 0.1'));
    project.commit();
    await using job = await project.job(fake, { event: 'pull_request' });
    await job.step('validate-data');
    await job.step('train-model');
    const gate = await job.step('evaluate-gate');
    expect(gate.outputs['verdict'], gate.stdout).toBe('fail');
    expect(fake.commentsOf(1)[0]).toContain('min: 0.1');
  });

  it(
    'tell a fork in one line why there is no comment, and judge all the same',
    { timeout: 3 * MINUTE_MS },
    async () => {
      await using fake = await startFakeGitHub();
      using project = new Project();
      await using main = await project.job(fake, { event: 'push' });
      expect((await main.step('validate-data')).exitCode).toBe(0);
      const token = fake.token({
        permissions: { contents: 'read', metadata: 'read', actions: 'read', 'pull-requests': 'read' },
      });
      await using job = await project.job(fake, { event: 'pull_request', fork: true, token });
      const data = await job.step('validate-data');
      expect([data.exitCode, data.outputs['verdict']], data.stdout).toEqual([0, 'pass']);
      expect(data.stdout).toMatch(/No comment: .*pull-requests: write/);
      expect(data.stdout).toMatch(/No commit status: .*statuses: write/);
      expect(data.summary).toContain('points');
      expect(fake.commentsOf(1)).toEqual([]);

      await using own = await project.job(fake, {
        event: 'pull_request',
        fork: true,
        token,
        runnerEnvironment: 'self-hosted',
      });
      const refused = await own.step('train-model');
      expect([refused.exitCode, refused.outputs['verdict']]).toEqual([1, 'error']);
      expect(refused.stdout).toMatch(/::error.*fork/);
      expect(refused.stdout).not.toContain('environment clean');
    },
  );

  it.each([
    ['no token', { token: '' }],
    ['a token that GitHub does not know', { token: 'ghs_wrong' }],
  ])('name the remedy where there is %s', { timeout: MINUTE_MS }, async (_, options) => {
    await using fake = await startFakeGitHub();
    using project = new Project();
    await using main = await project.job(fake, { event: 'push' });
    expect((await main.step('validate-data')).exitCode).toBe(0);
    await using job = await project.job(fake, {
      event: 'pull_request',
      ...options,
      environment: { GITHUB_TOKEN: '' },
    });
    const outcome = await job.step('validate-data');
    expect([outcome.exitCode, outcome.outputs['verdict']], outcome.stdout).toEqual([1, 'error']);
    expect(outcome.stdout).toMatch(/::error.*token/);
  });

  it.each([
    ['a 502', { kind: 'bad-gateway', times: 1 }, /Comment: /],
    [
      'a secondary limit',
      { kind: 'secondary-limit', times: 1, retryAfterSeconds: 1, on: 'POST .*comments' },
      /Comment: /,
    ],
    [
      'comments that answer 502 for ever',
      { kind: 'bad-gateway', on: 'comments' },
      /comment could not be written/i,
    ],
    ['comments that never answer', { kind: 'silence', on: 'comments' }, /comment could not be written/i],
  ] as const)('keep the verdict through %s', { timeout: 4 * MINUTE_MS }, async (_, fault, said) => {
    await using fake = await startFakeGitHub();
    using project = new Project();
    await using main = await project.job(fake, { event: 'push' });
    expect((await main.step('validate-data')).exitCode).toBe(0);
    await using job = await project.job(fake, {
      event: 'pull_request',
      environment: { TRAINYARD_GITHUB_TIMEOUT_SECONDS: '1' },
    });
    fake.fail(fault);
    const outcome = await job.step('validate-data');
    expect([outcome.exitCode, outcome.outputs['verdict']], outcome.stdout).toEqual([0, 'pass']);
    expect(outcome.stdout).toMatch(said);
  });
});

function allLogs(outcomes: Record<ActionName, StepOutcome>): string {
  return ACTION_NAMES.map(
    (action) => `== ${action}\n${outcomes[action].stdout}\n${outcomes[action].stderr}`,
  ).join('\n');
}
