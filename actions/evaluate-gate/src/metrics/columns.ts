import type { Table } from '../../../../shared/data/engine.ts';
import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import type { EvaluationColumns } from '../gate-file/gate-file.ts';
import { memberType } from './class-sets.ts';
import { type Column, isNested } from './column-values.ts';
import type { PredictionColumns } from './rows.ts';

export type FoundColumns =
  | { readonly found: true; readonly columns: PredictionColumns }
  /** `key` is that of the gate file, and `line` where it stands. */
  | {
      readonly found: false;
      readonly key: string;
      readonly line: number;
      readonly message: string;
      readonly remedy: string;
    };

/**
 * Samples of lm-evaluation-harness have no label that a model is to tell, and a hash of the whole example: where two
 * files differ in it, they speak of different examples, as with labels.
 */
function documentOf(columns: readonly Column[]): Column | undefined {
  return columns.find(({ name }) => name === DOCUMENT);
}

export const DOCUMENT = 'doc_hash';

/** A key of `evaluation` and the column that it names. */
type Wanted = readonly ['id' | 'label' | 'prediction' | 'scores' | 'weight', string];

/**
 * Finds the columns that the gate file names in a table of predictions. Label and prediction are sets of classes where
 * the label is a list, or where `asksForSets` says that a rule needs it.
 */
export function findColumns(
  table: Table,
  evaluation: EvaluationColumns,
  label: string,
  asksForSets = false,
): FoundColumns {
  const own = table.columns.filter(({ name }) => !name.startsWith('__'));
  const { id, weight } = evaluation;
  const wanted: readonly Wanted[] = [
    ['id', id],
    ...(evaluation.label === undefined ? [] : [['label', evaluation.label] satisfies Wanted]),
    ...(evaluation.prediction === undefined ? [] : [['prediction', evaluation.prediction] satisfies Wanted]),
    ...evaluation.scores.map((name): Wanted => ['scores', name]),
    ...(weight === undefined ? [] : [['weight', weight] satisfies Wanted]),
  ];
  const typeOfLabel = own.find(({ name }) => name === evaluation.label)?.type ?? '';
  const multilabel = evaluation.label !== undefined && (asksForSets || memberType(typeOfLabel) !== undefined);
  const maySet = (key: string, type: string): boolean =>
    multilabel &&
    (key === 'label' || key === 'prediction') &&
    (type === 'JSON' || memberType(type) !== undefined);
  const columns = new Map<string, Column[]>();
  for (const [key, name] of wanted) {
    const column = own.find((candidate) => candidate.name === name);
    const line = evaluation.lines[key] ?? 1;
    if (column === undefined) {
      const remedy = acceptedNames(
        name,
        own.map((each) => each.name),
      ).replace('Accepted:', 'Columns:');
      return {
        found: false,
        key: `evaluation.${key}`,
        line,
        message: `${label} has no column "${name}"`,
        remedy,
      };
    }
    if (isNested(column.type) && !maySet(key, column.type)) {
      const message = `the column "${name}" of ${label} is of type ${column.type}`;
      // JSON is what has texts in some rows and numbers in others: "1" and 1 are one id to nobody.
      const remedy =
        column.type === 'JSON'
          ? 'Write one value a row, of one type in all rows: all text, or all numbers; and one column a score.'
          : 'Write one value a row, and one column a score.';
      return { found: false, key: `evaluation.${key}`, line, message, remedy };
    }
    columns.set(key, [...(columns.get(key) ?? []), column]);
  }
  const [idColumn] = columns.get('id') ?? [];
  if (idColumn === undefined) throw new RangeError('columns');
  return {
    found: true,
    columns: {
      id: idColumn,
      label: evaluation.label === undefined ? documentOf(own) : columns.get('label')?.[0],
      prediction: columns.get('prediction')?.[0],
      scores: columns.get('scores') ?? [],
      weight: columns.get('weight')?.[0],
      ...(multilabel ? { multilabel } : {}),
    },
  };
}
