import { describe, expect, it } from 'vitest';
import { findAct } from './act.ts';
import { Yard } from './yard.ts';

const CI = process.env['CI'] === 'true';
const missing = findAct() === undefined && !CI;
const TIMEOUT_MS = 600_000;

describe.skipIf(missing)('the example under a runner (skipped without act, which .ci/run installs)', () => {
  it(
    'compares the second pull request with what main published after the first, on fresh machines',
    async () => {
      await using yard = await Yard.open();
      const { fake, repository } = yard;

      const first = yard.openPullRequest('first', { hidden: 16, epochs: 15 });
      const firstRun = await yard.run(yard.pullRequestEvent(first));
      expect(firstRun.jobs, firstRun.text).toEqual({ 'digits/model': 'success' });
      expect(fake.commentsOf(first.number)).toHaveLength(1);
      expect(fake.world.releases).toEqual([]);
      expect(states(fake, first.head)).toEqual({
        'trainyard/digits': 'success',
        'trainyard/digits/data': 'success',
        'trainyard/digits/training': 'success',
        'trainyard/digits/publication': 'success',
        'trainyard/digits/deployment': 'success',
      });

      repository.merge('first');
      const published = yard.publishMain();
      const main = await yard.run(yard.pushEvent(published));
      expect(main.jobs, main.text).toEqual({
        'digits main/train': 'success',
        'digits main/release': 'success',
      });
      expect(fake.world.releases.map(({ tag, draft }) => ({ tag, draft }))).toEqual([
        { tag: 'digits-v1', draft: false },
      ]);
      for (const alias of ['candidate', 'production']) {
        expect([...fake.world.refs.keys()]).toContain(`refs/trainyard/digits/${alias}`);
      }
      // The last step of the job called the endpoint, and the post step ended it.
      expect(main.text).toContain('"name":"digits"');
      const post = main.lines.find(
        ({ stage, step, stepResult }) =>
          stage === 'Post' && step?.includes('deploy-endpoint') === true && stepResult !== undefined,
      );
      expect(post?.stepResult).toBe('success');
      const url = /::set-output:: url=(http:\/\/127\.0\.0\.1:\d+)/.exec(main.text)?.[1];
      await expect(fetch(`${url ?? 'unknown'}/v2/health/live`)).rejects.toThrow('fetch failed');

      const second = yard.openPullRequest('second', { hidden: 64, epochs: 40 });
      const secondRun = await yard.run(yard.pullRequestEvent(second));
      expect(secondRun.jobs, secondRun.text).toEqual({ 'digits/model': 'success' });
      const [comment = ''] = fake.commentsOf(second.number);
      expect(comment).toContain('v1');
      expect(states(fake, second.head)['trainyard/digits']).toBe('success');

      const third = yard.openPullRequest('third', { 'label-noise': 0.6, hidden: 64, epochs: 40 });
      const thirdRun = await yard.run(yard.pullRequestEvent(third));
      expect(thirdRun.jobs, thirdRun.text).toEqual({ 'digits/model': 'failure' });
      expect(states(fake, third.head)).toEqual({
        'trainyard/digits': 'failure',
        'trainyard/digits/data': 'success',
        'trainyard/digits/training': 'success',
      });
      expect(fake.commentsOf(third.number)).toHaveLength(1);
      expect(fake.world.releases).toHaveLength(1);
    },
    TIMEOUT_MS,
  );
});

/** The newest state of each status context of a commit. */
function states(fake: Yard['fake'], sha: string): Record<string, string> {
  return Object.fromEntries(
    fake.world.statuses.filter((status) => status.sha === sha).map(({ context, state }) => [context, state]),
  );
}
