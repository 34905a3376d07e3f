import type { DataEngine } from '../../../../shared/data/engine.ts';
import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { SubjectError } from '../../../../shared/errors.ts';
import type { Datatype } from '../../../../shared/onnx/datatypes.ts';
import { isNested } from '../metrics/column-values.ts';
import type { RowColumn } from './decide/features.ts';
import type { InputPlan } from './decide/match-inputs.ts';
import { ROWS } from './rows-table.ts';

const SQL_TYPES: Readonly<Record<Datatype, string>> = {
  BOOL: 'BOOLEAN',
  UINT8: 'UTINYINT',
  UINT16: 'USMALLINT',
  UINT32: 'UINTEGER',
  UINT64: 'UBIGINT',
  INT8: 'TINYINT',
  INT16: 'SMALLINT',
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  FP16: 'FLOAT',
  FP32: 'FLOAT',
  FP64: 'DOUBLE',
  BYTES: 'VARCHAR',
};
const isFloat = (datatype: Datatype): boolean => datatype.startsWith('FP');
/** Enough to see what kind of columns is meant. */
const SHOWN = 5;

/** A column's value as an input takes it. A missing number is NaN, as models that know missing values expect. */
function valueOf(column: string, datatype: Datatype): string {
  const cast = `TRY_CAST(${quoteIdentifier(column)} AS ${SQL_TYPES[datatype]})`;
  return isFloat(datatype) ? `coalesce(${cast}, 'nan'::${SQL_TYPES[datatype]})` : cast;
}

/** The row's number and all values of its features, in the order of the plan. Never the label. */
export function selectFeatures({ inputs }: InputPlan, limit?: number): string {
  const values = inputs.flatMap(({ columns, datatype }) => columns.map((name) => valueOf(name, datatype)));
  return `SELECT ${['__row', ...values].join(', ')} FROM ${ROWS}${limit === undefined ? '' : ` LIMIT ${limit}`}`;
}

/** Refuses columns that hold what their input cannot take, with the number of rows. */
export async function refuseUnfit(
  engine: DataEngine,
  { inputs }: InputPlan,
  columns: readonly RowColumn[],
  { label, rows }: { readonly label: string; readonly rows: string },
  signal: AbortSignal,
): Promise<void> {
  const pairs = inputs.flatMap((input) => input.columns.map((name) => ({ name, input })));
  const unfit = pairs.map(({ name, input }) =>
    unfitCondition(
      columns.find((column) => column.name === name),
      input.datatype,
    ),
  );
  const selected = unfit.map((condition, index) => `count(*) FILTER (${condition}) AS c${index}`);
  const query = { name: 'features', sql: `SELECT ${selected.join(', ')} FROM ${ROWS}` };
  const counts = (await engine.run([query], signal)).get(query.name)?.[0] ?? {};
  const found = pairs.flatMap(({ name, input }, index) => {
    const n = Number(counts[`c${index}`]);
    return n === 0
      ? []
      : [
          `"${name}" in ${n} ${n === 1 ? 'row' : 'rows'} for the input "${input.name}" (${input.datatype}; the column is ${columns.find((column) => column.name === name)?.type ?? 'missing'})`,
        ];
  });
  if (found.length === 0) return;
  const more = found.length > SHOWN ? ` and ${found.length - SHOWN} more columns` : '';
  throw new SubjectError(
    'model',
    `The model ${label} cannot take values of ${rows}: ${found.slice(0, SHOWN).join(', ')}${more}.`,
    {
      remedy:
        'Name the columns that are its features by "evaluation.features" in the gate file. Only inputs of floats take missing values, as NaN.',
    },
  );
}

/** SQL that is true for a value that an input cannot take. */
function unfitCondition(column: RowColumn | undefined, datatype: Datatype): string {
  if (column === undefined || isNested(column.type)) return 'true';
  const name = quoteIdentifier(column.name);
  if (datatype === 'BYTES') return `${name} IS NULL`;
  if (!column.numeric && column.type !== 'VARCHAR') return 'true';
  const cast = `TRY_CAST(${name} AS ${SQL_TYPES[datatype]})`;
  if (isFloat(datatype)) return `${name} IS NOT NULL AND ${cast} IS NULL`;
  if (datatype === 'BOOL') return `${cast} IS NULL`;
  // A cast to a whole number rounds, and a model must not be given another number than the file has.
  return `${cast} IS NULL OR TRY_CAST(${name} AS DOUBLE) IS DISTINCT FROM CAST(${cast} AS DOUBLE)`;
}
