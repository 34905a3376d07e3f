import type { Check } from '../../../../shared/record/data-section.ts';
import { type Verdict, verdictOf } from '../../../../shared/verdict.ts';
import { formatCount } from './judge.ts';
import { STRUCTURE } from './structure.ts';

export interface Facts {
  readonly rows: number;
  readonly splits: number;
  readonly hasContract: boolean;
  /** The base has no such contract: what the pull request brings itself cannot let it pass. */
  readonly newInHead: boolean;
}

export interface Conclusion {
  readonly verdict: Verdict;
  readonly summary: string;
}

/** The section's verdict and the sentence that says why. */
export function conclude(
  checks: readonly Check[],
  { rows, splits, hasContract, newInHead }: Facts,
): Conclusion {
  // That lines are rows is what every check stands on; alone it judges no rule.
  const judged = verdictOf(checks.filter(({ rule, result }) => rule !== STRUCTURE || result !== 'pass'));
  const size = `${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'} in ${plural(splits, 'split')}`;
  const blocking = checks.filter(({ severity }) => severity === 'error');
  const count = (result: Check['result']): number =>
    blocking.filter((check) => check.result === result).length;
  if (judged === 'fail') {
    return {
      verdict: judged,
      summary: `${plural(count('fail'), 'check')} of ${blocking.length} failed on ${size}.`,
    };
  }
  if (judged === 'error') {
    const summary = `${plural(count('error'), 'check')} of ${blocking.length} could not be judged on ${size}.`;
    return { verdict: judged, summary };
  }
  if (!hasContract) {
    return { verdict: 'inconclusive', summary: `Profiled ${size}; without a contract nothing was judged.` };
  }
  if (rows === 0) return { verdict: 'inconclusive', summary: 'The data has no row to judge.' };
  if (judged === 'inconclusive') {
    return { verdict: judged, summary: `No verdict on ${size}: ${whyUndecided(count('inconclusive'))}.` };
  }
  const all =
    blocking.length === 1 ? 'The one check holds' : `All ${formatCount(blocking.length)} checks hold`;
  const held = `${all} on ${size}`;
  return newInHead
    ? { verdict: 'inconclusive', summary: `${held}, by a contract that is new in this pull request.` }
    : { verdict: 'pass', summary: `${held}.` };
}

function whyUndecided(undecided: number): string {
  return undecided === 0
    ? 'the contract has no blocking check'
    : `${plural(undecided, 'check')} had no row to judge`;
}

function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
