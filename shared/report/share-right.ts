import { formatShare } from './format.ts';

/** The share of a label's rows that were predicted right; unknown where a count is withheld. */
export function shareRight(row: readonly (number | null)[], index: number): string {
  if (row.includes(null)) return '–';
  const total = row.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return formatShare(row[index] ?? 0, total);
}
