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

/** A label with a score and its class, or a target with a value: the engine keeps whatever columns a file has. */
export type Kind = 'binary' | 'regression';

export function pathsOf(rows: number, kind: Kind): PredictionPaths {
  const path = (model: string): string => join(cacheFolder(), `${kind}-${model}-${rows}-seed${SEED}.parquet`);
  return { candidate: path('candidate'), baseline: path('baseline') };
}

/**
 * Makes the predictions of two models on the same rows, unless they are there; of binary labels 30 % are positive. The
 * baseline's rows are in another order.
 */
export async function generate(rows: number, kind: Kind): Promise<PredictionPaths> {
  const paths = pathsOf(rows, kind);
  await mkdir(cacheFolder(), { recursive: true });
  if (existsSync(paths.candidate) && existsSync(paths.baseline)) return paths;
  const engine = await quietEngine();
  try {
    await engine.open([], limitsOf(cacheFolder()), SIGNAL);
    for (const [model, deviation, stream] of [
      ['candidate', 0.1, 4],
      ['baseline', 0.12, 6],
    ] as const) {
      const sql = rowsSql(rows, kind, { candidate: model === 'candidate', deviation, stream });
      await engine.write({ name: `generating the ${model}`, sql }, paths[model], 'parquet', SIGNAL);
    }
  } finally {
    await engine.close();
  }
  return paths;
}

/** Numbers are hashes of row and stream, so that they are the same on any number of threads. */
function rowsSql(
  rows: number,
  kind: Kind,
  { candidate, deviation, stream }: { candidate: boolean; deviation: number; stream: number },
): string {
  const columns =
    kind === 'regression'
      ? '100 * z AS target, 100 * s AS value'
      : 'label, CAST(s >= 0.5 AS TINYINT) AS prediction, least(1, greatest(0, s)) AS score';
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
    SELECT i AS id, ${columns}${candidate ? `, CAST(${bits(0)} % ${SLICES} AS TINYINT) AS slice` : ''}
    FROM scored${candidate ? '' : ` ORDER BY ${bits(9)}`}`;
}
