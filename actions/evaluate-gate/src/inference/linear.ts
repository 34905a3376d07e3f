import type { Inference } from '../../../../shared/statistics/inference.ts';
import { studentInference } from '../../../../shared/statistics/student-inference.ts';
import { type Cell, cellStatistic, type MatrixStatistic } from './cells.ts';
import type { Paired } from './paired.ts';
import { bySlice, type Scope, scopedRows } from './scope.ts';

/** By cell: what one unit of weight more in it would change, of the candidate and of candidate - baseline. */
export interface Influences {
  readonly value: number;
  readonly own: readonly number[];
  readonly baselineValue: number;
  readonly difference: readonly number[];
}

/** The step of the numeric derivative, as a share of the cell: its error is of the order of the step's square. */
const STEP = 1e-3;

/** Infinitesimal jackknife (Efron, "The Jackknife, the Bootstrap and Other Resampling Plans", 1982, 6) by cell. */
export function influences(cells: readonly Cell[], classes: number, statistic: MatrixStatistic): Influences {
  const weights = cells.map(({ weight }) => weight);
  const own = cellStatistic(cells, 'c', classes, statistic);
  const base = cellStatistic(cells, 'b', classes, statistic);
  const derivative = (of: (weights: ArrayLike<number>) => number): number[] =>
    weights.map((weight, at) => {
      if (weight === 0) return 0;
      const step = weight * STEP;
      const moved = (by: number): number => of(weights.with(at, weight + by));
      return (moved(step) - moved(-step)) / (2 * step);
    });
  const [ofOwn, ofBase] = [derivative(own), derivative(base)];
  return {
    value: own(weights),
    own: ofOwn,
    baselineValue: base(weights),
    difference: ofOwn.map((value, at) => value - (ofBase[at] ?? 0)),
  };
}

/** Sums of squares of what each unit, a row or whoever several rows are of, contributes. */
export interface Spread {
  readonly units: number;
  readonly own: number;
  readonly difference: number;
}

/** The spread of metrics of counts in each slice, by metric in the order of `influencesOf`. */
export async function spreadOfCells(
  paired: Paired,
  scope: Scope,
  cells: readonly (readonly Cell[])[],
  influencesOf: readonly (readonly Influences[])[],
): Promise<Spread[][]> {
  if (paired.clustered) return spreadOfClusters(paired, scope, cells, influencesOf);
  return cells.map((each, slice) => {
    const square = (by: readonly number[]): number =>
      each.reduce((sum, { squares }, at) => sum + squares * (by[at] ?? 0) ** 2, 0);
    return (influencesOf[slice] ?? []).map(({ own, difference }) => ({
      units: scope.sizes[slice] ?? 0,
      own: square(own),
      difference: square(difference),
    }));
  });
}

async function spreadOfClusters(
  paired: Paired,
  scope: Scope,
  cells: readonly (readonly Cell[])[],
  influencesOf: readonly (readonly Influences[])[],
): Promise<Spread[][]> {
  const metrics = influencesOf.reduce((most, { length }) => Math.max(most, length), 0);
  const at = Array.from({ length: metrics }, (_, index) => index);
  const keys = paired.hasBaseline ? ['y', 'c', 'b'] : ['y', 'c'];
  const values = cells.flatMap((each, slice) =>
    each.map((cell, index) => {
      const numbers = (influencesOf[slice] ?? []).flatMap(({ own, difference }) => [
        own[index],
        difference[index],
      ]);
      const place = keys.map((key) => cell[key === 'y' ? 'y' : key === 'c' ? 'c' : 'b']);
      return `(${[slice, ...place, ...numbers.map((value) => literal(value ?? 0))].join(', ')})`;
    }),
  );
  if (values.length === 0) return cells.map(() => []);
  const names = ['k', ...keys, ...at.flatMap((index) => [`o${index}`, `d${index}`])].join(', ');
  const totals = at
    .map((index) => `sum(w * o${index}) AS o${index}, sum(w * d${index}) AS d${index}`)
    .join(', ');
  const squares = at.map(
    (index) => `sum(o${index} * o${index}) AS o${index}, sum(d${index} * d${index}) AS d${index}`,
  );
  const sql = `WITH shares(${names}) AS (VALUES ${values.join(', ')}),
    units AS (SELECT k, g, ${totals} FROM ${scopedRows(paired, scope)} JOIN shares USING (k, ${keys.join(', ')}) GROUP BY k, g)
    SELECT k, count(*) AS units, ${squares.join(', ')} FROM units GROUP BY k`;
  const rows = await bySlice(paired, 'clusters', sql);
  return cells.map((_, slice) => {
    const row = rows.get(slice)?.[0];
    return at.map((index) => ({
      units: Number(row?.['units'] ?? 0),
      own: Number(row?.[`o${index}`] ?? 0),
      difference: Number(row?.[`d${index}`] ?? 0),
    }));
  });
}

/** A double as a literal that DuckDB reads as DOUBLE, not as DECIMAL. */
function literal(value: number): string {
  return Number.isFinite(value) ? `${value.toExponential()}::DOUBLE` : 'NULL';
}

/** Student's t with the linearised standard error; units that are drawn are rows, or whoever the rows are of. */
export function linearInference(
  { clustered }: Pick<Paired, 'clustered'>,
  estimate: number,
  units: number,
  squares: number,
): Inference {
  return studentInference({
    estimate,
    standardError: Math.sqrt((units / (units - 1)) * squares),
    n: units,
    df: units - 1,
    method: clustered ? 'linearised, by group' : 'linearised, weighted',
  });
}
