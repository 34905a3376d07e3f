import type { Metrics } from './metrics.ts';

/** What comparisons can lean on. */
export type Baseline =
  | { readonly kind: 'present'; readonly what: string; readonly metrics: Metrics }
  /** The registry answered, and is empty. */
  | { readonly kind: 'first-run'; readonly onNoBaseline: 'allow' | 'fail' }
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** No rule compares. */
  | { readonly kind: 'not-needed' };
