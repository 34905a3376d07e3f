import type { EvaluatedRule } from '../../../../shared/record/evaluation-section.ts';
import type { Result } from '../../../../shared/verdict.ts';
import { tooSmall } from './ask-metric.ts';
import { formatApart, formatCount, formatNumber } from './metrics.ts';
import { type Claim, type Open, type Question, satisfies } from './question.ts';
import { finiteInterval } from './slice-rows.ts';
import { type Outlook, outlookOf, outlookWords } from './undecided.ts';

/** What is known of a question after all were asked. */
export type Answer = Pick<
  EvaluatedRule,
  | 'result'
  | 'reason'
  | 'interval'
  | 'level'
  | 'p'
  | 'adjustedP'
  | 'test'
  | 'seed'
  | 'replicates'
  | 'discordant'
  | 'detectable'
  | 'neededRows'
>;

/** The p of the claim that the rule is broken. */
export function pBroken({ inference, claim }: Open): number {
  return claim.side === 'least' ? inference.pLess(claim.at) : inference.pGreater(claim.at);
}

function pHolds({ inference, claim }: Open): number {
  return claim.side === 'least' ? inference.pGreater(claim.at) : inference.pLess(claim.at);
}

/** True where this question is one of the family whose false `fail` the correction bounds. */
export function canFail({ rule, bound }: Question): boolean {
  return rule.severity === 'error' && bound.mode !== 'max-improvement';
}

/**
 * Decides by the interval at the level 1 - 2 alpha. `pass` claims that the rule holds: every rule has to, so it needs no
 * correction (an intersection-union test, Berger 1982). `fail` claims that it is broken, by the adjusted p.
 */
export function answer(question: Question, open: Open, adjusted: number | null, power: number): Answer {
  const { rule, bound } = question;
  const { inference, claim, words } = open;
  const level = 1 - 2 * rule.alpha;
  const interval = inference.interval(level);
  const broken = pBroken(open);
  const result = decide(question, open, adjusted ?? broken);
  const outlook: Outlook =
    result === 'inconclusive' ? outlookOf(question, open, power) : { detectable: null, neededRows: null };
  const { seed, replicates, discordant, undefinedReplicates = 0 } = inference.details;
  const facts = `${words.statement}, ${intervalWords(interval, level, claim)}; ${words.demand}`;
  const extra = [
    ...(undefinedReplicates === 0
      ? []
      : [`it is not defined in ${undefinedReplicates} of ${formatCount(replicates ?? 0)} replicates`]),
    ...(result === 'inconclusive' ? [outlookWords(question.n ?? inference.n, outlook, words.distance)] : []),
    ...(result === 'inconclusive' ? unexpected(open, interval, rule.alpha, adjusted) : []),
    ...(result === 'warn' && bound.mode === 'max-regression'
      ? [`less than ${formatNumber(rule.minEffect)} (min-effect) does not fail`]
      : []),
  ];
  return {
    result,
    reason: [facts, ...extra].join('; '),
    interval: finiteInterval(interval),
    level,
    p: probability(broken),
    adjustedP: adjusted === null ? null : probability(adjusted),
    test: inference.method,
    seed: seed ?? null,
    replicates: replicates ?? null,
    discordant: discordant === undefined ? null : [discordant[0], discordant[1]],
    ...outlook,
  };
}

/** That nothing varies on fewer rows says little of others: by the rule of three, up to one row in ten may yet differ. */
const CERTAIN_ROWS = 30;

function decide({ rule, bound }: Question, open: Open, p: number): Result {
  const { inference, claim } = open;
  // Where the data leave no doubt, as with two models that predict alike, a limit is met by being reached.
  const without = inference.standardError === 0;
  if (without && inference.n < CERTAIN_ROWS) return 'inconclusive';
  const certain = without && satisfies(inference.estimate, claim);
  if (certain || pHolds(open) < rule.alpha) return 'pass';
  if (!(p < rule.alpha)) return 'inconclusive';
  if (bound.mode === 'max-improvement') return 'warn';
  return tooSmall(rule, bound, inference.estimate) ? 'warn' : 'fail';
}

/** `between -0.012 and 0.004 (90 %)`, with digits enough to tell each end from the limit. */
function intervalWords([low, high]: readonly [number, number], level: number, { at }: Claim): string {
  if (!Number.isFinite(low) && !Number.isFinite(high)) return 'and nothing more is known from so few rows';
  return `between ${formatApart(low, at)} and ${formatApart(high, at)} (${formatNumber(100 * level)} %)`;
}

/** Where the interval excludes the limit and yet nothing is decided, the reason is a p. */
function unexpected(
  open: Open,
  [low, high]: readonly [number, number],
  alpha: number,
  adjusted: number | null,
): string[] {
  const { inference, claim } = open;
  const { side, at } = claim;
  const { method, details } = inference;
  const [met, broken] = side === 'least' ? [low > at, high < at] : [high < at, low > at];
  const notBelow = (p: number, how: string): string =>
    `p = ${formatApart(p, alpha)} by ${method}${how} is not below ${formatNumber(alpha)}`;
  if (met) return [notBelow(pHolds(open), '')];
  if (!broken || adjusted === null) return [];
  // The p of a resampling test is at least one in so many as were drawn, and one more.
  const { replicates = Infinity } = details;
  const atLeast = pBroken(open) * (replicates + 1) < 2;
  return [
    notBelow(adjusted, ', corrected for the number of rules and slices (Holm),'),
    ...(atLeast ? [`${formatCount(replicates)} replicates can show no less; raise "replicates"`] : []),
  ];
}

const probability = (p: number): number | null => (Number.isFinite(p) ? Math.min(1, Math.max(0, p)) : null);
