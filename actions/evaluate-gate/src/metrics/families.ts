import type { EvaluationColumns, GateRule } from '../gate-file/gate-file.ts';
import { STANDARD_METRICS } from './catalog.ts';
import type { Counts } from './row-counts.ts';

/** Which standard metrics are computed. */
export interface Families {
  readonly classification: boolean;
  /** Score columns are declared: ROC AUC and log loss. */
  readonly scored: boolean;
  readonly regression: boolean;
}

/**
 * The families that rules or keys of the gate file name; where none is named, numbers with a fraction as labels mean
 * regression, and all else classification.
 */
export function chooseFamilies(
  rules: readonly GateRule[],
  { labels, positive, scores }: EvaluationColumns,
  counts: Counts,
): Families {
  const ruled = rules
    .map(({ metric }) => STANDARD_METRICS.get(metric)?.family)
    .filter((family) => family !== undefined);
  const named = labels !== undefined || positive !== undefined || scores.length > 0;
  const classes = named || ruled.some((family) => family !== 'regression');
  const numbers = ruled.includes('regression');
  const fractions = (counts['labels_no_number'] ?? 0) === 0 && (counts['fractional_labels'] ?? 0) > 0;
  const regression = numbers || (!classes && fractions);
  return { classification: classes || !regression, scored: scores.length > 0, regression };
}

/** Why standard metrics are not computed from these columns. */
export function notComputed(
  { classification, scored, regression }: Families,
  positive: string | undefined,
): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const [name, { family }] of STANDARD_METRICS) {
    if (family === 'classification' && !classification)
      reasons.set(name, 'the labels are numbers, no classes');
    if (family === 'binary' && (!classification || positive === undefined)) {
      reasons.set(name, 'it needs "positive" under "evaluation" of the gate file');
    }
    if (family === 'scores' && !scored)
      reasons.set(name, 'it needs "scores" under "evaluation" of the gate file');
    if (family === 'regression' && !regression) reasons.set(name, 'the labels are taken for classes');
  }
  return reasons;
}
