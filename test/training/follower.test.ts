import { describe, expect, it } from 'vitest';
import {
  type Phase,
  QUIET,
  type TrainingEngine,
  type TrainingStatus,
} from '../../actions/train-model/src/engines/engine.ts';
import { type EarlyEnd, followTraining } from '../../actions/train-model/src/follower.ts';

const SUBMISSION = { id: 's', key: 'k', url: null };
const status = (phase: Phase): TrainingStatus => ({ ...QUIET, phase });

/** An engine that goes through phases, one a poll; time is that of the polls. */
function scripted(phases: Phase[], logs: () => AsyncIterable<string> = none) {
  let current: Phase = 'queued';
  const stops: string[] = [];
  const engine: TrainingEngine = {
    pollMs: 1000,
    check: () => Promise.resolve([]),
    find: () => Promise.resolve(undefined),
    submit: () => Promise.resolve(SUBMISSION),
    status: () => {
      current = phases.shift() ?? current;
      return Promise.resolve(status(current));
    },
    logs,
    metrics: none,
    cost: () => Promise.resolve([]),
    stop: (_submission, graceMs, why) => {
      stops.push(`${why} ${graceMs}`);
      phases.push('cancelled');
      return Promise.resolve();
    },
    outputs: () => Promise.resolve({ files: [], missing: [], stale: [] }),
    recorded: () => Promise.resolve(undefined),
  };
  return { engine, stops };
}

async function* none(): AsyncGenerator<never> {
  // Nothing is told.
}

function follow(
  engine: TrainingEngine,
  options: { early?: { after: number; end: EarlyEnd }; signal?: AbortSignal; lines?: string[] } = {},
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
    endsEarly: () =>
      options.early !== undefined && time >= options.early.after ? options.early.end : undefined,
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
    expect((await ended).status.phase).toBe('succeeded');
    expect(slept).toEqual([1000, 1000, 1000]);
    expect(stops).toEqual([]);
  });

  it('stops at a limit, at the next look', async () => {
    const { engine, stops } = scripted(['running']);
    const end = { failureClass: 'time-limit', why: 'It ran for longer than allowed' } as const;
    const { ended, slept } = follow(engine, { early: { after: 2000, end } });
    expect((await ended).status).toMatchObject({
      failureClass: 'time-limit',
      phase: 'cancelled',
      reason: 'It ran for longer than allowed, and was ended (stopped).',
    });
    expect(slept).toEqual([1000, 1000]);
    expect(stops).toEqual(['limit 7']);
  });

  it('takes an early end that is no failure for a success', async () => {
    const { engine } = scripted(['running']);
    const { ended } = follow(engine, {
      early: { after: 0, end: { failureClass: null, why: 'It stood still' } },
    });
    expect(await ended).toMatchObject({
      status: { phase: 'succeeded', failureClass: null, reason: null },
      stoppedEarly: 'It stood still, and was ended (stopped).',
    });
  });

  it('stops when the step is cancelled', async () => {
    const { engine, stops } = scripted(['running']);
    const { ended } = follow(engine, { signal: AbortSignal.abort() });
    expect((await ended).status).toMatchObject({
      failureClass: 'cancelled',
      reason: 'The step was cancelled, and was ended (stopped).',
    });
    expect(stops).toEqual(['cancelled 7']);
  });

  it('does not believe logs: neither their end nor their failure ends anything', async () => {
    const lines: string[] = [];
    const { engine } = scripted(['running', 'running', 'lost'], async function* () {
      yield 'one';
      await Promise.resolve();
      throw new Error('connection lost');
    });
    expect((await follow(engine, { lines }).ended).status.phase).toBe('lost');
    expect(lines).toEqual(['one']);
  });
});
