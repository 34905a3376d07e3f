import type { Inference } from '../../../../shared/statistics/inference.ts';
import type { Result } from '../../../../shared/verdict.ts';
import type { Bound, GateRule } from '../gate-file/gate-file.ts';
import { ROUNDING } from './metrics.ts';

/** One bound of one rule on one set of rows: what is to be judged. */
export interface Question {
  readonly rule: GateRule;
  readonly bound: Bound;
  /** Null: all rows. */
  readonly slice: string | null;
  /** Shown, and null where they may not be or are not there. */
  readonly value: number | null;
  readonly baselineValue: number | null;
  readonly n: number | null;
  /** What the value is compared with, in the metric's unit. */
  readonly limit: number | null;
  readonly state: Settled | Open;
}

/** Nothing of it depends on the other questions. */
export interface Settled {
  readonly kind: 'settled';
  readonly result: Result;
  /** A phrase without full stop, which tables and sentences go on from. */
  readonly reason: string;
}

/** A sample decides: by its interval, and where that may end in `fail`, together with all other questions. */
export interface Open {
  readonly kind: 'open';
  readonly inference: Inference;
  readonly claim: Claim;
  readonly words: Words;
}

/** What the quantity must be: at least `at`, or at most. */
export interface Claim {
  readonly side: 'least' | 'most';
  readonly at: number;
}

export interface Words {
  /** `accuracy 0.94 is 0.01 below production v1 (0.95)`. */
  readonly statement: string;
  /** `at most 0.01 is allowed`. */
  readonly demand: string;
  /** What separates estimate and limit. */
  readonly distance: 'a change' | 'a distance';
}

/** True where a point satisfies the claim. */
export function satisfies(point: number, { side, at }: Claim): boolean {
  return side === 'least' ? point >= at - ROUNDING : point <= at + ROUNDING;
}
