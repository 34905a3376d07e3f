import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openInputs, variableOf } from '../../shared/action/inputs.ts';
import type { Outcome } from '../../shared/action/action.ts';
import { QUIET, type TrainingStatus } from '../../actions/train-model/src/engines/engine.ts';
import { INPUTS, readInputs } from '../../actions/train-model/src/inputs.ts';
import { startLiveReport } from '../../actions/train-model/src/live-report.ts';
import { prepare } from '../../actions/train-model/src/prepare.ts';
import { readActionFile } from '../harness/action-file.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
});
afterEach(async () => {
  vi.useRealTimers();
  await place[Symbol.asyncDispose]();
});

const RUNNING: TrainingStatus = { ...QUIET, phase: 'running' };

/** A report whose edits end when they are told to. */
async function scene(mayReport = () => true) {
  const given = { model: 'digits', command: 'python train.py', engine: 'github', 'runs-on': 'gpu' };
  const defaults = Object.entries(readActionFile('train-model').inputs).map(
    ([name, { default: value = '' }]) => [name, value.includes('${{') ? '' : value],
  );
  const values = Object.entries({ ...Object.fromEntries(defaults), ...given } as Record<string, string>);
  const environment = Object.fromEntries(values.map(([name, value]) => [variableOf(name), value]));
  const inputs = readInputs(openInputs(INPUTS, environment, place.directory));
  if (inputs.dispatch === undefined) throw new Error('not dispatched');
  const shown: Outcome<'training'>[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const context = {
    ...place.context(),
    showProgress: (outcome: unknown) =>
      new Promise<void>((resolve, reject) => {
        shown.push(outcome as Outcome<'training'>);
        ends.push((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
  const prepared = await prepare(inputs, context);
  const dispatch = {
    workflow: 'trainyard-worker.yml',
    ref: 'topic',
    runId: '7',
    url: null,
    runsOn: ['gpu'],
    mode: 'follow' as const,
    generation: 1,
    queuedMs: null,
    waits: [],
  };
  vi.useFakeTimers({ toFake: ['performance'] });
  const report = startLiveReport({
    inputs: { ...inputs, dispatch: inputs.dispatch },
    context,
    prepared,
    engine: { dispatchOf: () => dispatch, mayReport } as unknown as Parameters<
      typeof startLiveReport
    >[0]['engine'],
    submission: { id: '7', key: 'k', url: null },
  });
  return { report, shown, ends };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the comment of a training that is followed', () => {
  it('is edited at most once a minute, one edit at a time, and only where something is new', async () => {
    const { report, shown, ends } = await scene();
    report.status({ ...RUNNING, phase: 'queued', waiting: 'no runner with the label gpu is online' });
    expect(shown[0]).toMatchObject({ verdict: 'pending' });
    expect(shown[0]?.summary).toContain('no runner with the label gpu');
    vi.advanceTimersByTime(61_000);
    report.status(RUNNING);
    expect(shown).toHaveLength(1); // the first edit has not ended
    ends[0]?.();
    await settle();
    report.point({ step: 1, values: { loss: 0.5 }, total: 10 });
    report.status(RUNNING);
    expect(shown).toHaveLength(2);
    expect(shown[1]?.body?.series).toEqual([{ metric: 'loss', points: [[1, 0.5]] }]);
    ends[1]?.();
    await settle();
    vi.advanceTimersByTime(30_000);
    report.point({ step: 2, values: { loss: 0.4 }, total: 10 });
    report.status(RUNNING);
    expect(shown).toHaveLength(2); // half a minute
    vi.advanceTimersByTime(31_000);
    report.status(RUNNING);
    expect(shown).toHaveLength(3);
    // Eight of its steps are left.
    expect(shown[2]?.summary).toMatch(/^Training on the worker: step 2 of 10, about \d+ min left\.$/);
    ends[2]?.();
    await settle();
    vi.advanceTimersByTime(120_000);
    report.status(RUNNING);
    expect(shown).toHaveLength(3); // nothing new
    await report.end();
  });

  it('is not edited where the requests of the hour are spent, and fails nothing', async () => {
    let may = false;
    const { report, shown, ends } = await scene(() => may);
    report.status(RUNNING);
    expect(shown).toHaveLength(0);
    may = true;
    report.status(RUNNING);
    expect(shown).toHaveLength(1);
    const ended = report.end();
    ends[0]?.(new Error('GitHub is away'));
    await ended;
    expect(place.lines.join('\n')).toContain('GitHub is away');
  });
});
