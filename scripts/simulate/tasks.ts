import { COVERAGE, type CoverageName, coveredIn } from './coverage.ts';
import {
  absoluteErrors,
  areas,
  identical,
  independent,
  onParts,
  type Outcome,
  outcomesOf,
  type Scenario,
  worse,
} from './decisions.ts';
import { type GapScenario, gapsIn } from './gap-rules.ts';

/** Simulated pull requests a figure. */
export const DRAWS = 2000;

export const SIZES = [200, 500, 1000, 2000, 5000, 10_000, 50_000] as const;
export const COVERAGE_SIZES = [200, 1000, 10_000] as const;
export const COVERAGE_SHARES = [0.5, 0.9, 0.99] as const;

/** Which table a decision's row stands in; the first three have a bound. */
export type Table = 'false-fail' | 'worse-by-margin' | 'identical-pass' | 'by-size';

export interface DecisionTask {
  readonly kind: 'decision';
  readonly table: Table;
  readonly what: string;
  readonly n: number;
  /** How many times as many pull requests are simulated as in other rows: what has a bound and is cheap is told exactly. */
  readonly times: number;
  readonly scenario: Scenario;
}

interface CoverageTask {
  readonly kind: 'coverage';
  readonly name: CoverageName;
  readonly n: number;
  readonly p: number;
}

export interface GapTask {
  readonly kind: 'gap';
  readonly scenario: GapScenario;
}

export type Task = DecisionTask | CoverageTask | GapTask;

const DISCORDANT = 0.05;
const MARGIN = 0.01;
const LARGE_MARGIN = 0.02;
const METRICS = ['accuracy', 'precision', 'recall', 'f1'];
const OF_TWENTY = 20;

/** A share of 5 % in 2,000 draws has a standard error of 0.5 %, in 20,000 of 0.15 %. */
const OFTEN = 10;

function decision(table: Table, what: string, n: number, scenario: Scenario, times = 1): DecisionTask {
  return { kind: 'decision', table, what, n, times, scenario };
}

const FALSE_FAILS: readonly DecisionTask[] = [
  ...[2000, 10_000].map((n) =>
    decision(
      'false-fail',
      'accuracy on all rows and on 19 slices, no regression allowed',
      n,
      onParts(['accuracy'], 0, { parts: OF_TWENTY - 1, rows: n, agreement: identical(0.9, DISCORDANT) }),
      OFTEN,
    ),
  ),
  decision(
    'false-fail',
    'accuracy, precision, recall and F1, on all rows and on 4 slices, no regression allowed',
    2000,
    onParts(METRICS, 0, { parts: 4, rows: 2000, agreement: identical(0.9, DISCORDANT) }),
  ),
  decision(
    'false-fail',
    '20 metrics with rows of their own, no regression allowed',
    1000,
    independent(OF_TWENTY, 0, 1000, identical(0.9, DISCORDANT)),
    OFTEN,
  ),
  decision(
    'false-fail',
    `20 metrics with rows of their own, a regression of ${MARGIN} allowed`,
    1000,
    independent(OF_TWENTY, MARGIN, 1000, identical(0.9, DISCORDANT)),
    OFTEN,
  ),
];

const WORSE: readonly DecisionTask[] = [
  ...[300, 1000, 10_000].map((n) =>
    decision(
      'worse-by-margin',
      'accuracy, paired score',
      n,
      onParts(['accuracy'], LARGE_MARGIN, {
        parts: 0,
        rows: n,
        agreement: worse(0.9, LARGE_MARGIN, 0.08),
      }),
      OFTEN,
    ),
  ),
  ...[1000, 10_000].map((n) =>
    decision(
      'worse-by-margin',
      'F1, BCa over cells',
      n,
      onParts(['f1'], LARGE_MARGIN, { parts: 0, rows: n, agreement: worse(0.9, LARGE_MARGIN, 0.08) }),
    ),
  ),
  decision('worse-by-margin', 'ROC AUC, DeLong', 1000, areas(1000, LARGE_MARGIN, 0.88, 0.9)),
  decision('worse-by-margin', 'mean absolute error, paired t', 1000, absoluteErrors(1000, 0.05)),
];

const IDENTICAL: readonly DecisionTask[] = [1, OF_TWENTY].map((rules) =>
  decision(
    'identical-pass',
    rules === 1 ? 'one rule' : `all of ${rules} rules, each with rows of its own`,
    10_000,
    independent(rules, MARGIN, 10_000, identical(0.9, DISCORDANT)),
  ),
);

const BY_SIZE: readonly DecisionTask[] = SIZES.flatMap((n) =>
  (
    [
      ['identical models', identical(0.9, DISCORDANT)],
      [`worse by ${2 * MARGIN}`, worse(0.9, 2 * MARGIN, DISCORDANT)],
    ] as const
  ).map(([what, agreement]) =>
    decision('by-size', what, n, onParts(['accuracy'], MARGIN, { parts: 0, rows: n, agreement })),
  ),
);

const COVERAGES: readonly CoverageTask[] = (Object.keys(COVERAGE) as CoverageName[]).flatMap((name) =>
  COVERAGE_SHARES.flatMap((p) => COVERAGE_SIZES.map((n) => ({ kind: 'coverage' as const, name, n, p }))),
);

const GAPS: readonly GapTask[] = [2, 5].flatMap((groups) =>
  [0, 0.05].flatMap((gap) =>
    [100, 1000, 5000].map((n) => ({ kind: 'gap' as const, scenario: { groups, n, gap } })),
  ),
);

/** Everything that is simulated; a task's place is its seed, so that the order in which they end changes nothing. */
export const TASKS: readonly Task[] = [
  ...FALSE_FAILS,
  ...WORSE,
  ...IDENTICAL,
  ...BY_SIZE,
  ...COVERAGES,
  ...GAPS,
];

/** Shares of simulated pull requests in which something was so. */
export type Finding = Readonly<Record<string, number>>;

/** Of how many simulated pull requests a task tells, where others tell of `draws`; a quick run gives all the same few. */
export function drawsOf(task: Task, draws: number): number {
  return task.kind === 'decision' && draws >= DRAWS ? draws * task.times : draws;
}

/** Runs one task. */
export async function runTask(index: number, draws: number): Promise<Finding> {
  const task = TASKS[index];
  if (task === undefined) throw new RangeError(`There is no task ${index}.`);
  const seed = index + 1;
  if (task.kind === 'coverage') return coveredIn(task.name, task, draws, seed);
  if (task.kind === 'gap') return gapsIn(task.scenario, draws, seed);
  return findingOf(await outcomesOf(task.scenario, drawsOf(task, draws), seed));
}

function findingOf(outcomes: readonly Outcome[]): Finding {
  const share = (holds: (outcome: Outcome) => boolean): number =>
    outcomes.filter(holds).length / outcomes.length;
  const rules = outcomes[0]?.length ?? 0;
  return {
    rules,
    'any fail': share((outcome) => outcome.includes('fail')),
    'all pass': share((outcome) => outcome.every((result) => result === 'pass')),
    // Of a verdict the worst result counts.
    inconclusive: share((outcome) => outcome.includes('inconclusive') && !outcome.includes('fail')),
    other: share((outcome) => outcome.some((result) => !['pass', 'fail', 'inconclusive'].includes(result))),
  };
}
