import type { EvaluationBody } from '../record/evaluation-section.ts';
import { type Block, type Cell, text, WITHHELD } from './block.ts';
import { formatNumber, formatRange } from './format.ts';

type Fairness = NonNullable<EvaluationBody['fairness']>[number];

/** For each way of grouping one table: the groups, their metrics, and below them how far apart the groups are. */
export function fairnessBlocks({ fairness = [], rules }: EvaluationBody): Block[] {
  const families = [...new Set(fairness.map(({ by }) => by))];
  return families.map((by) => {
    const metrics = fairness.filter((each) => each.by === by);
    const names = [...new Set(metrics.flatMap(({ groups }) => groups.map(({ name }) => name)))];
    const broken = rules.some((rule) => rule.by === by && rule.result !== 'pass');
    const sizes = names.map((name) => sizeOf(name, metrics));
    return {
      kind: 'table',
      title: `Groups of ${by}${sizes.includes(WITHHELD) ? ` (${WITHHELD}: too few rows to be told)` : ''}`,
      ...(broken ? {} : { folded: 'markdown' as const }),
      columns: [
        { header: 'Group' },
        { header: 'n', numeric: true },
        ...metrics.map(({ metric }) => ({ header: metric, numeric: true })),
      ],
      rows: [
        ...names.map((name, index) => [
          text(name),
          text(sizes[index] ?? WITHHELD),
          ...metrics.map((each) => valueOf(name, each)),
        ]),
        ...apart(
          'Greatest gap',
          metrics.map((each) => spread(each.difference, each.differenceInterval)),
        ),
        ...apart(
          'Least ratio',
          metrics.map((each) => spread(each.ratio, each.ratioInterval)),
        ),
      ],
    };
  });
}

function sizeOf(name: string, metrics: readonly Fairness[]): string {
  const sizes = metrics.flatMap(({ groups }) =>
    groups.flatMap((group) => (group.name === name && group.n !== null ? [group.n] : [])),
  );
  return sizes.length === 0 ? WITHHELD : formatNumber(Math.max(...sizes));
}

function valueOf(name: string, { groups }: Fairness): Cell {
  const value = groups.find((group) => group.name === name)?.value ?? null;
  return value === null ? text('–', 'muted') : text(formatNumber(value));
}

/** How far the groups are apart; no row where no metric tells it. */
function apart(name: string, cells: readonly (Cell | null)[]): Cell[][] {
  if (cells.every((cell) => cell === null)) return [];
  return [[text(name), text(''), ...cells.map((cell) => cell ?? text('–', 'muted'))]];
}

function spread(value: number | null, interval: readonly [number, number] | null): Cell | null {
  if (value === null) return null;
  if (interval === null) return text(formatNumber(value));
  const [low, high] = formatRange(...interval);
  return text(`${formatNumber(value)} (${low} to ${high})`);
}
