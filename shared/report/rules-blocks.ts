import type { EvaluatedRule, EvaluationBody } from '../record/evaluation-section.ts';
import type { Result } from '../verdict.ts';
import { type Block, type Cell, type Column, type TableBlock, text } from './block.ts';
import { asSentence, counted, formatBeside, formatNumber, listed } from './format.ts';
import type { Bar } from './interval.ts';
import { MARKS, resultWord } from './marks.ts';
import { barsOf } from './rule-bar.ts';
import { boundOf, changeOf, demandOf } from './rule-words.ts';

/** What a reader must see comes first. */
const WORST_FIRST: readonly Result[] = ['error', 'fail', 'inconclusive', 'warn', 'not-run', 'pass'];
/** Rules on all rows that are shown in one table, however they end. */
const FEW_RULES = 30;
/** Slices judged one by one; of more, counts by rule are told before. */
const FEW_SLICES = 60;
/** A page of more rows is slow, and nobody reads them. */
const MOST_ROWS = 1_000;

/** The rules of a gate that knows uncertainty: those on all rows, then those on slices, what passes behind a fold. */
export function rulesBlocks(body: EvaluationBody): Block[] {
  const overall = body.rules.filter((rule) => rule.slice === null);
  const onSlices = body.rules.filter((rule) => rule.slice !== null);
  const open = worstFirst(onSlices.filter(({ result }) => result !== 'pass' && result !== 'not-run'));
  const passing = onSlices.filter(({ result }) => result === 'pass');
  const notRun = onSlices.filter(({ result }) => result === 'not-run');
  const shownOpen = [...worstFirst(overall), ...open];
  return [
    ...overallTables(overall, body),
    ...sliceCounts(onSlices),
    ...table(open, `Slices that do not pass (${countsOf(open)})`, body),
    ...table(passing, counted(passing.length, 'slice passes', 'slices pass'), body, onSlices),
    ...table(
      notRun,
      counted(notRun.length, 'slice was not judged', 'slices were not judged'),
      body,
      onSlices,
    ),
    ...testsTable(shownOpen),
  ];
}

function overallTables(overall: readonly EvaluatedRule[], body: EvaluationBody): TableBlock[] {
  if (overall.length <= FEW_RULES) return table(overall, 'Rules of the gate', body);
  const passing = overall.filter(({ result }) => result === 'pass');
  const others = overall.filter(({ result }) => result !== 'pass');
  return [
    ...table(others, `Rules that do not pass (${countsOf(others)})`, body),
    ...table(passing, counted(passing.length, 'rule passes', 'rules pass'), body, []),
  ];
}

/** `2 fail, 1 is inconclusive`. */
export function countsOf(rules: readonly EvaluatedRule[]): string {
  const words: Readonly<Record<Result, readonly [string, string]>> = {
    error: ['cannot be judged', 'cannot be judged'],
    fail: ['fails', 'fail'],
    inconclusive: ['is inconclusive', 'are inconclusive'],
    warn: ['warns', 'warn'],
    'not-run': ['was not run', 'were not run'],
    pass: ['passes', 'pass'],
  };
  const parts = WORST_FIRST.flatMap((result) => {
    const n = rules.filter((rule) => rule.result === result).length;
    return n === 0 ? [] : [`${formatNumber(n)} ${words[result][n === 1 ? 0 : 1]}`];
  });
  return listed(parts);
}

function worstFirst(rules: readonly EvaluatedRule[]): EvaluatedRule[] {
  return rules.toSorted((a, b) => WORST_FIRST.indexOf(a.result) - WORST_FIRST.indexOf(b.result));
}

/** A table of rules; behind a fold where `all` are told, of which these are the unremarkable ones. */
function table(
  rules: readonly EvaluatedRule[],
  title: string,
  body: EvaluationBody,
  all?: readonly EvaluatedRule[],
): TableBlock[] {
  if (rules.length === 0) return [];
  const shown = worstFirst(rules).slice(0, MOST_ROWS);
  const bars = barsOf(shown);
  const cut = rules.length > shown.length ? `, ${formatNumber(shown.length)} of them shown` : '';
  return [
    {
      kind: 'table',
      title: `${title}${cut}`,
      ...(all === undefined ? {} : { folded: true, pageOnly: all.length > FEW_SLICES }),
      columns: columnsOf(body),
      rows: shown.map((rule) => row(rule, bars.get(rule))),
    },
  ];
}

function columnsOf(body: EvaluationBody): Column[] {
  return [
    { header: 'Result' },
    { header: 'Rule and why' },
    // Beside the rule, so that it is seen on a phone, too, where the rest of a table lies beside the screen.
    { header: 'Difference and interval' },
    { header: 'Candidate', numeric: true },
    { header: body.baseline === null ? 'Baseline' : `Baseline (${body.baseline.what})`, numeric: true },
    { header: 'n', numeric: true },
  ];
}

function row(rule: EvaluatedRule, bar: Bar | undefined): Cell[] {
  const { value, baselineValue, difference, waiver = null } = rule;
  const none = text(bar === undefined ? '–' : '');
  const change = difference === null ? none : changeOf(difference, rule.direction);
  const waived =
    waiver === null
      ? ''
      : ` Waived by ${waiver.by} until ${waiver.expires.slice(0, 10)}: ${asSentence(waiver.reason)}`;
  return [
    { text: `${resultWord(rule)}${waiver === null ? '' : ' (waived)'}`, mark: rule.result },
    {
      text: demandOf(rule),
      below: `${asSentence(rule.reason)}${rule.test === 'none' ? ' Points compared, no test.' : ''}${waived}`,
    },
    bar === undefined ? change : { ...change, interval: bar },
    value === null ? text('not measured', 'bad') : text(formatBeside(value, [rule.bound, baselineValue])),
    text(baselineValue === null ? '–' : formatBeside(baselineValue, [value])),
    text(rule.n === null ? '–' : formatNumber(rule.n)),
  ];
}

/** How often each rule ended how on its slices: where they are too many to be told one by one. */
function sliceCounts(rules: readonly EvaluatedRule[]): Block[] {
  if (rules.length <= FEW_SLICES) return [];
  const byRule = new Map<string, EvaluatedRule[]>();
  for (const rule of rules) {
    const key = `${rule.metric} ${boundOf(rule)}`;
    const known = byRule.get(key);
    if (known === undefined) byRule.set(key, [rule]);
    else known.push(rule);
  }
  const results = WORST_FIRST.filter((result) => rules.some((rule) => rule.result === result));
  const worst = (members: readonly EvaluatedRule[]): number =>
    Math.min(...members.map(({ result }) => WORST_FIRST.indexOf(result)));
  return [
    {
      kind: 'table',
      title: `Rules by slice (${countsOf(rules)})`,
      columns: [
        { header: 'Rule' },
        ...results.map((result) => ({ header: MARKS[result].word, numeric: true })),
      ],
      rows: [...byRule]
        .toSorted(([, a], [, b]) => worst(a) - worst(b))
        .map(([rule, members]) => [
          text(rule),
          ...results.map((result) => count(members.filter((each) => each.result === result).length, result)),
        ]),
    },
  ];
}

function count(n: number, result: Result): Cell {
  return n === 0 ? text('·', 'muted') : text(formatNumber(n), MARKS[result].tone);
}

/** The numbers behind each result, for those who would compute them again. */
function testsTable(rules: readonly EvaluatedRule[]): Block[] {
  const tested = rules.filter(({ test }) => test !== 'none');
  if (tested.length === 0) return [];
  const number = (value: number | null = null): Cell => text(value === null ? '–' : formatNumber(value));
  return [
    {
      kind: 'table',
      title: 'How the rules were tested',
      folded: true,
      columns: [
        { header: 'Rule' },
        { header: 'Method' },
        { header: 'p (broken)', numeric: true },
        { header: 'p (Holm)', numeric: true },
        { header: 'Discordant pairs', numeric: true },
        { header: 'Detectable', numeric: true },
        { header: 'Rows needed', numeric: true },
        { header: 'Replicates (seed)', numeric: true },
      ],
      rows: tested.map((rule) => [
        text(demandOf(rule)),
        text(rule.test),
        number(rule.p),
        number(rule.adjustedP),
        text(rule.discordant?.map((each) => formatNumber(each)).join(' / ') ?? '–'),
        number(rule.detectable),
        number(rule.neededRows),
        text(replicatesOf(rule)),
      ]),
    },
  ];
}

function replicatesOf({ replicates = null, seed = null }: EvaluatedRule): string {
  if (replicates === null) return '–';
  return seed === null ? formatNumber(replicates) : `${formatNumber(replicates)} (${seed})`;
}
