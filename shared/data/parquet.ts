import { open } from 'node:fs/promises';
import { messageOf, SubjectError } from '../errors.ts';
import type { TableSource } from './engine.ts';
import { pathLiteral, type ReadContext, type Reading } from './open-table.ts';

/** A Parquet file begins and ends with these bytes (Apache Parquet, "File format"); before the last come 4 of length. */
const MAGIC = 'PAR1';
const ENCRYPTED_MAGIC = 'PARE';
const TAIL_BYTES = 8;

/** Prepares one Parquet file, whose footer must be whole. */
export async function readParquet(source: TableSource, { connection }: ReadContext): Promise<Reading> {
  await refuseBrokenFooter(source);
  const select = `SELECT * FROM read_parquet(${pathLiteral(source.path)}, hive_partitioning = false)`;
  try {
    await connection.run(`SELECT * FROM (${select}) LIMIT 0`);
  } catch (cause) {
    throw damaged(source, `its footer cannot be read (${messageOf(cause).split(':', 1).join('')})`);
  }
  return {
    select,
    rejected: () => Promise.resolve({ count: 0, lines: [] }),
    end: () => Promise.resolve(),
  };
}

function damaged(source: TableSource, why: string): SubjectError {
  return new SubjectError('data', `${source.label} is no whole Parquet file: ${why}.`, {
    remedy: 'Write the file again, or fetch it again: it may have been cut short on the way.',
    where: { file: source.label },
  });
}

async function refuseBrokenFooter(source: TableSource): Promise<void> {
  await using file = await open(source.path);
  const { size } = await file.stat();
  if (size === 0) throw damaged(source, 'it is empty');
  const read = async (position: number, length: number): Promise<Buffer> =>
    (await file.read(Buffer.alloc(length), 0, length, position)).buffer;
  const head = (await read(0, MAGIC.length)).toString('latin1');
  if (head === ENCRYPTED_MAGIC) {
    throw new SubjectError(
      'data',
      `${source.label} is an encrypted Parquet file, which cannot be read here.`,
    );
  }
  if (head !== MAGIC) throw damaged(source, `it does not begin with ${MAGIC}`);
  const tail = await read(Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
  if (tail.toString('latin1', 4) !== MAGIC) {
    throw damaged(source, `it does not end with ${MAGIC}, so it was cut short after ${size} bytes`);
  }
  const footer = tail.readUInt32LE(0);
  if (footer + TAIL_BYTES + MAGIC.length > size) throw damaged(source, 'its footer is longer than the file');
}
