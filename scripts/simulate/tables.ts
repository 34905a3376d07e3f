import { NOMINAL } from './coverage.ts';
import {
  COVERAGE_SHARES,
  COVERAGE_SIZES,
  type DecisionTask,
  drawsOf,
  type Finding,
  SIZES,
  type Table,
  TASKS,
} from './tasks.ts';

/** What issue and documentation promise of the decisions. */
export interface Promised {
  readonly table: Table;
  readonly quantity: 'any fail' | 'all pass';
  readonly most?: number;
  readonly least?: number;
}

export const PROMISES: readonly Promised[] = [
  { table: 'false-fail', quantity: 'any fail', most: 0.05 },
  { table: 'worse-by-margin', quantity: 'all pass', most: 0.06 },
  { table: 'identical-pass', quantity: 'all pass', least: 0.9 },
];

/** Which promises do not hold, in words; `slack` is how many standard errors of the simulation are forgiven. */
export function brokenPromises(findings: readonly Finding[], draws: number, slack: number): string[] {
  return PROMISES.flatMap(({ table, quantity, most, least }) =>
    rowsOf(table, findings).flatMap(({ task, finding }) => {
      const share = finding[quantity] ?? NaN;
      const allowed = (bound: number): number =>
        slack * Math.sqrt((bound * (1 - bound)) / drawsOf(task, draws));
      const name = `${quantity} ${percent(share)} (${task.what}, ${count(task.n)} rows)`;
      if (most !== undefined && !(share <= most + allowed(most)))
        return [`${name} is above ${percent(most)}`];
      if (least !== undefined && !(share >= least - allowed(least)))
        return [`${name} is below ${percent(least)}`];
      // A rule that ended as an error or a warning was not simulated.
      return finding['other'] === 0 ? [] : [`${name}: some rules were not judged by their interval`];
    }),
  );
}

interface DecisionRow {
  readonly task: DecisionTask;
  readonly finding: Finding;
}

function rowsOf(table: Table, findings: readonly Finding[]): DecisionRow[] {
  return TASKS.flatMap((task, index) =>
    task.kind === 'decision' && task.table === table ? [{ task, finding: findings[index] ?? {} }] : [],
  );
}

/** All findings, in the order of TASKS, as Markdown. */
export function renderTables(findings: readonly Finding[], draws: number): string {
  return `\
### Identical models: how often is one of about twenty rules failed? At most 5 % is promised

${bounded('false-fail', 'any fail', 'falsely failed', findings, draws)}

### A model that is worse by exactly the margin: how often does it pass? At most 6 % is promised

${bounded('worse-by-margin', 'all pass', 'passed', findings, draws)}

### Identical models that disagree on 5 % of 10,000 rows, margin 0.01: how often do all rules pass? At least 90 % is promised

${bounded('identical-pass', 'all pass', 'passed', findings, draws)}

### One rule on accuracy, margin 0.01, models that disagree on 5 % of the rows: what comes of it by the number of rows

${bySize(findings)}

### How often intervals of ${percent(NOMINAL)} cover the truth

${coverage(findings)}

### The gap of the selection rate between groups, one of which is apart: how often its interval of ${percent(NOMINAL)} covers it, and what comes of a rule whose limit is exactly the gap (5 % fail or pass by design, at most)

${gaps(findings)}
`;
}

function bounded(
  table: Table,
  quantity: string,
  title: string,
  findings: readonly Finding[],
  draws: number,
): string {
  const rows = rowsOf(table, findings).map(({ task, finding }) => [
    task.what,
    String(finding['rules'] ?? 0),
    count(task.n),
    count(drawsOf(task, draws)),
    percent(finding[quantity]),
  ]);
  return markdown(['rules on', 'judged', 'rows', 'simulated', title], rows);
}

function bySize(findings: readonly Finding[]): string {
  const all = rowsOf('by-size', findings);
  const kinds = [...new Set(all.map(({ task }) => task.what))];
  const titles = kinds.flatMap((what) => [`${what}: pass`, 'inconclusive', 'fail']);
  const rows = SIZES.map((n) => [
    count(n),
    ...kinds.flatMap((what) => {
      const finding = all.find(({ task }) => task.n === n && task.what === what)?.finding ?? {};
      return ['all pass', 'inconclusive', 'any fail'].map((quantity) => percent(finding[quantity]));
    }),
  ]);
  return markdown(['rows', ...titles], rows);
}

function coverage(findings: readonly Finding[]): string {
  const places = COVERAGE_SHARES.flatMap((p) => COVERAGE_SIZES.map((n) => ({ p, n })));
  const covered = new Map<string, string[]>();
  for (const [index, task] of TASKS.entries()) {
    if (task.kind !== 'coverage') continue;
    const at = places.findIndex(({ p, n }) => p === task.p && n === task.n);
    for (const [method, share] of Object.entries(findings[index] ?? {})) {
      const row = covered.get(method) ?? new Array<string>(places.length).fill('');
      row[at] = tenths(share);
      covered.set(method, row);
    }
  }
  const titles = places.map(({ p, n }) => `p ${p}, n ${count(n)}`);
  return markdown(
    ['interval', ...titles],
    [...covered].map(([method, row]) => [method, ...row]),
  );
}

function gaps(findings: readonly Finding[]): string {
  const quantities = [
    'difference covered',
    'difference failed',
    'difference passed',
    'ratio covered',
    'ratio failed',
    'ratio passed',
  ];
  const rows = TASKS.flatMap((task, index) => {
    if (task.kind !== 'gap') return [];
    const { groups, n, gap } = task.scenario;
    return [
      [
        String(groups),
        count(n),
        String(gap),
        ...quantities.map((quantity) => percent(findings[index]?.[quantity])),
      ],
    ];
  });
  return markdown(['groups', 'rows of each', 'true gap', ...quantities], rows);
}

function markdown(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = titles.map((_, column) => (column === 0 ? '---' : '--:'));
  return [titles, rule, ...rows].map(line).join('\n');
}

const tenths = (share: number | undefined): string => (100 * (share ?? NaN)).toFixed(1);
const percent = (share: number | undefined): string => `${tenths(share)} %`;
const count = (n: number): string => n.toLocaleString('en-US');
