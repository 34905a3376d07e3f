/** What an expression of a workflow can name, with or without brackets. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;
/** A table of per-class metrics of a thousand classes is for the output `metrics`, not for a thousand outputs. */
const MOST = 200;

/**
 * One output a metric, by its name, beside those that `taken` declares: of a name that cannot be an output, or that one has
 * already, the value stands in the output `metrics` alone. The runner takes `Verdict` and `verdict` for one output.
 */
export function metricOutputs(
  metrics: readonly { readonly name: string; readonly value: number }[],
  taken: readonly string[],
): Record<string, string> {
  const had = new Set(taken.map((name) => name.toLowerCase()));
  const named = metrics.filter(({ name }) => {
    const known = name.toLowerCase();
    if (!NAME.test(name) || had.has(known)) return false;
    had.add(known);
    return true;
  });
  return Object.fromEntries(named.slice(0, MOST).map(({ name, value }) => [name, String(value)]));
}
