import type { EvaluatedRule, EvaluationBody } from '../record/evaluation-section.ts';
import type { Result } from '../verdict.ts';
import { type Block, type SliceChart, type SliceRow, text } from './block.ts';
import { counted, formatBeside, formatNumber } from './format.ts';
import { type Limit, scaleOf, type UnscaledBar } from './interval.ts';
import { MARKS } from './marks.ts';
import { comparesGroups, comparesModels, intervalWords, limitOf } from './rule-bar.ts';

type Slice = NonNullable<EvaluationBody['slices']>[number];

/** One line of a chart, before its scale is known. */
interface Line {
  readonly family: string;
  readonly name: string;
  readonly n: number | null;
  readonly value: number | null;
  readonly baseline: number | null;
  readonly interval: readonly [number, number] | null;
  readonly rule: EvaluatedRule | undefined;
}

const WORST_FIRST: readonly (Result | undefined)[] = ['error', 'fail', 'inconclusive', 'warn', 'pass'];
/** Slices of one chart, those first that do not pass. */
const MOST_SLICES = 60;
const MOST_CHARTS = 24;

/** One metric by slice, each against the baseline where there is one. */
export function slicesBlocks(body: EvaluationBody): Block[] {
  const byMetric = Map.groupBy(body.slices ?? [], ({ metric }) => metric);
  if (byMetric.size === 0) return [];
  const shown = [...byMetric].slice(0, MOST_CHARTS);
  const cut =
    byMetric.size > shown.length
      ? ` (${formatNumber(shown.length)} of ${counted(byMetric.size, 'metric')})`
      : '';
  return [
    {
      kind: 'slices',
      title: `Slices${cut}`,
      charts: shown.map(([metric, slices]) => chartOf(metric, slices, body)),
    },
  ];
}

function chartOf(metric: string, slices: readonly Slice[], body: EvaluationBody): SliceChart {
  const compared = slices.some(({ value, baseline }) => value !== null && baseline !== null);
  const rules = body.rules.filter(
    (rule) => rule.metric === metric && !comparesGroups(rule) && comparesModels(rule) === compared,
  );
  const lines = slices.map((slice): Line => ({
    ...slice,
    name: slice.slice,
    rule: rules.find((rule) => rule.slice === slice.slice),
  }));
  const rank = ({ rule }: Line): number => (WORST_FIRST.indexOf(rule?.result) + 6) % 6;
  const worst = new Set(lines.toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST_SLICES));
  const kept = [...overall(rules), ...lines.filter((line) => worst.has(line))];
  const bars = new Map(kept.map((line) => [line, barOf(line, compared)]));
  const scale = scaleOf([...bars.values()].flatMap((bar) => bar ?? []));
  return {
    metric,
    caption: captionOf(body, compared, rules[0]?.direction, lines.length - worst.size),
    scale,
    limit: commonLimit(rules.filter(({ slice }) => slice !== null)),
    zero: compared ? 0 : null,
    rows: kept.map((line) => rowOf(line, bars.get(line) ?? null, scale)),
  };
}

/** The same metric on all rows, above its slices. */
function overall(rules: readonly EvaluatedRule[]): Line[] {
  const rule = rules.find((each) => each.slice === null && each.interval !== null);
  if (rule === undefined) return [];
  const { n, value, baselineValue: baseline, interval } = rule;
  return [{ family: '', name: 'all rows', n, value, baseline, interval, rule }];
}

function barOf({ value, baseline, interval, rule }: Line, compared: boolean): UnscaledBar | null {
  if (value === null || (compared && baseline === null)) return null;
  const at = compared ? value - (baseline ?? 0) : value;
  const [low, high] = interval ?? [at, at];
  const limit = rule === undefined ? null : limitOf(rule);
  const zero = compared ? 0 : null;
  return {
    at,
    low,
    high,
    limit,
    zero,
    tone: rule === undefined ? 'plain' : MARKS[rule.result].tone,
    words:
      interval === null
        ? `${formatNumber(at)}, no interval`
        : intervalWords(interval, compared ? 'difference' : 'value', null, [limit?.at ?? null, zero]),
  };
}

function rowOf(line: Line, bar: UnscaledBar | null, scale: SliceChart['scale']): SliceRow {
  const { value, baseline } = line;
  const words =
    value === null
      ? text('not measured', 'muted')
      : text(
          baseline === null
            ? formatNumber(value)
            : `${formatBeside(baseline, [value])} → ${formatBeside(value, [baseline])}`,
        );
  return {
    family: line.family,
    name: line.name,
    n: line.n === null ? '–' : formatNumber(line.n),
    mark: line.rule?.result ?? null,
    bar: bar === null ? null : { ...bar, scale },
    words,
  };
}

/** Limits that are relative differ from slice to slice: then each bar shows its own, and the axis none. */
function commonLimit(rules: readonly EvaluatedRule[]): Limit | null {
  const [first, ...others] = rules.flatMap((rule) => limitOf(rule) ?? []);
  if (first === undefined) return null;
  return others.every(({ at }) => Math.abs(at - first.at) < 1e-9) ? first : null;
}

function captionOf(
  body: EvaluationBody,
  compared: boolean,
  direction: EvaluatedRule['direction'] | undefined,
  left: number,
): string {
  const what = compared
    ? `Candidate − ${body.baseline?.what ?? 'baseline'}, with interval.`
    : 'Value of the candidate, with interval.';
  const side =
    direction === undefined
      ? ''
      : ` Better is to the ${direction === 'higher' ? 'right' : 'left'}; what lies on the shaded side breaks the rule.`;
  const others =
    left === 0 ? '' : ` ${formatNumber(left)} further ${left === 1 ? 'slice' : 'slices'}: see the table.`;
  return `${what}${side}${others}`;
}
