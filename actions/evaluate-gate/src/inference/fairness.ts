import { multinomialReplicates } from '../../../../shared/statistics/multinomial.ts';
import { normalQuantile } from '../../../../shared/statistics/normal-distribution.ts';
import { seededGenerator } from '../../../../shared/statistics/seeded.ts';
import type { FairnessEvidence, MetricEvidence } from '../evidence.ts';
import type { Defaults, TestName, Utility } from '../gate-file/gate-file.ts';
import { type Cell, cellsOf, cellStatistic, matrixStatistic, type MatrixStatistic } from './cells.ts';
import { type Compared, gapInference, ratioInference } from './gap.ts';
import type { Paired } from './paired.ts';
import type { Scope } from './scope.ts';

/** The greater of the gaps of two rates (Hardt, Price and Srebro, "Equality of Opportunity in Supervised Learning", 2016). */
export const EQUALIZED_ODDS = 'equalized-odds';

/** The metrics whose values of each group a fairness metric compares. */
export function metricsOfFairness(metric: string): readonly string[] {
  return metric === EQUALIZED_ODDS ? ['recall', 'false-positive-rate'] : [metric];
}

export interface FairnessOptions {
  readonly metric: string;
  readonly by: string;
  readonly test: TestName;
  readonly minSliceSize: number;
  /** Of the groups, for each of `metricsOfFairness`. */
  readonly measured: readonly (readonly MetricEvidence[])[];
  /** As shared/statistics calls the metrics where all of them depend on counts alone. */
  readonly counts: readonly string[] | undefined;
  readonly positive: string | undefined;
  readonly utility: Utility | undefined;
  readonly defaults: Defaults;
}

/** Evidence of the gap between groups of rows: a metric's values, their greatest difference and least ratio. */
export async function inferFairness(
  paired: Paired,
  scope: Scope,
  options: FairnessOptions,
): Promise<FairnessEvidence> {
  const { metric, by, measured, minSliceSize } = options;
  const metrics = metricsOfFairness(metric);
  const names = scope.cut?.names ?? [];
  const without = await groupsWithoutPositives(paired, scope, options);
  const groups = metrics.flatMap((each, at) =>
    names.map((name, group) => {
      const n = scope.sizes[group] ?? 0;
      const recalled = options.counts?.[at] === RECALL && without.has(group);
      const value = n < minSliceSize || recalled ? null : (measured[at]?.[group]?.value ?? null);
      return { name: metrics.length === 1 ? name : `${name} ${each}`, n, value };
    }),
  );
  // A group counts where each of the metrics is defined on it.
  const counting = names.flatMap((_, group) =>
    metrics.every((__, at) => typeof groups[at * names.length + group]?.value === 'number') ? [group] : [],
  );
  const evidence = { metric, by, groups };
  if (counting.length < 2) {
    return { ...evidence, reason: `fewer than two groups have ${minSliceSize} rows and a value` };
  }
  if (options.test === 'none') return evidence;
  if (!['auto', 'bootstrap', 'bca', 'jackknife'].includes(options.test)) {
    return { ...evidence, reason: `"test: ${options.test}" is not made for gaps between groups, "auto" is` };
  }
  const values = metrics.map((_, at) =>
    counting.map((group) => groups[at * names.length + group]?.value ?? NaN),
  );
  const found = await replicatesOf(paired, scope, options, counting, values);
  if (typeof found === 'string') return { ...evidence, reason: found };
  const sizes = counting.map((group) => scope.sizes[group] ?? 0);
  const gap = {
    compared: found.compared,
    seed: options.defaults.seed,
    n: sizes.reduce((sum, size) => sum + size, 0),
    method: found.method,
  };
  try {
    const difference = gapInference(gap);
    const negative = values.some((each) => each.some((value) => value < 0));
    return { ...evidence, difference, ...(negative ? {} : { ratio: ratioInference(gap, sizes) }) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ...evidence, reason: error.message.replace(/\.$/, '') };
  }
}

const RECALL = 'recall';

/**
 * The groups that no row of the positive class is in. Of all rows together the recall is 0 then, as scikit-learn has it;
 * of a group it is not defined, as its false-negative rate is not: the rows are such, and no model treats them worse.
 */
async function groupsWithoutPositives(
  paired: Paired,
  scope: Scope,
  { counts, positive }: FairnessOptions,
): Promise<ReadonlySet<number>> {
  if (counts?.includes(RECALL) !== true || positive === undefined) return new Set();
  const index = paired.classes.indexOf(positive);
  const cells = await cellsOf(paired, scope, false);
  return new Set(cells.flatMap((each, group) => (each.some(({ y }) => y === index) ? [] : [group])));
}

/** The statistic where the positive class has rows, else NaN. */
function ofPositives(
  statistic: MatrixStatistic,
  classes: readonly string[],
  positive: string | undefined,
): MatrixStatistic {
  const start = positive === undefined ? -1 : classes.indexOf(positive) * classes.length;
  if (start < 0) return statistic;
  return (matrix) => {
    for (let at = start; at < start + classes.length; at++)
      if ((matrix[at] ?? 0) > 0) return statistic(matrix);
    return NaN;
  };
}

interface Replicated {
  readonly compared: readonly Compared[];
  readonly method: string;
}

async function replicatesOf(
  paired: Paired,
  scope: Scope,
  { counts, measured, positive, utility, defaults }: FairnessOptions,
  counting: readonly number[],
  values: readonly (readonly number[])[],
): Promise<Replicated | string> {
  if (counts !== undefined && !paired.weighted && !paired.clustered) {
    const cells = await cellsOf(paired, scope, false);
    const statistics = counts.map((name) => {
      const statistic = matrixStatistic(name, paired.classes, positive, utility);
      return name === RECALL ? ofPositives(statistic, paired.classes, positive) : statistic;
    });
    const replicates = drawGroups(
      counting.map((group) => cells[group] ?? []),
      paired.classes.length,
      statistics,
      defaults,
    );
    return {
      compared: values.map((each, at) => ({ values: each, replicates: replicates[at] ?? [] })),
      method: 'bootstrap by group, simultaneous',
    };
  }
  // Groups have no row in common, so their values deviate each for itself, by its own standard error.
  const random = seededGenerator(defaults.seed);
  const compared: Compared[] = [];
  for (const [at, each] of values.entries()) {
    const errors = counting.map((group) => measured[at]?.[group]?.own?.standardError);
    if (errors.some((error) => error === undefined || error === null)) {
      return 'the uncertainty of a group is not known';
    }
    compared.push({
      values: each,
      replicates: each.map((value, group) =>
        Float64Array.from(
          { length: defaults.replicates },
          () => value + (errors[group] ?? NaN) * normalQuantile(Math.max(Number.EPSILON, random())),
        ),
      ),
    });
  }
  return { compared, method: 'normal by group, simultaneous' };
}

/** Bootstrap replicates of each statistic in each group; the number of rows of a group stays what it is. */
function drawGroups(
  groups: readonly (readonly Cell[])[],
  classes: number,
  statistics: readonly ((matrix: Float64Array) => number)[],
  { replicates, seed }: Defaults,
): Float64Array[][] {
  const starts = groups.map((_, at) => groups.slice(0, at).reduce((sum, { length }) => sum + length, 0));
  const strata = groups.map(({ length }, at): readonly [number, number] => [
    starts[at] ?? 0,
    (starts[at] ?? 0) + length,
  ]);
  const results = statistics.map(() => groups.map(() => new Float64Array(replicates)));
  const each = statistics.map((statistic) =>
    groups.map((cells) => cellStatistic(cells, 'c', classes, statistic)),
  );
  let replicate = 0;
  const record = (counts: Float64Array): number => {
    for (const [at, ofGroups] of each.entries()) {
      for (const [group, of] of ofGroups.entries()) {
        const [start, end] = strata[group] ?? [0, 0];
        const result = results[at]?.[group];
        if (result !== undefined) result[replicate] = of(counts.subarray(start, end));
      }
    }
    replicate += 1;
    return 0;
  };
  multinomialReplicates({
    counts: groups.flat().map(({ n }) => n),
    replicates,
    seed,
    statistic: record,
    strata,
  });
  return results;
}
