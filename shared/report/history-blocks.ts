import type { EvaluationBody, HistoryRecord } from '../record/evaluation-section.ts';
import { type Block, code, type Fact, fact, text } from './block.ts';
import { counted, formatBeside, formatNumber, listed } from './format.ts';
import { sparkline } from './sparkline.ts';

/** Rules whose margin is smaller than what commits vary by anyway. */
export function historyNotes({ history = null }: EvaluationBody): Block[] {
  return (history?.noise ?? [])
    .filter(({ narrow }) => narrow.length > 0)
    .map(({ metric, commits, deviation, narrow }) => ({
      kind: 'note' as const,
      tone: 'muted' as const,
      text: `Noise: ${metric} of the last ${formatNumber(commits)} models of the default branch varied by ±${formatNumber(deviation)} from one to the next. ${listed(
        narrow.map(
          ({ rule, margin }) =>
            `${rule} turns on ${formatBeside(margin, [deviation])}${margin === 0 ? '' : ', which is less'}`,
        ),
      )}: another training of the same code may end on the other side.`,
    }));
}

/** How the metrics went on the default branch, behind a fold; the page has the pictures. */
export function historyBlocks({ history = null, charts = null }: EvaluationBody): Block[] {
  if (history === null) return [];
  const trends = (charts?.trend ?? []).filter(({ points }) => points.length > 1);
  return [
    {
      kind: 'facts',
      title: 'History of the default branch',
      folded: true,
      facts: [
        ...fact('Commits', text(commitsOf(history))),
        ...fact('Kept in', code(history.branch)),
        ...trends.flatMap(({ metric, points }) => trendFact(metric, points, history)),
      ],
    },
  ];
}

function commitsOf({ commits, otherSets }: HistoryRecord): string {
  const others =
    otherSets === 0
      ? ''
      : `; ${formatNumber(otherSets)} more ${otherSets === 1 ? 'was' : 'were'} measured on other rows and ${otherSets === 1 ? 'is' : 'are'} not compared`;
  return `${counted(commits, 'gated commit')} with this evaluation set${others}`;
}

function trendFact(
  metric: string,
  points: readonly (readonly [string, number])[],
  { noise }: HistoryRecord,
): Fact[] {
  const values = points.map(([, value]) => value);
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const varied = noise.find((each) => each.metric === metric);
  const words =
    varied === undefined
      ? ''
      : `; ±${formatNumber(varied.deviation)} from one model to the next, over ${formatNumber(varied.commits)}`;
  const from = formatBeside(first, [last]);
  return fact(
    metric,
    text(`${sparkline(values)} ${from} → ${formatBeside(last, [first])} in this run${words}`),
  );
}
