/** Above this a log is too large for GitHub's viewer, and for everybody who has to find something in it. */
export const LOG_BUDGET_CHARACTERS = 64 * 1024 * 1024;
/** What is shown of the end of a log that was cut. */
const SHOWN_AT_END = 50;

/** Passes lines on until a budget is spent, counts the rest, and ends with the last of them. */
export async function* withinBudget(
  lines: AsyncIterable<string>,
  budget = LOG_BUDGET_CHARACTERS,
): AsyncGenerator<string> {
  let left = budget;
  let unshown = 0;
  const last: string[] = [];
  for await (const line of lines) {
    left -= line.length + 1;
    if (left >= 0) {
      yield line;
      continue;
    }
    if (unshown === 0) {
      yield `The log is longer than ${Math.round(budget / 1024 / 1024)} MiB: further lines are counted, and the last ${SHOWN_AT_END} shown at the end. Metrics are still read from all of them.`;
      left = Number.NEGATIVE_INFINITY;
    }
    unshown += 1;
    last.push(line);
    if (last.length > SHOWN_AT_END) last.shift();
  }
  if (unshown === 0) return;
  yield `${unshown - last.length} lines were not shown. The last ${last.length}:`;
  yield* last;
}
