import type { Inference } from './inference.ts';
import { studentInference } from './student-inference.ts';

/**
 * Delete-a-group jackknife: the spread of the estimates that each leave one of G random groups out (Tukey 1958; Kott,
 * "The delete-a-group jackknife", 2001), with Student's t of G - 1 degrees of freedom. `n` is the number of groups.
 */
export function jackknifeInference({
  estimate,
  groupEstimates,
}: {
  readonly estimate: number;
  /** The quantity on all rows but those of one group, for each group. */
  readonly groupEstimates: readonly number[];
}): Inference {
  const groups = groupEstimates.length;
  const mean = groupEstimates.reduce((sum, value) => sum + value, 0) / groups;
  const squares = groupEstimates.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return studentInference({
    estimate,
    standardError: Math.sqrt(((groups - 1) / groups) * squares),
    n: groups,
    df: groups - 1,
    method: 'delete-a-group jackknife',
  });
}
