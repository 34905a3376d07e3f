/** How one check or rule ends. */
export const RESULTS = ['pass', 'warn', 'fail', 'inconclusive', 'error', 'not-run'] as const;
export type Result = (typeof RESULTS)[number];

/** How one section ends. */
export const VERDICTS = ['pass', 'fail', 'inconclusive', 'error', 'skipped', 'pending'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const SEVERITIES = ['error', 'warning', 'info'] as const;
/** `error` blocks; `warning` and `info` are shown and do not count. */
export type Severity = (typeof SEVERITIES)[number];

interface Judged {
  readonly result: Result;
  readonly severity: Severity;
}

const WORST_FIRST = ['error', 'fail', 'inconclusive', 'pass'] as const;

/**
 * The verdict of a section: the worst result of its blocking rules, error > fail > inconclusive > pass.
 * A section that judged no blocking rule is `inconclusive`.
 */
export function verdictOf(judged: readonly Judged[]): 'pass' | 'fail' | 'inconclusive' | 'error' {
  const blocking = judged.filter((rule) => rule.severity === 'error').map((rule) => rule.result);
  return WORST_FIRST.find((result) => blocking.includes(result)) ?? 'inconclusive';
}
