import type { TrainingBody } from '../record/training-section.ts';
import type { Verdict } from '../verdict.ts';
import type { Block } from './block.ts';
import type { Tone } from './marks.ts';
import { asSentence, formatDuration, formatNumber, listed } from './format.ts';

/** What a reader must know of a training before its numbers: that it runs, failed, was reused or ended early. */
export function trainingNotes(body: TrainingBody, verdict: Verdict): Block[] {
  return [
    ...(verdict === 'pending' ? running(body) : failure(body)),
    ...reused(body),
    ...(body.stoppedEarly === null ? [] : note('plain', `Stopped early: ${asSentence(body.stoppedEarly)}`)),
  ];
}

function note(tone: Tone, words: string): Block[] {
  return [{ kind: 'note', tone, text: words }];
}

function running({ dispatch, attempts, series }: TrainingBody): Block[] {
  const attempt = attempts.length + 1;
  const which = attempt === 1 ? 'The training' : `Attempt ${formatNumber(attempt)}`;
  const step = Math.max(...series.flatMap(({ points }) => points.at(-1)?.[0] ?? []));
  const progress = Number.isFinite(step) ? ` It has come to step ${formatNumber(step)}.` : '';
  if (dispatch === null) return note('busy', `${which} is running.${progress}`);
  const where = `a runner with the ${dispatch.runsOn.length === 1 ? 'label' : 'labels'} ${listed(dispatch.runsOn)}`;
  if (dispatch.queuedMs !== null) {
    return note(
      'busy',
      `${which} is running on ${where}; it was queued for ${formatDuration(dispatch.queuedMs)}.${progress}`,
    );
  }
  const wait = dispatch.waits.at(-1);
  const why = wait === undefined ? '' : ` Waiting for ${formatDuration(wait.ms)}: ${asSentence(wait.reason)}`;
  return note('busy', `${which} is dispatched to ${where}, and none has taken it yet.${why}${progress}`);
}

function failure(body: TrainingBody): Block[] {
  const last = body.attempts.at(-1);
  if (last?.failureClass === null || last === undefined) return [];
  const stopped = last.failureClass === 'cancelled' || last.failureClass === 'superseded';
  const what = `${stopped ? 'Ended' : 'Failed'}: ${last.failureClass.replaceAll('-', ' ')} (${endingOf(last)}).`;
  return note('bad', last.reason === null ? what : `${what} ${last.reason}`);
}

/** How a process ended, in words. */
export function endingOf(attempt: TrainingBody['attempts'][number]): string {
  if (attempt.signal !== null) return `ended by signal ${attempt.signal}`;
  if (attempt.exitCode !== null) return `exit code ${attempt.exitCode}`;
  return 'never ended by itself';
}

const FOUND: Readonly<Record<NonNullable<TrainingBody['reused']>['from'], string>> = {
  cache: 'found in the cache',
  run: 'found in the run that trained it',
  registry: 'found in the registry',
  record: 'found in the record',
};

function reused({ reused: from }: TrainingBody): Block[] {
  if (from === null) return [];
  return note(
    'good',
    `Nothing was trained: the results of ${from.where} were taken (${FOUND[from.from]}), its fingerprint is equal.`,
  );
}
