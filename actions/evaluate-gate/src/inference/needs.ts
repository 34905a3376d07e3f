import type { Asked } from '../evidence.ts';
import type { DefinedMetric, GateFile } from '../gate-file/gate-file.ts';
import { parseParameterised } from '../metrics/catalog.ts';
import { definedMetric, type Kind, kindOf } from './kind.ts';

/** A metric whose value each row has for itself, in a column of its own. */
export type RowMetric = Exclude<DefinedMetric, { kind: 'sql' }>;

/** What the asked metrics need of each row. */
export interface Needs {
  /** Indices of the classes of label and prediction. */
  readonly classes: boolean;
  /** Label and prediction as numbers. */
  readonly numbers: boolean;
  readonly scores: boolean;
  /** Sizes of sets of classes. */
  readonly sets: boolean;
  /** Folds of the jackknife. */
  readonly folds: boolean;
  /** Ids, to find a row in its file again. */
  readonly ids: boolean;
  readonly values: readonly RowMetric[];
}

const NUMBERS = new Set(['mae', 'mape', 'bias', 'rmse', 'r2']);

export function needsOf(
  asked: readonly Pick<Asked, 'metric' | 'test'>[],
  gate: Pick<GateFile, 'metrics' | 'utility'>,
  multilabel: boolean,
  labels: readonly string[] | undefined,
): Needs {
  const values = new Map<string, RowMetric>();
  let [classes, numbers, scores, sets, folds, ids] = [false, false, false, false, false, false];
  for (const { metric, test } of asked) {
    const kind = kindOf(metric, gate, multilabel);
    const defined = definedMetric(metric, gate.metrics);
    if (defined !== undefined && defined.kind !== 'sql') values.set(metric, defined);
    else if (NUMBERS.has(metric) || parseParameterised(metric)?.kind === 'quantile-loss') numbers = true;
    else if (kind.kind === 'sql') ids = true;
    else if (kind.kind === 'mean' && multilabel) sets = true;
    else if (kind.kind !== 'none') {
      classes = true;
      scores ||= kind.kind !== 'counts';
    }
    folds ||= test === 'jackknife' || (test !== 'none' && mayNeedFolds(kind, labels));
  }
  return { classes, numbers, scores, sets, folds, ids, values: [...values.values()] };
}

/** More classes than this are no longer drawn by cells: each statistic costs their square. */
export const MAX_CELL_CLASSES = 100;

function mayNeedFolds({ kind }: Kind, labels: readonly string[] | undefined): boolean {
  if (kind === 'counts') return (labels?.length ?? Infinity) > MAX_CELL_CLASSES;
  return kind !== 'mean' && kind !== 'none';
}
