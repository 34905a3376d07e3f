import { replicateInference } from '../../../../shared/statistics/replicates.ts';
import { rowBootstrap } from '../../../../shared/statistics/row-bootstrap.ts';
import { signFlipInference } from '../../../../shared/statistics/sign-flip.ts';
import { studentInference } from '../../../../shared/statistics/student-inference.ts';
import { wilcoxonInference } from '../../../../shared/statistics/wilcoxon.ts';
import type { Inference } from '../../../../shared/statistics/inference.ts';
import type { Row } from '../../../../shared/data/engine.ts';
import type { MetricEvidence } from '../evidence.ts';
import type { Defaults, TestName } from '../gate-file/gate-file.ts';
import { evidenceOf } from './assemble.ts';
import { linearInference } from './linear.ts';
import type { Loss } from './losses.ts';
import type { Paired } from './paired.ts';
import { bySlice, type Scope, scopedRows } from './scope.ts';

/** Rows that a test which needs each of them may take; beyond, the t test says the same for less. */
export const MAX_ROWS = 100_000;

const NEEDS_ROWS: readonly TestName[] = ['wilcoxon', 'permutation', 'bootstrap', 'bca'];

interface AskedMean {
  readonly metric: string;
  readonly test: TestName;
  /** The rows' scores may lie outside of [0, 1]: then they are no probabilities. */
  readonly probabilities?: boolean;
}

/** Evidence of a mean over rows, by slice. */
export async function inferMean(
  paired: Paired,
  scope: Scope,
  asked: AskedMean,
  loss: Loss,
  defaults: Defaults,
): Promise<MetricEvidence[]> {
  const { hasBaseline } = paired;
  if ('missing' in loss) {
    return scope.sizes.map((n) =>
      evidenceOf(
        { value: null, baselineValue: null, n, reason: loss.missing, baselineReason: loss.missing },
        hasBaseline,
      ),
    );
  }
  const lacking = paired.lacking.has(asked.metric);
  const compares = hasBaseline && !lacking;
  const rows = await momentsOf(paired, scope, loss, compares);
  const refused = whyRefused(asked.test, paired);
  const result: MetricEvidence[] = [];
  for (const [slice, n] of scope.sizes.entries()) {
    const row = rows.get(slice)?.[0] ?? {};
    const number = (name: string): number | null => {
      const value = row[name];
      return value === null || value === undefined ? null : Number(value);
    };
    const complete = (missing: string, value: string): number | null =>
      number(missing) === 0 ? number(value) : null;
    const value = complete('missing', 'own');
    const baselineValue = compares ? complete('base_missing', 'base') : null;
    const sparse = 'some rows have no such number';
    const makers = asked.test === 'none' || refused !== undefined ? {} : momentInferences(paired, row, n);
    const needsRows = NEEDS_ROWS.includes(asked.test) && refused === undefined;
    const tooMany = needsRows && n > MAX_ROWS;
    const noInference = tooMany
      ? `"test: ${asked.test}" takes up to ${MAX_ROWS} rows and there are ${n}, for which "test: t" is made`
      : refused;
    const paths =
      needsRows && !tooMany && n > 0 && value !== null
        ? await rowInferences(paired, scope, slice, {
            asked,
            loss,
            compares: baselineValue !== null,
            defaults,
            ...makers,
          })
        : makers;
    result.push(
      evidenceOf(
        {
          value,
          baselineValue,
          n,
          reason: sparse,
          baselineReason: lacking ? 'its rows have no such column' : sparse,
          ...(asked.test === 'none' ? {} : { ...paths, noInference }),
        },
        hasBaseline,
      ),
    );
  }
  return result;
}

function whyRefused(test: TestName, { weighted, clustered }: Paired): string | undefined {
  if (['score', 'mcnemar'].includes(test)) return `"test: ${test}" is made for accuracy`;
  if (test === 'delong') return '"test: delong" is made for roc-auc';
  if (!NEEDS_ROWS.includes(test) || (!weighted && !clustered)) return undefined;
  const because = weighted ? 'rows have weights' : 'rows belong together in groups';
  return `${because}, for which "test: t" is made`;
}

/** Means of the row values and of their paired difference with all that Student's t needs, in one pass or two. */
async function momentsOf(
  paired: Paired,
  scope: Scope,
  { sql }: { sql: (side: 'c' | 'b') => string },
  compares: boolean,
): Promise<ReadonlyMap<number, readonly Row[]>> {
  const { weighted, clustered } = paired;
  const base = compares ? sql('b') : 'CAST(NULL AS DOUBLE)';
  const group = clustered ? ', g' : '';
  const lost = `SELECT k, w${group}, CAST(${sql('c')} AS DOUBLE) AS l, CAST(${base} AS DOUBLE) AS m FROM ${scopedRows(paired, scope)}`;
  const counts = 'count(*) - count(l) AS missing, count(*) - count(m) AS base_missing';
  if (!weighted && !clustered) {
    return bySlice(
      paired,
      'means',
      `SELECT k, ${counts}, avg(l) AS own, avg(m) AS base, avg(l - m) AS difference, stddev_samp(l) AS own_deviation,
        stddev_samp(l - m) AS difference_deviation FROM (${lost}) GROUP BY k`,
    );
  }
  // Each unit's part in the mean: what it weighs times how far it is from the mean (Taylor linearisation of a ratio).
  const units = clustered ? 'GROUP BY k, g' : '';
  const total = (value: string, name: string): string =>
    clustered ? `sum(${value}) AS ${name}` : `${value} AS ${name}`;
  return bySlice(
    paired,
    'means',
    `WITH lost AS (${lost}),
      centre AS (SELECT k, ${counts}, sum(w) AS total, sum(w * l) / sum(w) AS own, sum(w * m) / sum(w) AS base FROM lost GROUP BY k),
      units AS (SELECT k, ${total('w * (l - own) / total', 'o')}, ${total('w * ((l - own) - (m - base)) / total', 'd')}
        FROM lost JOIN centre USING (k) ${units}),
      spread AS (SELECT k, count(*) AS units, sum(o * o) AS own_squares, sum(d * d) AS difference_squares FROM units GROUP BY k)
      SELECT *, own - base AS difference FROM centre JOIN spread USING (k)`,
  );
}

interface Makers {
  readonly own?: () => Inference;
  readonly difference?: () => Inference;
}

function momentInferences(paired: Paired, row: Row, n: number): Makers {
  const number = (name: string): number => Number(row[name] ?? NaN);
  if (paired.weighted || paired.clustered) {
    return {
      own: () => linearInference(paired, number('own'), number('units'), number('own_squares')),
      difference: () =>
        linearInference(paired, number('difference'), number('units'), number('difference_squares')),
    };
  }
  const student = (name: string, method: string): Inference =>
    studentInference({
      estimate: number(name),
      standardError: n < 2 ? 0 : number(`${name}_deviation`) / Math.sqrt(n),
      n,
      df: n - 1,
      method,
    });
  return { own: () => student('own', 't'), difference: () => student('difference', 'paired t') };
}

interface RowTest extends Makers {
  readonly asked: AskedMean;
  readonly loss: { sql: (side: 'c' | 'b') => string };
  readonly compares: boolean;
  readonly defaults: Defaults;
}

/** Tests that need each row's value: fetched in an order of their own, so that a seed means the same everywhere. */
async function rowInferences(
  paired: Paired,
  { key }: Scope,
  slice: number,
  { asked, loss, compares, defaults, ...makers }: RowTest,
): Promise<Makers> {
  const base = compares ? loss.sql('b') : loss.sql('c');
  const sql = `SELECT 0 AS k, CAST(${loss.sql('c')} AS DOUBLE) AS l, CAST(${base} AS DOUBLE) AS m FROM paired
    WHERE ${key} = ${slice} ORDER BY l, m`;
  const rows = (await bySlice(paired, 'rows', sql)).get(0) ?? [];
  const own = Float64Array.from(rows, ({ l }) => Number(l));
  const other = Float64Array.from(rows, ({ m }) => Number(m));
  const differences = own.map((value, at) => value - (other[at] ?? 0));
  const { replicates, seed } = defaults;
  switch (asked.test) {
    case 'wilcoxon':
      return { ...makers, difference: () => wilcoxonInference({ differences }) };
    case 'permutation':
      return { ...makers, difference: () => signFlipInference({ differences, replicates, seed }) };
    case 'bootstrap':
    case 'bca': {
      const method = asked.test === 'bca' ? 'bca' : 'percentile';
      const made = (values: Float64Array): Inference =>
        replicateInference({
          estimate: meanOf(values),
          replicates: rowBootstrap({ columns: [values], statistic: meanOfRows, replicates, seed }),
          seed,
          n: values.length,
          method,
          ...(method === 'bca' ? { acceleration: accelerationOfMean(values) } : {}),
        });
      return { own: () => made(own), difference: () => made(differences) };
    }
    default:
      return makers;
  }
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanOfRows([values]: readonly Float64Array[], indices: Uint32Array): number {
  let sum = 0;
  for (const index of indices) sum += values?.[index] ?? NaN;
  return sum / indices.length;
}

/** Of a mean, the jackknife's influence values are the deviations: a sixth of their skewness over the root of n. */
function accelerationOfMean(values: Float64Array): number {
  const mean = meanOf(values);
  const power = (exponent: number): number =>
    values.reduce((sum, value) => sum + (value - mean) ** exponent, 0);
  const acceleration = power(3) / (6 * power(2) ** 1.5);
  return Number.isFinite(acceleration) ? acceleration : 0;
}
