import { describe, expect, it } from 'vitest';
import { progressGap } from '../../../actions/train-model/src/decide/progress-gap.ts';
import { createClient, type GitHubClient } from '../../../shared/github/client.ts';
import { GitHubError } from '../../../shared/github/permission.ts';
import { type FakeGitHub, startFakeGitHub } from '../../github/fake-github.ts';
import { quietLogger } from '../../github/quiet-logger.ts';
import {
  dispatched,
  FakeClock,
  follow,
  JOB,
  KEY,
  openEngine,
  prepareWorld,
  publish,
  record,
} from './scene.ts';

const { signal } = new AbortController();
const HOUR = 3_600_000;

/** Everything that the followed run's answers are made of. */
function stateOf({ world }: FakeGitHub): string {
  const runs = world.runs.map(({ id, updated }) => `${id} ${updated.getTime()}`);
  return `${runs.join()} ${world.workflowJobs.length} ${world.artifacts.length}`;
}

/** Every how many of the free answers the server is really asked for. */
const ASKED = 100;

/**
 * A client that counts its answers. Nine thousand times GitHub says that nothing has changed: where the fake's world
 * is as it was at the answer before, most of these are given here, without the network.
 */
async function countingClient(
  fake: FakeGitHub,
  answered: (status: number | undefined) => void,
): Promise<GitHubClient> {
  const client = await createClient({
    token: fake.defaultToken,
    environment: { GITHUB_API_URL: fake.url },
    logger: quietLogger(),
    secondMs: 2,
  });
  const known = new Map<string, string>();
  let free = 0;
  client.hook.wrap('request', async (request, options) => {
    const { url } = client.request.endpoint(options);
    const state = stateOf(fake);
    const unchanged = options.headers['if-none-match'] !== undefined && known.get(url) === state;
    try {
      if (unchanged && ++free % ASKED !== 0)
        throw new GitHubError('not modified', { status: 304, remedy: '' });
      const answer = await request(options);
      known.set(url, state);
      answered(answer.status);
      return answer;
    } catch (error) {
      if (error instanceof GitHubError && error.status === 304) known.set(url, state);
      answered(error instanceof GitHubError ? error.status : undefined);
      throw error;
    }
  });
  return client;
}

describe('a training of 24 hours', () => {
  it('costs at most 60 requests an hour that are not 304, and its end is seen within 15 s', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const answers: { at: number; status: number | undefined }[] = [];
    const client = await countingClient(fake, (status) => answers.push({ at: clock.now(), status }));
    const engine = await openEngine(fake, clock, { client });
    await engine.check(JOB, signal);
    await engine.find(KEY, signal);
    const submission = await engine.submit(JOB, KEY, signal);
    const runId = dispatched(fake);

    const began = 120_000;
    const end = began + 24 * HOUR;
    clock.at(began, () => fake.world.startRun(runId));
    // The worker tells its progress as it really does.
    let sequence = 0;
    for (let at = began + progressGap(0); at < end; at += progressGap(at - began)) {
      const number = ++sequence;
      clock.at(at, () => publish(fake, runId, number));
    }
    clock.at(end - 5_000, () => record(fake, runId));
    clock.at(end, () => fake.world.finishRun(runId, 'success'));

    // What the comment costs: as often as the live report may edit it.
    const comments: number[] = [];
    let told = 0;
    const { followed, points } = await follow(engine, submission, clock, {
      onStatus(seen) {
        const at = clock.now();
        if (at - (comments.at(-1) ?? -HOUR) < 60_000 || told === seen || !engine.mayReport()) return;
        told = seen;
        comments.push(at);
      },
    });
    expect(followed.status.phase).toBe('succeeded');
    expect(clock.now() - end).toBeLessThanOrEqual(15_000);
    const counted = [
      ...answers.filter(({ status }) => status !== 304).map(({ at }) => at),
      ...comments.flatMap((at) => [at, at]),
    ].toSorted((a, b) => a - b);
    const largest = Math.max(
      ...counted.map((from) => counted.filter((at) => at >= from && at < from + HOUR).length),
    );
    console.log(
      `24 h: ${answers.length} requests, of which ${counted.length - 2 * comments.length} are not 304; ` +
        `${comments.length} edits of the comment at 2 each; ${counted.length} counted, ${(counted.length / 24).toFixed(1)} an hour, ` +
        `at most ${largest} in any hour; ${points.length} of ${sequence} points shown; ` +
        `the end was seen after ${((clock.now() - end) / 1000).toFixed(1)} s`,
    );
    expect(largest).toBeLessThanOrEqual(60);
    expect(engine.requests().largestHour).toBe(largest);
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: sequence }, (_, index) => index + 1));
  });
});
