import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import { INTEGER_TYPE, type Paired } from './paired.ts';
import type { Scope } from './scope.ts';
import { textOf } from '../metrics/column-values.ts';

/**
 * A metric that the gate file defines by SQL, on each slice and without one fold: the file's own columns, joined with
 * the slices of the pairs.
 */
export function sqlMetricQuery(
  paired: Paired,
  { key }: Scope,
  sql: string,
  without: number | undefined,
): Readonly<Record<'c' | 'b', string>> {
  const { candidate, baseline } = paired.columns;
  const whole = [candidate, baseline ?? candidate].every(({ id }) => INTEGER_TYPE.test(id.type));
  const kept = without === undefined ? '' : ` AND f <> ${without}`;
  const of = (table: string, { id }: typeof candidate): string =>
    `SELECT __slice AS k, CAST((${sql}\n) AS DOUBLE) AS v FROM ${table}
      JOIN (SELECT i AS __pair, ${key} AS __slice FROM paired WHERE ${key} >= 0${kept})
      ON ${whole ? `${table}.${quoteIdentifier(id.name)}` : textOf(id)} = __pair GROUP BY __slice`;
  return { c: of('candidate', candidate), b: baseline === undefined ? '' : of('baseline', baseline) };
}
