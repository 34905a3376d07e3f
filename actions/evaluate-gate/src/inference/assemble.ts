import type { MetricEvidence } from '../evidence.ts';
import type { Inference } from '../../../../shared/statistics/inference.ts';

/** Values of one metric on one set of rows, with what is known of their uncertainty. */
export interface Found {
  readonly value: number | null | undefined;
  readonly baselineValue: number | null | undefined;
  readonly n: number;
  readonly reason?: string | undefined;
  readonly baselineReason?: string | undefined;
  readonly own?: (() => Inference) | undefined;
  readonly difference?: (() => Inference) | undefined;
  /** Why there is neither. */
  readonly noInference?: string | undefined;
}

const UNDEFINED = 'it is not defined on these rows';

/**
 * Evidence of what was found. An inference is made only of values that are defined; one that cannot be made (a
 * RangeError of shared/statistics, as of a bootstrap whose quantity is often undefined) leaves its reason.
 */
export function evidenceOf(found: Found, hasBaseline: boolean): MetricEvidence {
  const value = finite(found.value);
  const baselineValue = hasBaseline ? finite(found.baselineValue) : null;
  let noInference = found.noInference;
  const lack: { tooFew?: boolean } = {};
  const tryTo = (make: (() => Inference) | undefined): Inference | undefined => {
    if (make === undefined || noInference !== undefined) return undefined;
    try {
      return make();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      lack.tooFew = true;
      noInference = error.message.charAt(0).toLowerCase() + error.message.slice(1).replace(/\.$/, '');
      return undefined;
    }
  };
  const own = value === null ? undefined : tryTo(found.own);
  const difference = value === null || baselineValue === null ? undefined : tryTo(found.difference);
  return {
    value,
    ...(value === null ? { reason: found.n === 0 ? 'there are no rows' : (found.reason ?? UNDEFINED) } : {}),
    baselineValue,
    ...(hasBaseline && baselineValue === null ? { baselineReason: found.baselineReason ?? UNDEFINED } : {}),
    n: found.n,
    ...(own === undefined ? {} : { own }),
    ...(difference === undefined ? {} : { difference }),
    ...(noInference === undefined ? {} : { noInference }),
    ...lack,
  };
}

function finite(value: number | null | undefined): number | null {
  return value !== undefined && value !== null && Number.isFinite(value) ? value : null;
}
