import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limitsOf, quietEngine, SIGNAL } from './engine.ts';

/** Slices of the candidate's rows, as values of the column `slice`. */
export const SLICES = 20;

const SEED = 7;
/** More than there are streams of numbers, and than the seed is. */
const STREAMS = 16;
const TWO_TO_53 = '9007199254740992.0';

export interface PredictionPaths {
  readonly candidate: string;
  readonly baseline: string;
}

/** Where generated rows are kept from run to run; nothing but time is lost with it. */
function cacheFolder(): string {
  return join(tmpdir(), 'trainyard-bench');
}

export function pathsOf(rows: number): PredictionPaths {
  const path = (model: string): string => join(cacheFolder(), `${model}-${rows}-seed${SEED}.parquet`);
  return { candidate: path('candidate'), baseline: path('baseline') };
}

/**
 * Makes the predictions of two models on the same rows, unless they are there: a binary label (30 % positive), a score
 * with its class, and for regression a target with a value. The baseline's rows are in another order.
 */
export async function generate(rows: number): Promise<PredictionPaths> {
  const paths = pathsOf(rows);
  await mkdir(cacheFolder(), { recursive: true });
  if (existsSync(paths.candidate) && existsSync(paths.baseline)) return paths;
  const engine = await quietEngine();
  try {
    await engine.open([], limitsOf(cacheFolder()), SIGNAL);
    for (const [model, deviation, stream] of [
      ['candidate', 0.1, 4],
      ['baseline', 0.12, 6],
    ] as const) {
      const sql = rowsSql(rows, model === 'candidate', deviation, stream);
      await engine.write({ name: `generating the ${model}`, sql }, paths[model], 'parquet', SIGNAL);
    }
  } finally {
    await engine.close();
  }
  return paths;
}

/** Numbers are hashes of row and stream, so that they are the same on any number of threads. */
function rowsSql(rows: number, candidate: boolean, deviation: number, stream: number): string {
  // One hash of one number: of several, DuckDB combines the hashes, which makes streams depend on each other.
  const bits = (of: number): string => `hash((i * ${STREAMS} + ${of}) * ${STREAMS} + ${SEED})`;
  const uniform = (of: number): string => `(${bits(of)} >> 11)::DOUBLE / ${TWO_TO_53}`;
  // Box and Muller, "A Note on the Generation of Random Normal Deviates" (1958).
  const normal = (of: number): string =>
    `sqrt(-2 * ln(1 - ${uniform(of)})) * cos(2 * pi() * ${uniform(of + 1)})`;
  return `WITH drawn AS (
      SELECT i, CAST(${uniform(1)} < 0.3 AS TINYINT) AS label FROM (SELECT range AS i FROM range(${rows}))),
    latent AS (SELECT i, label, 0.4 + 0.2 * label + 0.18 * ${normal(2)} AS z FROM drawn),
    scored AS (SELECT *, z + ${deviation} * ${normal(stream)} AS s FROM latent)
    SELECT i AS id, label, CAST(s >= 0.5 AS TINYINT) AS prediction, least(1, greatest(0, s)) AS score,
      100 * z AS target, 100 * s AS value${candidate ? `, CAST(${bits(0)} % ${SLICES} AS TINYINT) AS slice` : ''}
    FROM scored${candidate ? '' : ` ORDER BY ${bits(9)}`}`;
}
