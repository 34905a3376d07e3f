import { describe, expect, it } from 'vitest';
import type { Phase, TrainingEngine, TrainingStatus } from '../../actions/train-model/src/engines/engine.ts';
import { followTraining } from '../../actions/train-model/src/follower.ts';

const SUBMISSION = { id: 's', key: 'k', url: null };
const status = (phase: Phase): TrainingStatus => ({
  phase,
  reason: null,
  failureClass: null,
  exitCode: null,
  signal: null,
  peakMemoryBytes: null,
});

/** An engine that goes through phases, one a poll; time is that of the polls. */
function scripted(phases: Phase[], logs: () => AsyncIterable<string> = none) {
  let current: Phase = 'queued';
  const stops: number[] = [];
  const engine: TrainingEngine = {
    check: () => Promise.resolve([]),
    find: () => Promise.resolve(undefined),
    submit: () => Promise.resolve(SUBMISSION),
    status: () => {
      current = phases.shift() ?? current;
      return Promise.resolve(status(current));
    },
    logs,
    metrics: none,
    cost: () => Promise.resolve(undefined),
    stop: (_submission, graceMs) => {
      stops.push(graceMs);
      phases.push('cancelled');
      return Promise.resolve();
    },
    outputs: () => Promise.resolve({ files: [], missing: [], stale: [] }),
  };
  return { engine, stops };
}

async function* none(): AsyncGenerator<never> {
  // Nothing is told.
}

function follow(
  engine: TrainingEngine,
  options: { limitMs?: number; signal?: AbortSignal; lines?: string[] } = {},
) {
  let time = 0;
  const slept: number[] = [];
  const ended = followTraining({
    engine,
    submission: SUBMISSION,
    clock: {
      now: () => time,
      sleep: (ms) => {
        slept.push(ms);
        time += ms;
        return Promise.resolve();
      },
    },
    pollMs: 1000,
    limitMs: options.limitMs,
    graceMs: 7,
    signal: options.signal ?? new AbortController().signal,
    onLine: (line) => options.lines?.push(line),
    onPoint: () => undefined,
  });
  return { ended, slept };
}

describe('followTraining', () => {
  it('polls until the engine says that it has ended', async () => {
    const { engine, stops } = scripted(['queued', 'starting', 'running', 'succeeded']);
    const { ended, slept } = follow(engine);
    expect((await ended).phase).toBe('succeeded');
    expect(slept).toEqual([1000, 1000, 1000]);
    expect(stops).toEqual([]);
  });

  it('stops at the limit, to the millisecond', async () => {
    const { engine, stops } = scripted(['running']);
    const { ended, slept } = follow(engine, { limitMs: 2500 });
    expect(await ended).toMatchObject({ failureClass: 'time-limit', phase: 'cancelled' });
    expect(slept).toEqual([1000, 1000, 500]);
    expect(stops).toEqual([7]);
  });

  it('stops when the step is cancelled', async () => {
    const { engine, stops } = scripted(['running']);
    const { ended } = follow(engine, { signal: AbortSignal.abort() });
    expect(await ended).toMatchObject({
      failureClass: 'cancelled',
      reason: 'The step was cancelled, and was ended (stopped).',
    });
    expect(stops).toEqual([7]);
  });

  it('does not believe logs: neither their end nor their failure ends anything', async () => {
    const lines: string[] = [];
    const { engine } = scripted(['running', 'running', 'lost'], async function* () {
      yield 'one';
      await Promise.resolve();
      throw new Error('connection lost');
    });
    expect((await follow(engine, { lines }).ended).phase).toBe('lost');
    expect(lines).toEqual(['one']);
  });
});
