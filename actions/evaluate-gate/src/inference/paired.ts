import type { DataEngine } from '../../../../shared/data/engine.ts';
import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import type { EvaluationColumns } from '../gate-file/gate-file.ts';
import { type Column, textOf } from '../metrics/column-values.ts';
import { valueOfRow } from '../metrics/defined.ts';
import { clipOf, type ExtraColumn, type PredictionColumns, selectRows } from '../metrics/rows.ts';
import type { Needs } from './needs.ts';
import { type Cut, indexSql } from './slice-families.ts';

/** Groups of the delete-a-group jackknife. */
export const FOLDS = 40;

/** Beyond this, labels are rather numbers or texts than classes. */
const MAX_CLASSES = 1000;

/** Ids of such types meet as they are. */
export const INTEGER_TYPE = /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/;

/** The table `paired`: rows of candidate and baseline side by side, reduced to what the asked metrics need. */
export interface Paired {
  readonly engine: DataEngine;
  readonly signal: AbortSignal;
  readonly hasBaseline: boolean;
  readonly weighted: boolean;
  /** Rows belong together by a column: whoever they are of is drawn, not they. */
  readonly clustered: boolean;
  /** In the order of their indices. */
  readonly classes: readonly string[];
  /** The half-open interval that log loss keeps probabilities in, of candidate and baseline. */
  readonly clips: { readonly c: number; readonly b: number };
  readonly needs: Needs;
  /** Metrics with a column of their own that the baseline's file lacks. */
  readonly lacking: ReadonlySet<string>;
  readonly columns: BothColumns;
}

export interface BothColumns {
  readonly candidate: PredictionColumns;
  readonly baseline: PredictionColumns | undefined;
}

export interface PairOptions {
  readonly engine: DataEngine;
  readonly evaluation: EvaluationColumns;
  readonly gatePath: string;
  readonly columns: BothColumns;
  /** All columns of the files, as the engine has them. */
  readonly tables: { readonly candidate: readonly Column[]; readonly baseline: readonly Column[] };
  readonly needs: Needs;
  readonly cuts: readonly Cut[];
  readonly signal: AbortSignal;
}

/**
 * Joins candidate and baseline by id, once, and keeps of each row small columns only: `y`, `c`, `b` (indices of the
 * classes of label and of both predictions), `yn`, `cn`, `bn` (the same as numbers), `cs0` … and `bs0` … (scores), `cv0` …
 * and `bv0` … (values of metrics with a column of their own), `yl`, `cl`, `bl`, `ci`, `bi` (sizes of sets of classes and
 * of what they share with the label's), `w`, `g` (whoever the row is of), `f` (fold of the jackknife), `i` (id), and the
 * slice in each cut.
 */
export async function pair(options: PairOptions): Promise<Paired> {
  const { engine, columns, needs, cuts, signal } = options;
  const { candidate, baseline } = columns;
  const classes = needs.classes ? await classesOf(options) : [];
  const group = groupColumn(options);
  // Integers meet as integers; all else as text, as whoever checked that the files can be joined has done.
  const whole = [candidate, baseline ?? candidate].every(({ id }) => INTEGER_TYPE.test(id.type));
  const keyOf = ({ id }: PredictionColumns): string => (whole ? quoteIdentifier(id.name) : textOf(id));
  const simple = cuts.filter(({ of }) => of.length === 0);
  const left = side('c', 'candidate', candidate, classes, options, [
    { name: 'i', sql: keyOf(candidate) },
    { name: 'u', sql: group === undefined ? keyOf(candidate) : textOf(group) },
    ...simple.map(({ key, sql }) => ({ name: key, sql })),
  ]);
  const shared = [
    ...(needs.ids || baseline !== undefined ? ['i'] : []),
    ...(needs.classes ? [classIndex('y', classes)] : []),
    ...(needs.numbers ? ['yn'] : []),
    ...(needs.sets ? ['len(ys) AS yl'] : []),
    ...(candidate.weight === undefined ? [] : ['w']),
    ...(group === undefined ? [] : ['hash(u) AS g']),
    // The text is hashed, so that the folds are the same whatever type the file has.
    ...(needs.folds ? [`CAST(hash(CAST(u AS VARCHAR)) % ${FOLDS} AS UTINYINT) AS f`] : []),
    ...simple.map(({ key }) => `CAST(${key} AS SMALLINT) AS ${key}`),
  ];
  const crossed = cuts
    .filter(({ of }) => of.length > 0)
    .map(({ key, sql }) => `CAST(${sql} AS SMALLINT) AS ${key}`);
  const own = `SELECT ${[...shared, ...left.kept, '1 AS one'].join(', ')} FROM (${left.rows})`;
  const dropped = ['one', ...(baseline === undefined ? [] : ['j', ...(needs.ids ? [] : ['i'])])];
  const right =
    baseline === undefined
      ? undefined
      : side('b', 'baseline', baseline, classes, options, [{ name: 'j', sql: keyOf(baseline) }]);
  const other =
    right === undefined
      ? ''
      : ` JOIN (SELECT ${['j', ...right.kept].join(', ')} FROM (${right.rows})) ON i = j`;
  const every = [`* EXCLUDE (${dropped.join(', ')})`, ...crossed].join(', ');
  await engine.derive(
    'paired',
    { name: 'pairing the rows', sql: `SELECT ${every} FROM (${own})${other}` },
    signal,
  );
  return {
    engine,
    signal,
    hasBaseline: baseline !== undefined,
    weighted: candidate.weight !== undefined,
    clustered: group !== undefined,
    classes,
    clips: { c: clipOf(candidate.scores), b: clipOf(baseline?.scores ?? []) },
    needs,
    lacking: right?.lacking ?? new Set(),
    columns,
  };
}

interface Side {
  readonly rows: string;
  readonly kept: readonly string[];
  readonly lacking: ReadonlySet<string>;
}

/** What one file gives to a pair; its columns begin with `c` or `b`. */
function side(
  prefix: 'c' | 'b',
  table: 'candidate' | 'baseline',
  columns: PredictionColumns,
  classes: readonly string[],
  { needs, tables }: PairOptions,
  extras: readonly ExtraColumn[],
): Side {
  const values = needs.values.map((metric, at) => {
    const column = tables[table].find(({ name }) => name === metric.column);
    return {
      metric: metric.name,
      name: `v${at}`,
      sql: column === undefined ? undefined : valueOfRow(metric, column),
    };
  });
  return {
    rows: selectRows(table, columns, [
      ...extras,
      ...values.map(({ name, sql }) => ({ name, sql: sql ?? 'CAST(NULL AS DOUBLE)' })),
    ]),
    kept: [
      ...(needs.classes ? [classIndex('p', classes, prefix)] : []),
      ...(needs.numbers ? [`pn AS ${prefix}n`] : []),
      ...(needs.sets ? [`len(ps) AS ${prefix}l`, `len(list_intersect(ys, ps)) AS ${prefix}i`] : []),
      ...(needs.scores ? columns.scores.map((_, at) => `s${at} AS ${prefix}s${at}`) : []),
      ...values.map(({ name }) => `${name} AS ${prefix}${name}`),
    ],
    lacking: new Set(values.filter(({ sql }) => sql === undefined).map(({ metric }) => metric)),
  };
}

function classIndex(column: string, classes: readonly string[], name = column): string {
  return `CAST(${indexSql(column, classes)} AS SMALLINT) AS ${name}`;
}

/** The declared classes, else those that occur, in the order of their names. */
async function classesOf({ engine, evaluation, columns, signal }: PairOptions): Promise<readonly string[]> {
  if (evaluation.labels !== undefined) return evaluation.labels;
  const { candidate, baseline } = columns;
  const rows = [
    selectRows('candidate', candidate),
    ...(baseline === undefined ? [] : [selectRows('baseline', baseline)]),
  ].flatMap((each) => [`SELECT DISTINCT y AS v FROM (${each})`, `SELECT DISTINCT p AS v FROM (${each})`]);
  const sql = `SELECT DISTINCT v FROM (${rows.join(' UNION ALL ')}) ORDER BY v LIMIT ${MAX_CLASSES + 1}`;
  const found = (await engine.run([{ name: 'classes', sql }], signal)).get('classes') ?? [];
  if (found.length <= MAX_CLASSES) return found.map(({ v }) => String(v));
  throw new UsageError(`The labels and predictions have more than ${MAX_CLASSES} different values.`, {
    remedy:
      'Declare the classes as "labels" under "evaluation" of the gate file, or choose a metric of numbers or rows.',
  });
}

function groupColumn({ evaluation, gatePath, tables }: PairOptions): Column | undefined {
  const { group } = evaluation;
  if (group === undefined) return undefined;
  const found = tables.candidate.find(({ name }) => name === group);
  if (found !== undefined) return found;
  const line = evaluation.lines['group'] ?? 1;
  const own = tables.candidate.map(({ name }) => name).filter((name) => !name.startsWith('__'));
  throw new UsageError(
    `${gatePath}:${line}: the candidate's rows have no column "${group}" ("evaluation.group").`,
    { where: { file: gatePath, line }, remedy: acceptedNames(group, own).replace('Accepted:', 'Columns:') },
  );
}
