import type { Query, Row } from '../../../../shared/data/engine.ts';
import { confusionMetric } from '../../../../shared/statistics/confusion-metrics.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

/** Beyond this, labels are rather numbers or texts than classes, and a matrix of them fills the memory. */
const MAX_CLASSES = 1_000;
const MAX_CELLS = 200_000;

/** Rows with one label and one prediction. */
export interface Cell {
  readonly label: string;
  readonly prediction: string;
  readonly n: number;
  /** The sum of their weights. */
  readonly weight: number;
}

/** Counts and weights of each pair of label and prediction: all that metrics of classes are computed from. */
export function cellsQuery(table: string, columns: PredictionColumns): Query {
  return {
    name: 'cells',
    sql: `WITH judged AS (${selectRows(table, columns)})
      SELECT y, p, count(*) AS n, sum(w) AS w FROM judged GROUP BY y, p ORDER BY y, p LIMIT ${MAX_CELLS + 1}`,
  };
}

/** The classes of a table with their cells. */
export interface Classes {
  readonly cells: readonly Cell[];
  /** All that occur as label or prediction, sorted. */
  readonly names: readonly string[];
  readonly labels: ReadonlySet<string>;
  readonly predictions: ReadonlySet<string>;
  /** Why nothing but the cells can be told. */
  readonly tooMany: string | undefined;
}

export function classesOf(rows: readonly Row[]): Classes {
  const cells = rows.map(({ y, p, n, w }) => ({
    label: String(y),
    prediction: String(p),
    n: Number(n),
    weight: Number(w),
  }));
  const labels = new Set(cells.map(({ label }) => label));
  const predictions = new Set(cells.map(({ prediction }) => prediction));
  const names = [...new Set([...labels, ...predictions])].sort();
  const many = names.length > MAX_CLASSES || cells.length > MAX_CELLS;
  const tooMany = many
    ? `labels and predictions have more than ${MAX_CLASSES} classes, which are rather numbers or texts`
    : undefined;
  return { cells, names, labels, predictions, tooMany };
}

/** The statistics know one name for one quantity. */
const ALIASES: Readonly<Record<string, string>> = { 'true-positive-rate': 'recall' };

/** Values of the named metrics from the cells; null where one is not defined. */
export function classificationMetrics(
  { cells, names }: Classes,
  metrics: readonly string[],
  positive: string | undefined,
): ReadonlyMap<string, number | null> {
  const places = new Map(names.map((name, index) => [name, index]));
  const matrix = new Float64Array(names.length ** 2);
  for (const { label, prediction, weight } of cells) {
    const index = (places.get(label) ?? 0) * names.length + (places.get(prediction) ?? 0);
    matrix[index] = weight;
  }
  const counts = {
    labels: names.length,
    positive: positive === undefined ? undefined : places.get(positive),
    matrix,
  };
  return new Map(
    metrics.map((name) => [name, confusionMetric(ALIASES[name] ?? name, counts) ?? null] as const),
  );
}
