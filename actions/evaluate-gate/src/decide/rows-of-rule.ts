import type { Evidence, MetricEvidence } from '../evidence.ts';
import { keyOf } from '../evidence.ts';
import type { GateFile, GateRule } from '../gate-file/gate-file.ts';
import type { Settled } from './question.ts';

/** One set of rows that a rule is judged on, or why it is not. */
export interface RowsOfRule {
  /** Null: all rows. */
  readonly slice: string | null;
  readonly n: number | null;
  readonly found: MetricEvidence | undefined;
  readonly settled: Settled | undefined;
  /** Too few rows for any number to be shown. */
  readonly hidden: boolean;
}

/** All rows, and then each slice of the families that the rule names. */
export function rowsOfRule(
  rule: GateRule,
  { minCellSize }: Pick<GateFile, 'minCellSize'>,
  evidence: Evidence | undefined,
): RowsOfRule[] {
  const found = evidence?.overall.get(keyOf(rule));
  const all = { slice: null, n: found?.n ?? null, found, settled: undefined, hidden: false };
  return [all, ...rule.slices.flatMap((family) => slicesOf(family, rule, minCellSize, evidence))];
}

function slicesOf(
  family: string,
  rule: GateRule,
  minCellSize: number,
  evidence: Evidence | undefined,
): RowsOfRule[] {
  const refused = (
    slice: string,
    reason: string,
    n: number | null = null,
    result: Settled['result'] = 'error',
  ): RowsOfRule => ({
    slice,
    n,
    found: undefined,
    settled: { kind: 'settled', result, reason },
    hidden: false,
  });
  if (evidence === undefined) {
    const reason = `${rule.metric} cannot be judged on slices of ${family}: only finished metrics were given, and no predictions`;
    return [refused(family, reason)];
  }
  const slices = evidence.slices.filter((each) => each.family === family);
  if (slices.length === 0) {
    if (evidence.overall.has(keyOf(rule))) return [refused(family, `no row lies in a slice of ${family}`)];
    const reason = `${rule.metric} has no value on slices of ${family}: the predictions do not give it`;
    return [refused(family, reason, null, rule.onMissing)];
  }
  return slices.map(({ name, n, metrics }) => {
    if (n === 0) return refused(name, `${name} has no rows`, 0);
    const found = metrics.get(keyOf(rule));
    const small = (reason: string): Settled => ({ kind: 'settled', result: 'not-run', reason });
    if (n < minCellSize) {
      const settled = small(`${name} has fewer than ${minCellSize} rows, so it is neither shown nor judged`);
      return { slice: name, n, found, settled, hidden: true };
    }
    const settled =
      n < rule.minSliceSize
        ? small(
            `${name} has ${n} rows: below the min-slice-size of ${rule.minSliceSize} it is reported, not judged`,
          )
        : undefined;
    return { slice: name, n, found, settled, hidden: false };
  });
}
