import { describe, expect, it } from 'vitest';
import { type WaitingFacts, waitingFor, waitingSince } from './waiting.ts';

const FACTS: WaitingFacts = {
  status: 'queued',
  labels: ['self-hosted', 'gpu'],
  queuedSinceMs: Date.parse('2026-11-22T19:20:31Z'),
  environments: [],
  runners: undefined,
};
const runner = (labels: string[], online: boolean, busy: boolean) => ({ labels, online, busy });
const GPU = ['Self-Hosted', 'GPU', 'linux'];

describe('what a training waits for', () => {
  it.each<[Partial<WaitingFacts>, string]>([
    [{}, 'no runner with the labels self-hosted, gpu has taken it yet'],
    [{ environments: ['gpu', 'paid'] }, 'somebody has to approve the environment gpu, paid'],
    [{ status: 'waiting' }, 'an environment has to let it through'],
    [{ status: 'pending' }, 'another run of its concurrency group has to end first'],
    [
      { runners: [runner(['gpu'], true, false), runner(GPU, false, false)] },
      'no runner with the labels self-hosted, gpu is online in this repository; one of the organisation, or one that starts on demand, may take it',
    ],
    [
      { runners: [runner(GPU, true, true)] },
      'the only runner with the labels self-hosted, gpu works on another job',
    ],
    [
      { runners: [runner(GPU, true, true), runner(GPU, true, true), runner(GPU, false, false)] },
      'each of the 2 runners with the labels self-hosted, gpu works on another job',
    ],
    [
      { runners: [runner(GPU, true, true), runner(GPU, true, false)] },
      'a runner with the labels self-hosted, gpu is online and has to take it',
    ],
  ])('%j', (facts, words) => {
    expect(waitingFor({ ...FACTS, ...facts })).toBe(words);
  });

  it('is told with the time since when', () => {
    expect(waitingSince({ ...FACTS, status: 'pending' })).toBe(
      'another run of its concurrency group has to end first (queued since 2026-11-22 19:20 UTC)',
    );
  });
});
