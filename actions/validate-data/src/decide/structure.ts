import type { Check } from '../../../../shared/record/data-section.ts';
import type { Table } from '../../../../shared/data/engine.ts';
import { formatCount } from './judge.ts';

/** So many lines are named in a reason; the count tells the rest. */
const MAX_LINES_NAMED = 10;

export const STRUCTURE = 'structure';

/** Whether every line of a split's files is a row. It needs no contract. */
export function judgeStructure(split: string, table: Table): Check {
  const rejected = table.files.reduce((sum, file) => sum + file.rejected.count, 0);
  const rows = table.files.reduce((sum, file) => sum + file.rows, 0);
  const reasons = table.files
    .filter((file) => file.rejected.count > 0)
    .map(({ label, rejected: { count, lines } }) => {
      const named = lines.slice(0, MAX_LINES_NAMED).map(({ line, reason }) => `line ${line} (${reason})`);
      const rest = count - named.length;
      return `${label}: ${named.join(', ')}${rest > 0 ? ` and ${formatCount(rest)} more` : ''}`;
    });
  return {
    id: `${STRUCTURE}.${split}`,
    rule: STRUCTURE,
    column: null,
    split,
    description: 'every line is a row',
    observed: rejected === 0 ? 'all' : `${formatCount(rejected)} of ${formatCount(rows + rejected)} are none`,
    expected: 'all',
    n: rows + rejected,
    failing: rejected,
    severity: 'error',
    result: rejected === 0 ? 'pass' : 'fail',
    reason: rejected === 0 ? null : `${reasons.join('; ')}.`,
    where: null,
    rows: [],
  };
}
