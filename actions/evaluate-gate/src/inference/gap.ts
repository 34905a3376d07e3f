import type { Inference } from '../../../../shared/statistics/inference.ts';
import { countAtMost, sortedQuantile } from '../../../../shared/statistics/sorted.ts';
import { tailOf } from '../../../../shared/statistics/tail.ts';

/** One quantity of several groups, with joint bootstrap replicates of each. */
export interface Compared {
  readonly values: readonly number[];
  /** By group; NaN where the quantity is not defined. */
  readonly replicates: readonly Float64Array[];
}

interface GapOptions {
  /** Mostly one; the greatest gap over all of them counts. */
  readonly compared: readonly Compared[];
  readonly seed: number;
  /** Rows of all groups that count. */
  readonly n: number;
  readonly method: string;
}

/** Beyond this share of undefined replicates nothing is said of the rest, as with every bootstrap here. */
const UNDEFINED_ALLOWED = 0.01;

interface Pair {
  readonly difference: number;
  /** How far each replicate of the pair's difference lies below the difference. */
  readonly below: () => Float64Array;
}

/**
 * The greatest difference between groups. The greatest of several noisy differences is too great on average, and the
 * bootstrap repeats that error, so its percentiles would find gaps where there are none. Therefore: a gap is shown to
 * exceed a value only where some pair does beyond the greatest deviation of all pairs (simultaneous, as Tukey's range
 * test; Hsu, "Multiple Comparisons", 1996); it is shown to stay below one where each pair does for itself
 * (intersection-union; Berger 1982). So the interval is wide below and not above.
 */
export function gapInference(options: GapOptions): Inference {
  const { seed, n, method } = options;
  const { pairs, ranges, missing, total } = deviationsOf(options.compared);
  const estimate = Math.max(0, ...pairs.map(({ difference }) => difference));
  const share = (hits: number): number => (hits + missing + 1) / (total + 1);
  const least = (values: Float64Array, value: number): number =>
    values.length - countAtMost(values, value, 'below');
  const inOrder = pairs.toSorted((a, b) => b.difference - a.difference);
  return {
    estimate,
    method,
    n,
    standardError: deviationOf(inOrder[0]?.below() ?? new Float64Array()),
    details: { seed, replicates: total, undefinedReplicates: missing },
    pGreater: (value) => share(least(ranges, estimate - value)),
    pLess: (value) => {
      let worst = 0;
      for (const { difference, below } of inOrder) {
        // No pair deviates more than the range of all does, so most pairs need not be looked at.
        if (least(ranges, value - difference) <= worst) break;
        worst = Math.max(worst, least(below(), value - difference));
      }
      return share(worst);
    },
    interval: (level) => {
      const tail = 1 - tailOf(level);
      const reach = sortedQuantile(ranges, tail);
      let most = estimate;
      for (const { difference, below } of inOrder) {
        if (difference + reach <= most) break;
        most = Math.max(most, difference + sortedQuantile(below(), tail));
      }
      return [Math.max(0, estimate - reach), most];
    },
  };
}

/**
 * The least ratio between groups, least / greatest: the same on the scale of logarithms. `rows` of each group keep a
 * share of 0 off minus infinity, as half a row.
 */
export function ratioInference(options: GapOptions, rows: readonly number[]): Inference {
  const { compared } = options;
  if (compared.some(({ values }) => Math.min(...values) < 0)) {
    throw new RangeError('A ratio of groups needs values that are not negative.');
  }
  const log = (value: number, group: number): number =>
    Number.isNaN(value) ? NaN : Math.log(Math.max(value, 0.5 / (rows[group] ?? 1)));
  const gap = gapInference({
    ...options,
    compared: compared.map(({ values, replicates }) => ({
      values: values.map(log),
      replicates: replicates.map((each, group) => each.map((value) => log(value, group))),
    })),
  });
  const ratios = compared.map(({ values }) => Math.min(...values) / Math.max(...values));
  const estimate = Math.min(...ratios.map((ratio) => (Number.isNaN(ratio) ? 1 : ratio)));
  return {
    ...gap,
    estimate,
    standardError: gap.standardError === null ? null : gap.standardError * estimate,
    pGreater: (value) => gap.pLess(value > 0 ? -Math.log(value) : Infinity),
    pLess: (value) => gap.pGreater(value > 0 ? -Math.log(value) : Infinity),
    interval: (level) => {
      const [low, high] = gap.interval(level);
      return [Math.exp(-high), Math.exp(-low)];
    },
  };
}

interface Deviations {
  readonly pairs: Pair[];
  /** Of each replicate: by how much the deviations of its groups lie apart, sorted. */
  readonly ranges: Float64Array;
  readonly missing: number;
  readonly total: number;
}

function deviationsOf(compared: readonly Compared[]): Deviations {
  const total = compared[0]?.replicates[0]?.length ?? 0;
  const every = Array.from({ length: total }, (_, at) => at);
  const defined = every.filter((at) =>
    compared.every(({ replicates }) => replicates.every((each) => !Number.isNaN(each[at]))),
  );
  const missing = total - defined.length;
  if (defined.length === 0 || missing > UNDEFINED_ALLOWED * total) {
    throw new RangeError(`The gap is not defined in ${missing} of ${total} bootstrap samples.`);
  }
  const ranges = new Float64Array(defined.length);
  const pairs: Pair[] = [];
  for (const { values, replicates } of compared) {
    const deviations = replicates.map((each, group) =>
      Float64Array.from(defined, (at) => (each[at] ?? NaN) - (values[group] ?? NaN)),
    );
    for (let at = 0; at < ranges.length; at++) {
      let [low, high] = [Infinity, -Infinity];
      for (const each of deviations) {
        const value = each[at] ?? NaN;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      ranges[at] = Math.max(ranges[at] ?? 0, high - low);
    }
    pairs.push(...pairsOf(values, deviations));
  }
  return { pairs, ranges: ranges.sort(), missing, total };
}

function pairsOf(values: readonly number[], deviations: readonly Float64Array[]): Pair[] {
  return values.flatMap((a, i) =>
    values.flatMap((b, j) => {
      if (i === j) return [];
      let sorted: Float64Array | undefined;
      const below = (): Float64Array => {
        const other = deviations[j];
        sorted ??=
          deviations[i]?.map((value, at) => (other?.[at] ?? NaN) - value).sort() ?? new Float64Array();
        return sorted;
      };
      return [{ difference: a - b, below }];
    }),
  );
}

function deviationOf(values: Float64Array): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
