import { createDataEngine } from '../../shared/data/create-engine.ts';
import { quoteText } from '../../shared/data/sql.ts';
import { recordingLogger } from './scene.ts';

/** Writes the rows of a SELECT as a Parquet file. */
export async function writeParquet(path: string, select: string): Promise<void> {
  // The engine brings the native part along, which the library needs.
  const engine = await createDataEngine({
    logger: recordingLogger(),
    environment: process.env,
    signal: new AbortController().signal,
  });
  await engine.close();
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO ${quoteText(path)} (FORMAT parquet)`);
  connection.disconnectSync();
  instance.closeSync();
}
