import type { Attempt, TrainingBody } from '../record/training-section.ts';
import { type Block, type Cell, code, type Column, fact, text } from './block.ts';
import { formatBytes, formatDuration, formatNumber, formatUsd } from './format.ts';
import type { Linker } from './links.ts';
import { endingOf } from './training-notes.ts';

interface AttemptColumn extends Column {
  readonly cell: (attempt: Attempt, index: number) => Cell;
  /** A column that says nothing of any attempt is left out. */
  readonly speaks?: (attempt: Attempt) => boolean;
}

/** Every attempt of a training, in order. */
export function attemptBlocks({ attempts }: TrainingBody, link: Linker): Block[] {
  if (attempts.length === 0) return [];
  const all: readonly AttemptColumn[] = [
    { header: 'Attempt', numeric: true, cell: (_attempt, index) => text(String(index + 1)) },
    { header: 'Ended', cell: ending },
    { header: 'Duration', numeric: true, cell: ({ durationMs }) => text(formatDuration(durationMs)) },
    {
      header: 'Where',
      cell: ({ runner, url }) => (url === null ? text(runner ?? '–') : link(runner ?? 'run', url)),
      speaks: ({ runner, url }) => runner !== null || url !== null,
    },
    {
      header: 'Went on from',
      cell: ({ resumedFrom }) => (resumedFrom === null ? text('the start') : code(resumedFrom)),
      speaks: ({ resumedFrom }) => resumedFrom !== null,
    },
    {
      header: 'Peak memory',
      numeric: true,
      cell: ({ peakMemoryBytes }) =>
        text(peakMemoryBytes === null ? 'not measured' : formatBytes(peakMemoryBytes)),
    },
    { header: 'Started', cell: ({ startedAt }) => text(startedAt) },
    { header: 'Reason', cell: ({ reason }) => text(reason ?? '–') },
  ];
  const columns = all.filter(({ speaks }) => speaks === undefined || attempts.some(speaks));
  return [
    {
      kind: 'table',
      title: `Attempts (${formatNumber(attempts.length)})`,
      folded: attempts.length === 1,
      columns: columns.map(({ header, numeric = false }) => ({ header, numeric })),
      rows: attempts.map((attempt, index) => columns.map(({ cell }) => cell(attempt, index))),
    },
  ];
}

function ending(attempt: Attempt): Cell {
  if (attempt.failureClass === null) return { text: endingOf(attempt), mark: 'pass' };
  const why = attempt.failureClass.replaceAll('-', ' ');
  const ended = attempt.exitCode !== null || attempt.signal !== null;
  return { text: ended ? `${why}, ${endingOf(attempt)}` : why, mark: 'fail' };
}

/** Where a training was dispatched to, what it waited for, and what the waiting cost. */
export function dispatchBlocks({ dispatch, costs }: TrainingBody, link: Linker): Block[] {
  if (dispatch === null) return [];
  const waiting = costs.items.filter(({ what }) => /\bwait/i.test(what));
  return [
    {
      kind: 'facts',
      title: 'Where it was dispatched to',
      facts: [
        ...fact('Run', run(dispatch, link)),
        ...fact('Workflow', code(`${dispatch.workflow} at ${dispatch.ref}`)),
        ...fact('Runner labels', code(dispatch.runsOn.join(', '))),
        ...fact('Mode', dispatch.mode),
        ...fact(
          'Dispatched',
          dispatch.generation === 1 ? 'once' : `${formatNumber(dispatch.generation)} times`,
        ),
        ...fact(
          'Queued',
          dispatch.queuedMs === null ? 'no runner has taken it' : formatDuration(dispatch.queuedMs),
        ),
        ...dispatch.waits.flatMap(({ reason, ms }) => fact(`Waited ${formatDuration(ms)}`, reason)),
        ...waiting.flatMap(({ usd, basis }) =>
          fact('Cost of waiting', `${usd === null ? 'price not known' : formatUsd(usd)}: ${basis}`),
        ),
      ],
    },
  ];
}

function run({ runId, url }: NonNullable<TrainingBody['dispatch']>, link: Linker): Cell {
  const cell = link(`run ${runId}`, url);
  return cell.url !== undefined || url === null ? cell : text(`run ${runId}, ${url}`);
}
