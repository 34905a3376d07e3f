/** The newest lines of a log, and how many there have been in all. */
export interface LogEnd {
  readonly lines: readonly string[];
  readonly lineCount: number;
}

/**
 * The lines that were not shown yet after `seen` of them. Lines between that nobody has kept are told by a line of
 * their own, which names where the whole log is.
 */
export function freshLines(seen: number, { lines, lineCount }: LogEnd, wholeLog: string): string[] {
  const first = Math.max(0, lineCount - lines.length);
  const left = first - seen;
  const fresh = lines.slice(Math.max(0, seen - first));
  const gap = `… ${left.toLocaleString('en')} lines are not shown here; the whole log is at ${wholeLog}`;
  return left > 0 ? [gap, ...fresh] : fresh;
}
