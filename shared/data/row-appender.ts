import { BIGINT, DOUBLE, DuckDBDataChunk, FLOAT, VARCHAR } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { ComputedType, RowAppender, Scalar } from './engine.ts';
import { quoteIdentifier } from './sql.ts';

const TYPES: Readonly<Record<ComputedType, DuckDBType>> = {
  BIGINT,
  DOUBLE,
  FLOAT,
  VARCHAR,
};

/** Rows of one chunk (STANDARD_VECTOR_SIZE in duckdb.h). */
const CHUNK_ROWS = 2048;

/** Makes a table and fills it by a connection, which ends with the appender. */
export async function openAppender(
  connection: DuckDBConnection,
  table: string,
  columns: readonly { readonly name: string; readonly type: ComputedType }[],
): Promise<RowAppender> {
  const definition = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ');
  await connection.run(`CREATE TABLE ${quoteIdentifier(table)} (${definition})`);
  const appender = await connection.createAppender(table);
  const types = columns.map(({ type }) => TYPES[type]);
  return {
    push(values) {
      const rows = values[0]?.length ?? 0;
      for (let start = 0; start < rows; start += CHUNK_ROWS) {
        const chunk = DuckDBDataChunk.create(types);
        chunk.setColumns(
          values.map((column, index) =>
            column.slice(start, start + CHUNK_ROWS).map((value) => fitting(value, columns[index]?.type)),
          ),
        );
        appender.appendDataChunk(chunk);
      }
    },
    close() {
      appender.closeSync();
      connection.disconnectSync();
    },
  };
}

/** DuckDB takes a BIGINT as bigint only. */
function fitting(value: Scalar, type: ComputedType | undefined): DuckDBValue {
  return type === 'BIGINT' && typeof value === 'number' ? BigInt(value) : value;
}
