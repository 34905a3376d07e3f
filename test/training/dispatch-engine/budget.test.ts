import { describe, expect, it } from 'vitest';
import { progressGap } from '../../../actions/train-model/src/decide/progress-gap.ts';
import { startFakeGitHub } from '../../github/fake-github.ts';
import { dispatched, FakeClock, follow, JOB, KEY, openEngine, prepareWorld, publish, record } from './scene.ts';

const { signal } = new AbortController();
const HOUR = 3_600_000;

describe('a training of 24 hours', () => {
  it('costs at most 60 requests an hour that are not 304, and its end is seen within 15 s', async () => {
    await using fake = await startFakeGitHub();
    const clock = new FakeClock();
    prepareWorld(fake, clock);
    const engine = await openEngine(fake, clock);
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
    const answers: { at: number; status: number }[] = [];
    let told = 0;
    const take = (): void => {
      for (const { status, url } of fake.exchanges.splice(0)) {
        if (url.startsWith('/repos/')) answers.push({ at: clock.now(), status });
      }
    };
    const watched = {
      now: () => clock.now(),
      sleep: async (ms: number) => {
        take();
        await clock.sleep(ms);
      },
    };
    const { followed, points } = await follow(engine, submission, watched, {
      onStatus() {
        const at = clock.now();
        if (at - (comments.at(-1) ?? -HOUR) < 60_000 || told === answers.length || !engine.mayReport()) return;
        told = answers.length;
        comments.push(at);
      },
    });
    take();
    expect(followed.status.phase).toBe('succeeded');
    expect(clock.now() - end).toBeLessThanOrEqual(15_000);
    const counted = [
      ...answers.filter(({ status }) => status !== 304).map(({ at }) => at),
      ...comments.flatMap((at) => [at, at]),
    ].toSorted((a, b) => a - b);
    const largest = Math.max(...counted.map((from) => counted.filter((at) => at >= from && at < from + HOUR).length));
    console.log(
      `24 h: ${answers.length} requests, of which ${counted.length - 2 * comments.length} are not 304; ` +
        `${comments.length} edits of the comment at 2 each; ${counted.length} counted, ${(counted.length / 24).toFixed(1)} an hour, ` +
        `at most ${largest} in any hour; ${points.length} of ${sequence} progress artifacts read; ` +
        `the end was seen after ${((clock.now() - end) / 1000).toFixed(1)} s`,
    );
    expect(largest).toBeLessThanOrEqual(60);
    expect(engine.requests().largestHour).toBe(largest);
    expect(points.length).toBeGreaterThan(100);
  });
});
