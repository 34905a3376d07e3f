import type { Check, DataBody } from '../../../../shared/record/data-section.ts';
import type { Result, Severity } from '../../../../shared/verdict.ts';
import type { Counted, PlannedCheck } from './planned-check.ts';
import type { Measured } from './queries.ts';

export type ProfileColumn = DataBody['profile'][number];

const NUMBER = new Intl.NumberFormat('en-US');
const SHARE = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** A count as people read it. */
export function formatCount(value: number): string {
  return NUMBER.format(value);
}

/** A broken rule that does not block is a warning. */
export function resultOf(holds: boolean, severity: Severity): Result {
  if (holds) return 'pass';
  return severity === 'error' ? 'fail' : 'warn';
}

/** The record of one check, from what was counted; `rows` is the number of rows of its split. */
export function judge(
  check: PlannedCheck,
  measured: Measured | undefined,
  rows: number,
  where: Check['where'],
): Check {
  const { id, rule, column, split, description, expected, severity, test } = check;
  const head = { id, rule, column, split, description, expected, severity, where, rows: [] };
  if (test.kind === 'settled') {
    const { result, reason, observed } = test;
    const judged = result === 'fail' ? resultOf(false, severity) : result;
    return { ...head, observed, n: null, failing: null, result: judged, reason };
  }
  if (measured === undefined) {
    return {
      ...head,
      observed: null,
      n: null,
      failing: null,
      result: 'error',
      reason: 'It was not measured.',
    };
  }
  return { ...head, ...outcome(test, measured, rows, severity) };
}

function outcome(
  test: Counted,
  { judged, failing }: Measured,
  rows: number,
  severity: Severity,
): Pick<Check, 'observed' | 'n' | 'failing' | 'result' | 'reason'> {
  const { bound, compares } = test;
  if (compares === 'judged') {
    const result = resultOf(bound?.holds(judged) ?? true, severity);
    return { observed: formatCount(judged), n: judged, failing: null, result, reason: null };
  }
  const percent = rows === 0 ? 0 : (failing / rows) * 100;
  const rowsOf = `${formatCount(failing)} of ${formatCount(judged)}`;
  const observed = bound?.unit === 'percent' ? `${SHARE.format(percent)} % (${rowsOf})` : rowsOf;
  if (rows === 0) {
    return { observed, n: judged, failing, result: 'inconclusive', reason: 'The split has no row to judge.' };
  }
  const holds =
    bound === undefined ? failing === 0 : bound.holds(bound.unit === 'percent' ? percent : failing);
  return { observed, n: judged, failing, result: resultOf(holds, severity), reason: null };
}
