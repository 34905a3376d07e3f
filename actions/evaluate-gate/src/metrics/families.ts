import type { DefinedMetric, EvaluationColumns, GateRule } from '../gate-file/gate-file.ts';
import { type MetricFamily, STANDARD_METRICS, standardMetric } from './catalog.ts';
import { MULTILABEL_METRICS } from './multilabel.ts';
import type { Counts } from './row-counts.ts';

/** Which standard metrics are computed. */
export interface Families {
  readonly classification: boolean;
  /** Score columns are declared: ROC AUC, log loss and their like. */
  readonly scored: boolean;
  readonly regression: boolean;
  /** Labels and predictions are sets of classes; then `classification` is false. */
  readonly multilabel?: boolean;
  /** The gate file names no columns of labels and predictions; then all others are false. */
  readonly unlabelled?: boolean;
}

const NONE: Families = { classification: false, scored: false, regression: false };

/** True where a rule needs labels and predictions to be sets of classes. */
export function asksForSets(rules: readonly GateRule[]): boolean {
  return rules.some(({ metric }) => standardMetric(metric)?.family === 'multilabel');
}

/**
 * The families that rules or keys of the gate file name; where none is named, numbers with a fraction as labels mean
 * regression, and all else classification. Rules on nothing but metrics of the gate file's own need no family: their
 * labels may be whole texts.
 */
export function chooseFamilies(
  rules: readonly GateRule[],
  { label, labels, positive, scores }: EvaluationColumns,
  counts: Counts,
  { multilabel = false, defined = [] }: { multilabel?: boolean; defined?: readonly DefinedMetric[] } = {},
): Families {
  if (label === undefined) return { ...NONE, unlabelled: true };
  if (multilabel) return { ...NONE, multilabel };
  const ruled = rules
    .map(({ metric }) => standardMetric(metric)?.family)
    .filter((family) => family !== undefined);
  const named = labels !== undefined || positive !== undefined || scores.length > 0;
  const classes = named || ruled.some((family) => CLASSES.includes(family));
  const numbers = ruled.includes('regression');
  const own = new Set(defined.map(({ name }) => name));
  const selfDefined =
    rules.some(({ metric }) => own.has(metric)) &&
    rules.every(({ metric }) => own.has(metric) || standardMetric(metric)?.family === 'budget');
  if (!classes && !numbers && selfDefined) return NONE;
  const fractions = (counts['labels_no_number'] ?? 0) === 0 && (counts['fractional_labels'] ?? 0) > 0;
  const regression = numbers || (!classes && fractions);
  return { classification: classes || !regression, scored: scores.length > 0, regression };
}

const CLASSES: readonly MetricFamily[] = ['classification', 'binary', 'scores', 'utility'];

/** Why standard metrics, and those of `asked` that have a number in their name, are not computed from these columns. */
export function notComputed(
  families: Families,
  positive: string | undefined,
  asked: readonly string[] = [],
): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const name of new Set([...STANDARD_METRICS.keys(), ...asked])) {
    const family = standardMetric(name)?.family;
    const reason = family === undefined ? undefined : whyNot(name, family, families, positive);
    if (reason !== undefined) reasons.set(name, reason);
  }
  return reasons;
}

function whyNot(
  name: string,
  family: MetricFamily,
  { classification, scored, regression, multilabel = false, unlabelled = false }: Families,
  positive: string | undefined,
): string | undefined {
  if (unlabelled && family !== 'budget')
    return 'it needs "label" and "prediction" under "evaluation" of the gate file';
  if (multilabel && family !== 'budget')
    return MULTILABEL_METRICS.includes(name) ? undefined : 'labels and predictions are sets of classes';
  switch (family) {
    case 'classification':
      return classification ? undefined : 'the labels are numbers, no classes';
    case 'binary':
      return classification && positive !== undefined
        ? undefined
        : 'it needs "positive", under "evaluation" of the gate file or, beside "rules", as an input';
    case 'scores':
      return scored
        ? undefined
        : 'it needs "scores", under "evaluation" of the gate file or, beside "rules", as an input';
    case 'regression':
      return regression ? undefined : 'the labels are taken for classes';
    case 'multilabel':
      return 'label and prediction are single classes, not sets of them';
    case 'utility':
      return 'it needs classes, and "utility" in the gate file';
    default:
      return undefined;
  }
}
