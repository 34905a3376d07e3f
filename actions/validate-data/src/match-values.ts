import { runInNewContext } from 'node:vm';

/** So many values are tested in one go, between which the step hears that it is cancelled. */
const VALUES_A_TURN = 20_000;

/**
 * Tells of each value whether it matches; undefined where that takes longer than `limitMs`. ECMA-262's matcher may
 * try exponentially many ways on one value, and nothing but the watchdog of a context of its own can end it.
 */
export async function matchValues(
  expression: RegExp,
  values: readonly string[],
  limitMs: number,
  signal: AbortSignal,
): Promise<boolean[] | undefined> {
  const end = performance.now() + limitMs;
  const matches: boolean[] = [];
  for (let start = 0; start < values.length; start += VALUES_A_TURN) {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const turn = values.slice(start, start + VALUES_A_TURN);
    const timeout = Math.max(1, Math.ceil(end - performance.now()));
    try {
      // The text is ours; the contract's pattern and the data come as values.
      runInNewContext(
        'for (const value of turn) matches.push(expression.test(value))',
        {
          turn,
          matches,
          expression,
        },
        { timeout },
      );
    } catch (error) {
      if (codeOf(error) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
      throw error;
    }
  }
  return matches;
}

/** An error of another context is no instance of this one's Error. */
function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
