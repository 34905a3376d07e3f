import { parseParameterised, standardMetric } from '../metrics/catalog.ts';
import { BOUND_KEYS, type RawRule } from './rule-schema.ts';

/** Families whose metrics the gate computes as shares, or as correlations from -1 to 1. */
const SHARES: ReadonlySet<string> = new Set(['classification', 'binary', 'multilabel']);
const SHARES_OF_SCORES: ReadonlySet<string> = new Set(['roc-auc', 'pr-auc', 'ece']);
const PERCENT = 100;

interface OffScale {
  readonly key: (typeof BOUND_KEYS)[number];
  readonly message: string;
  readonly remedy: string;
}

/** Limits above 1 of what is a share: `90` where 0.9 is meant. */
export function offScale(metric: string, raw: RawRule): OffScale[] {
  if (!isShare(metric)) return [];
  return BOUND_KEYS.flatMap((key) => {
    const limit = raw[key];
    if (limit === undefined || limit.relative || limit.value <= 1) return [];
    const meant = limit.value / PERCENT;
    const remedy =
      Math.abs(meant) <= 1 ? `Write ${String(meant)} for ${limit.text} percent.` : 'Write a share.';
    return [{ key, message: `is ${limit.text}, and "${metric}" is a share of 1 at most`, remedy }];
  });
}

function isShare(metric: string): boolean {
  if (SHARES_OF_SCORES.has(metric) || parseParameterised(metric)?.kind === 'top-k-accuracy') return true;
  return SHARES.has(standardMetric(metric)?.family ?? '');
}
