import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import { messageOf } from '../../../shared/errors.ts';
import { SeriesCollector } from './decide/series.ts';
import type { Point, Submission, TrainingStatus } from './engines/engine.ts';
import type { GitHubEngine } from './engines/github.ts';
import { emptyBody, outcomeOf } from './outcome.ts';
import type { Prepared } from './prepare.ts';
import { timeLeft } from './progress-line.ts';
import type { DispatchingInputs } from './inputs.ts';

/** The comment is edited at most this often. */
const MIN_GAP_MS = 60_000;

export interface LiveReportOptions {
  readonly inputs: DispatchingInputs;
  readonly context: ActionContext;
  readonly prepared: Prepared;
  readonly engine: GitHubEngine;
  readonly submission: Submission;
}

/** Shows a dispatched training in the comment while it runs. */
export interface LiveReport {
  point(point: Point): void;
  status(status: TrainingStatus): void;
  end(): Promise<void>;
}

export function startLiveReport(options: LiveReportOptions): LiveReport {
  const { inputs, context, prepared, engine, submission } = options;
  const series = new SeriesCollector();
  let last = -Infinity;
  let shown = '';
  let writing: Promise<void> | undefined;
  let points = 0;
  /** Points come in batches: the pace is that since it was seen to run, not that of their coming. */
  let runningSince: number | undefined;
  let firstStep: number | undefined;
  let newest: Point | undefined;

  const outcome = (status: TrainingStatus): Outcome<'training'> => {
    const body = {
      ...emptyBody(inputs, prepared),
      submission: { ...submission },
      dispatch: engine.dispatchOf(submission),
      series: series.series(),
      metrics: series.last(),
    };
    return outcomeOf(
      inputs,
      prepared,
      body,
      { verdict: 'pending', summary: summaryOf(status), blame: null },
      [],
    );
  };
  const howFar = (): string => {
    if (firstStep === undefined || newest === undefined) return '';
    const { step, total = inputs.parameters['epochs'] } = newest;
    if (typeof total !== 'number') return `: step ${step}`;
    const left = timeLeft(
      step - firstStep,
      total - step,
      performance.now() - (runningSince ?? performance.now()),
    );
    return `: step ${step} of ${total}${left === '' ? '' : `, ${left}`}`;
  };
  const summaryOf = ({ phase, waiting }: TrainingStatus): string => {
    if (waiting !== null) return `Waiting: ${waiting}`;
    return phase === 'running' ? `Training on the worker${howFar()}.` : `The training is ${phase}.`;
  };

  const write = async (status: TrainingStatus): Promise<void> => {
    try {
      await context.showProgress(outcome(status));
    } catch (error) {
      context.logger.debug(`The comment could not show how the training goes on: ${messageOf(error)}`);
    }
  };

  return {
    point(point) {
      points += 1;
      firstStep ??= point.step;
      newest = point;
      series.add(point);
    },
    status(status) {
      const now = performance.now();
      if (status.phase === 'running') runningSince ??= now;
      const words = `${status.phase} ${status.waiting ?? ''} ${points}`;
      // One edit at a time: of two at once the older might be the one that stays.
      if (writing !== undefined || words === shown || now - last < MIN_GAP_MS || !engine.mayReport()) return;
      last = now;
      shown = words;
      writing = write(status).finally(() => {
        writing = undefined;
      });
    },
    async end() {
      await writing;
    },
  };
}
