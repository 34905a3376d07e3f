import { quoteIdentifier, quoteText } from '../../../../shared/data/sql.ts';
import type { DefinedMetric, EvaluationColumns } from '../gate-file/gate-file.ts';
import { classSetOf, memberType } from '../metrics/class-sets.ts';
import { type Column, numberOrNull, textOf } from '../metrics/column-values.ts';
import type { Families } from '../metrics/families.ts';
import type { PredictionColumns } from '../metrics/rows.ts';

export interface Sampled {
  /** The table of predictions. */
  readonly table: string;
  readonly columns: PredictionColumns;
  readonly seed: number;
  /** One row in so many is kept; which, the seed and the row's id decide, alike in every table. */
  readonly oneIn: number;
  /** Ids are whole numbers in every table, and are taken as such; else as text, in which they meet, at more cost. */
  readonly numericIds: boolean;
}

export interface Degrading extends Sampled {
  readonly evaluation: Pick<EvaluationColumns, 'labels'>;
  readonly families: Pick<Families, 'classification' | 'regression' | 'multilabel' | 'unlabelled'>;
  /** Metrics of columns of their own, which get worse too. */
  readonly metrics: readonly DefinedMetric[];
}

/** Nine rows of ten: beyond every sensible margin, and yet no metric becomes a constant that has no interval. */
const TENTHS = 9;
/** By how many times its typical error, or the spread of the labels, a number is put off at least. */
const TIMES = 10;

/** What `degradedSelect` does to the predictions, for the report. */
export function degradedWords(families: Degrading['families']): string {
  if (families.unlabelled === true) return 'a copy of the candidate with worse scores in nine rows of ten';
  const how = predictsClasses(families)
    ? 'another class predicted and its scores exchanged'
    : `predictions off by at least ${TIMES} times the usual error`;
  return `a copy of the candidate with ${how} in nine rows of ten`;
}

function predictsClasses({ classification, regression, multilabel }: Degrading['families']): boolean {
  return classification || multilabel === true || !regression;
}

/** One SELECT of some rows of a table, as they are. */
export function sampledSelect(sampled: Sampled): string {
  return `SELECT * FROM ${quoteIdentifier(sampled.table)} WHERE ${keeps(hashOf(sampled), sampled.oneIn)}`;
}

/**
 * One SELECT over the candidate's predictions that gives the same columns with most predictions wrong. Seed and id
 * decide which rows those are and how wrong, so that it is the same on every machine.
 */
export function degradedSelect(degrading: Degrading): string {
  const { table, columns, evaluation, families, metrics, oneIn } = degrading;
  const { label, prediction } = columns;
  const sets = families.multilabel === true;
  const replaced = new Map<string, string>();
  const replace: Replace = (column, worse, same = quoteIdentifier(column)) => {
    if (replaced.has(column)) return;
    const sql = `CASE WHEN __hash % 10 < ${TENTHS} THEN ${worse} ELSE ${same} END`;
    replaced.set(column, `${sql} AS ${quoteIdentifier(column)}`);
  };
  if (label === undefined || prediction === undefined) return ofScores(degrading, replaced, replace);
  if (predictsClasses(families)) {
    replace(prediction.name, anotherClass(prediction, sets));
    columns.scores.forEach((score, index) =>
      replace(score.name, otherScore(columns, index), numberOrNull(score)),
    );
  } else {
    const number = numberOrNull(prediction);
    replace(prediction.name, `${number} + __off * (1 + (__hash % 1000) / 1000)`, number);
  }
  for (const metric of metrics) replaceColumnOf(metric, replace);
  const y = sets ? `CAST(to_json(${classSetOf(label)}) AS VARCHAR)` : textOf(label);
  const declared = sets ? undefined : evaluation.labels;
  const classes =
    declared === undefined
      ? 'SELECT DISTINCT __y AS __class FROM kept'
      : `SELECT unnest([${declared.map(quoteText).join(', ')}]) AS __class`;
  return `WITH marked AS (SELECT *, ${hashOf(degrading)} AS __hash, ${y} AS __y FROM ${quoteIdentifier(table)}),
    kept AS (SELECT * FROM marked WHERE ${keeps('__hash', oneIn)}),
    turns AS (SELECT __class, coalesce(lead(__class) OVER (ORDER BY __class), min(__class) OVER ()) AS __other
      FROM (${classes})),
    errors AS (SELECT coalesce(nullif(${TIMES} * greatest(sqrt(avg((p - y) ** 2)), stddev_pop(y)), 0), 1) AS __off
      FROM (SELECT ${numberOrNull(prediction)} AS p, ${numberOrNull(label)} AS y FROM kept))
    SELECT kept.* EXCLUDE (__hash, __y) REPLACE (${[...replaced.values()].join(', ')})
    FROM kept CROSS JOIN errors LEFT JOIN turns ON __y = __class`;
}

/** Where there are no predictions, only scores of the rows' own get worse. */
function ofScores(degrading: Degrading, replaced: ReadonlyMap<string, string>, replace: Replace): string {
  const { table, metrics, oneIn } = degrading;
  for (const metric of metrics) replaceColumnOf(metric, replace);
  const worse = replaced.size === 0 ? '' : ` REPLACE (${[...replaced.values()].join(', ')})`;
  return `WITH kept AS (SELECT *, ${hashOf(degrading)} AS __hash FROM ${quoteIdentifier(table)}
      WHERE ${keeps(hashOf(degrading), oneIn)})
    SELECT * EXCLUDE (__hash)${worse} FROM kept`;
}

/** `same` is what the other rows keep, where that has to be of another type than the column. */
type Replace = (column: string, worse: string, same?: string) => void;

/** Spreads neighbouring seeds over 64 bits: 2^64 divided by the golden ratio (Knuth, TAOCP 3, section 6.4). */
const SPREAD = 0x9e3779b97f4a7c15n;

function hashOf({ columns: { id }, seed, numericIds }: Sampled): string {
  const key = numericIds ? `CAST(${quoteIdentifier(id.name)} AS HUGEINT)` : textOf(id);
  return `xor(hash(${key}), CAST(${BigInt.asUintN(64, BigInt(seed) * SPREAD)} AS UBIGINT))`;
}

// The last digit tells which rows get worse.
const keeps = (hash: string, oneIn: number): string => `(${hash} // 10) % ${oneIn} = 0`;

/** A class that is not the label, in the type of the predictions. */
function anotherClass({ type }: Column, sets: boolean): string {
  if (memberType(type) !== undefined) return `CAST(from_json(__other, '["VARCHAR"]') AS ${type})`;
  return sets ? '__other' : `TRY_CAST(__other AS ${type})`;
}

/** Scores change places, so that they stay probabilities where they were; a single one is mirrored. */
function otherScore({ scores }: PredictionColumns, index: number): string {
  const own = scores[index];
  const other = scores.at(index - 1);
  if (own === undefined || other === undefined) throw new RangeError('scores');
  if (scores.length > 1) return numberOrNull(other);
  const score = numberOrNull(own);
  const all = `SELECT min(s) >= 0 AND max(s) <= 1 FROM (SELECT ${score} AS s FROM kept)`;
  return `CASE WHEN (${all}) THEN 1 - ${score} ELSE -${score} END`;
}

/** The column of a metric that is a mean of scores or preferences; what SQL of the user's reads is not known. */
function replaceColumnOf(metric: DefinedMetric, replace: Replace): void {
  const higher = metric.direction === 'higher';
  if (metric.kind === 'preference') replace(metric.column, quoteText(higher ? 'baseline' : 'candidate'));
  if (metric.kind !== 'column') return;
  const value = `TRY_CAST(${quoteIdentifier(metric.column)} AS DOUBLE)`;
  const spread = `SELECT greatest(${TIMES} * stddev_pop(v), abs(avg(v)), 1) FROM (SELECT ${value} AS v FROM kept)`;
  replace(metric.column, `${value} ${higher ? '-' : '+'} (${spread})`, value);
}
