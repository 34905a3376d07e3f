import type { Result, Severity } from '../../../../shared/verdict.ts';
import type { Path } from '../contract/read-contract.ts';
import type { Pattern } from './pattern.ts';

/** What a metric is compared with. */
export interface Bound {
  readonly unit: 'rows' | 'percent';
  readonly text: string;
  holds(value: number): boolean;
}

/** Rows that a check judges and those that break it, in SQL over one table. */
export interface Counted {
  readonly kind: 'counted';
  /** Aggregates of the one pass. */
  readonly judged: string;
  readonly failing: string;
  /** A condition true for failing rows; it may hold a window. Undefined where no single row is at fault. */
  readonly broken: string | undefined;
  /** A pattern that only JavaScript can test: over the distinct values of this expression. */
  readonly pattern?:
    { readonly value: string; readonly expression: Pattern; readonly alsoBroken: string } | undefined;
  /** Undefined: no row may break it. */
  readonly bound: Bound | undefined;
  /** `rowCount` compares the rows judged, all others those that fail. */
  readonly compares: 'judged' | 'failing';
}

/** Known without looking at a row. */
export interface Settled {
  readonly kind: 'settled';
  readonly result: Result;
  readonly observed: string | null;
  readonly reason: string | null;
}

export interface PlannedCheck {
  readonly id: string;
  readonly rule: string;
  readonly column: string | null;
  readonly split: string;
  readonly description: string;
  readonly expected: string;
  readonly severity: Severity;
  /** Where the contract demands it; null for what no contract needs to demand. */
  readonly path: Path | null;
  readonly test: Counted | Settled;
}

export type Draft = Omit<PlannedCheck, 'id' | 'split'>;

export function settled(result: Result, reason: string | null, observed: string | null = null): Settled {
  return { kind: 'settled', result, reason, observed };
}

/** A check that every row passes or breaks. */
export function perRow(broken: string, judged = 'count(*)'): Counted {
  return {
    kind: 'counted',
    judged,
    failing: `count(*) FILTER (WHERE ${broken})`,
    broken,
    bound: undefined,
    compares: 'failing',
  };
}
