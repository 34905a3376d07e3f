import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import type { DataEngine, Limits, Row, Table, TableSource } from '../../../../shared/data/engine.ts';
import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { SubjectError, UsageError } from '../../../../shared/errors.ts';
import type { GateFile } from '../gate-file/gate-file.ts';
import { placeInGate } from '../gate-file/place-in-gate.ts';
import { isNumeric, textOf } from '../metrics/column-values.ts';
import type { RowColumn } from './decide/features.ts';
import type { RowsFile } from './rows-file.ts';

/** The table's name in queries. */
export const ROWS = 'rows';

export interface RowsTable {
  readonly n: number;
  readonly columns: readonly RowColumn[];
  /** What was opened beside the rows, by its name. */
  readonly beside: ReadonlyMap<string, Table>;
}

interface Opening {
  readonly engine: DataEngine;
  readonly limits: Limits;
  readonly gate: Pick<GateFile, 'evaluation'>;
  readonly gatePath: string;
  readonly rows: RowsFile;
  /** Other files to open beside the rows. */
  readonly beside?: readonly TableSource[];
  readonly signal: AbortSignal;
}

/** Opens the evaluation rows, whose ids must tell each row from the others. */
export async function openRows(opening: Opening): Promise<RowsTable> {
  const { engine, limits, rows, beside = [], signal } = opening;
  const { path, label, format } = rows;
  const tables = await engine.open([{ table: ROWS, path, label, format }, ...beside], limits, signal);
  const table = tables.get(ROWS);
  if (table === undefined) throw new RangeError(ROWS);
  const rejected = table.files.flatMap((file) => file.rejected.lines)[0];
  if (rejected !== undefined) {
    throw new SubjectError(
      'data',
      `The evaluation rows ${label} cannot be read whole: line ${rejected.line} is no row (${rejected.reason}).`,
    );
  }
  const own = table.columns.filter(({ name }) => !name.startsWith('__'));
  refuseMissing(opening, own);
  const texts = own.filter(({ type }) => type === 'VARCHAR');
  const id = own.find(({ name }) => name === opening.gate.evaluation?.id);
  const key = id === undefined ? 'NULL' : textOf(id);
  const looked = texts.map(({ name }, index) => {
    const column = quoteIdentifier(name);
    return `, count(*) FILTER (${column} IS NOT NULL AND TRY_CAST(${column} AS DOUBLE) IS NULL) AS t${index}`;
  });
  const query = {
    name: 'evaluation rows',
    sql: `SELECT count(*) AS n, count(${key}) AS with_id, count(DISTINCT ${key}) AS ids${looked.join('')} FROM ${ROWS}`,
  };
  const counts = (await engine.run([query], signal)).get(query.name)?.[0] ?? {};
  refuseIds(counts, label);
  const columns = own.map((column) => ({
    ...column,
    numeric:
      isNumeric(column) ||
      column.type === 'BOOLEAN' ||
      (column.type === 'VARCHAR' && counts[`t${texts.indexOf(column)}`] === 0),
  }));
  return { n: Number(counts['n']), columns, beside: tables };
}

function refuseMissing(
  { gate: { evaluation }, gatePath, rows }: Opening,
  columns: readonly { readonly name: string }[],
): void {
  const known = columns.map(({ name }) => name);
  for (const key of ['id', 'label', 'weight', 'group'] as const) {
    const name = evaluation?.[key];
    if (name === undefined || known.includes(name)) continue;
    const line = evaluation?.lines[key] ?? 1;
    const { place, key: named, ...where } = placeInGate(gatePath, line, `evaluation.${key}`);
    throw new UsageError(`${place}: the evaluation rows ${rows.label} have no column "${name}"${named}.`, {
      remedy: acceptedNames(name, known).replace('Accepted:', 'Columns:'),
      ...where,
    });
  }
}

function refuseIds(counts: Row, label: string): void {
  const [n, withId, ids] = ['n', 'with_id', 'ids'].map((name) => Number(counts[name]));
  if (n === undefined || withId === undefined || ids === undefined) throw new RangeError('counts');
  if (n === 0) throw new SubjectError('data', `The evaluation rows ${label} have no row.`);
  const problems = [
    ...(withId < n ? [`${n - withId} of ${n} rows have no id`] : []),
    ...(ids < withId ? [`${withId - ids} of ${n} rows have the id of another row`] : []),
  ];
  if (problems.length === 0) return;
  throw new SubjectError(
    'data',
    `The evaluation rows ${label} cannot be examined on: ${problems.join('; ')}.`,
    {
      remedy: 'Give each row an id that no other row has.',
    },
  );
}
