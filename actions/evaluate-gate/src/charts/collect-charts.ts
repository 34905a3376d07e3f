import type { DataEngine, Query, Row } from '../../../../shared/data/engine.ts';
import type { Charts } from '../../../../shared/record/evaluation-section.ts';
import type { EvaluationColumns } from '../gate-file/gate-file.ts';
import type { Families } from '../metrics/families.ts';
import { type PredictionColumns, selectRows } from '../metrics/rows.ts';

/** A curve of more rows than this looks the same. */
const MAX_ROWS = 200_000;
const CURVE_STEPS = 100;
const CALIBRATION_BINS = 10;
const RESIDUAL_BINS = 30;

export interface ChartOptions {
  readonly engine: DataEngine;
  readonly evaluation: EvaluationColumns;
  readonly families: Families;
  readonly minCellSize: number;
  /** Tables that are open, each with the name that a legend shows. */
  readonly models: readonly {
    readonly table: string;
    readonly name: string;
    readonly columns: PredictionColumns;
  }[];
  /** Rows of a table. */
  readonly n: number;
  readonly signal: AbortSignal;
}

/** The pictures of report.html. No point of them stands for fewer than min-cell-size rows. */
export async function collectCharts(options: ChartOptions): Promise<Charts> {
  const { engine, families, models, signal } = options;
  const charts = {
    roc: [],
    precisionRecall: [],
    calibration: [],
    residuals: [],
    trend: [],
  } as Mutable<Charts>;
  for (const { table, name, columns } of models) {
    const rows = sampled(options, table, columns);
    const score = scoreOf(options.evaluation, columns);
    const plan: Query[] = [
      ...(score === undefined ? [] : [curveQuery(rows, score, options), calibrationQuery(rows, score)]),
      ...(families.regression ? [residualQuery(rows)] : []),
    ];
    const found = await engine.run(plan, signal);
    const curve = curvesOf(found.get('curve') ?? []);
    if (curve !== undefined) {
      charts.roc.push({ name, points: curve.roc });
      charts.precisionRecall.push({ name, points: curve.precisionRecall });
    }
    const enough = (row: Row): boolean => Number(row['n']) >= Math.max(1, options.minCellSize);
    const calibration = (found.get('calibration') ?? []).filter(enough);
    if (calibration.length > 1) {
      charts.calibration.push({
        name,
        points: calibration.map(({ score: mean, share }) => [Number(mean), Number(share)]),
      });
    }
    const residuals = (found.get('residuals') ?? []).filter(enough);
    if (residuals.length > 1) {
      charts.residuals.push({
        name,
        width: Number(residuals[0]?.['width']),
        points: residuals.map(({ edge, n }) => [Number(edge), Number(n)]),
      });
    }
  }
  return charts;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The same rows for both models, as they are chosen by their id. */
function sampled({ n }: ChartOptions, table: string, columns: PredictionColumns): string {
  const oneIn = Math.ceil(n / MAX_ROWS);
  const rows = selectRows(table, columns);
  return oneIn <= 1 ? rows : `SELECT * FROM (${rows}) WHERE hash(id) % ${oneIn} = 0`;
}

interface Score {
  readonly column: string;
  readonly positive: string;
}

/** The score of the positive class; undefined where there is no such class. */
function scoreOf({ positive, labels }: EvaluationColumns, { scores }: PredictionColumns): Score | undefined {
  if (positive === undefined) return undefined;
  const index = scores.length === 1 ? 0 : (labels?.indexOf(positive) ?? -1);
  return index >= 0 && index < scores.length ? { column: `s${index}`, positive } : undefined;
}

/** Positives and negatives with a score of at least so much, in steps of equally many rows. */
function curveQuery(rows: string, { column, positive }: Score, { minCellSize }: ChartOptions): Query {
  return {
    name: 'curve',
    parameters: [positive, Math.max(1, minCellSize)],
    sql: `WITH judged AS (${rows}),
      ties AS (SELECT ${column} AS s, count(*) AS n, sum(CASE WHEN y = $1 THEN w ELSE 0 END) AS wp,
        sum(CASE WHEN y = $1 THEN 0 ELSE w END) AS wn FROM judged GROUP BY 1),
      placed AS (SELECT *, sum(n) OVER (ORDER BY s DESC) AS before, sum(n) OVER () AS total FROM ties),
      steps AS (SELECT floor((before - 1) / greatest($2, total / ${CURVE_STEPS})) AS step, sum(wp) AS wp, sum(wn) AS wn
        FROM placed GROUP BY 1)
      SELECT step, sum(wp) OVER (ORDER BY step) AS hits, sum(wn) OVER (ORDER BY step) AS alarms,
        sum(wp) OVER () AS positives, sum(wn) OVER () AS negatives
      FROM steps ORDER BY step`,
  };
}

type Point = [number, number];

function curvesOf(rows: readonly Row[]): { roc: Point[]; precisionRecall: Point[] } | undefined {
  const positives = Number(rows[0]?.['positives'] ?? 0);
  const negatives = Number(rows[0]?.['negatives'] ?? 0);
  if (!(positives > 0 && negatives > 0)) return undefined;
  const counted = rows.map(({ hits, alarms }): Point => [Number(hits), Number(alarms)]);
  return {
    roc: [[0, 0], ...counted.map(([hits, alarms]): Point => [alarms / negatives, hits / positives])],
    precisionRecall: counted.flatMap(([hits, alarms]): Point[] =>
      hits + alarms > 0 ? [[hits / positives, hits / (hits + alarms)]] : [],
    ),
  };
}

/** Mean score and share of positives, by the score's tenth. Scores that are no probabilities have no such bins. */
function calibrationQuery(rows: string, { column, positive }: Score): Query {
  return {
    name: 'calibration',
    parameters: [positive],
    sql: `WITH judged AS (${rows}),
      binned AS (SELECT least(floor(${column} * ${CALIBRATION_BINS}), ${CALIBRATION_BINS - 1}) AS bin, ${column} AS s,
        CASE WHEN y = $1 THEN 1.0 ELSE 0.0 END AS hit, w FROM judged WHERE ${column} BETWEEN 0 AND 1)
      SELECT count(*) AS n, sum(w * s) / sum(w) AS score, sum(w * hit) / sum(w) AS share
      FROM binned WHERE w > 0 GROUP BY bin ORDER BY bin`,
  };
}

/** Counts of prediction - label in bins of equal width between the 0.5 % and the 99.5 % quantile. */
function residualQuery(rows: string): Query {
  return {
    name: 'residuals',
    sql: `WITH judged AS (SELECT pn - yn AS r FROM (${rows})),
      span AS (SELECT quantile_cont(r, 0.005) AS low, quantile_cont(r, 0.995) AS high FROM judged),
      binned AS (SELECT least(floor((r - low) / ((high - low) / ${RESIDUAL_BINS})), ${RESIDUAL_BINS - 1}) AS bin, low,
        (high - low) / ${RESIDUAL_BINS} AS width FROM judged CROSS JOIN span WHERE r BETWEEN low AND high AND high > low)
      SELECT any_value(low) + bin * any_value(width) AS edge, any_value(width) AS width, count(*) AS n
      FROM binned GROUP BY bin ORDER BY bin`,
  };
}
