import type { Table } from '../../../../shared/data/engine.ts';
import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import type { EvaluationColumns } from '../gate-file/gate-file.ts';
import { memberType } from './class-sets.ts';
import { type Column, isNested } from './column-values.ts';
import type { PredictionColumns } from './rows.ts';

export type FoundColumns =
  | { readonly found: true; readonly columns: PredictionColumns }
  /** `line` is that of the key in the gate file. */
  | { readonly found: false; readonly line: number; readonly message: string; readonly remedy: string };

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
  const wanted: readonly (readonly [string, string])[] = [
    ['id', evaluation.id],
    ['label', evaluation.label],
    ['prediction', evaluation.prediction],
    ...evaluation.scores.map((name): readonly [string, string] => ['scores', name]),
    ...(evaluation.weight === undefined ? [] : ([['weight', evaluation.weight]] as const)),
  ];
  const typeOfLabel = own.find(({ name }) => name === evaluation.label)?.type ?? '';
  const multilabel = asksForSets || memberType(typeOfLabel) !== undefined;
  const maySet = (key: string, type: string): boolean =>
    multilabel &&
    (key === 'label' || key === 'prediction') &&
    (type === 'JSON' || memberType(type) !== undefined);
  const columns: Column[] = [];
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
        line,
        message: `${label} has no column "${name}" ("evaluation.${key}")`,
        remedy,
      };
    }
    if (isNested(column.type) && !maySet(key, column.type)) {
      const message = `the column "${name}" of ${label} is of type ${column.type} ("evaluation.${key}")`;
      return { found: false, line, message, remedy: 'Write one value a row, and one column a score.' };
    }
    columns.push(column);
  }
  const [id, labelColumn, prediction, ...rest] = columns;
  if (id === undefined || labelColumn === undefined || prediction === undefined)
    throw new RangeError('columns');
  const scores = rest.slice(0, evaluation.scores.length);
  return {
    found: true,
    columns: {
      id,
      label: labelColumn,
      prediction,
      scores,
      weight: rest[scores.length],
      ...(multilabel ? { multilabel } : {}),
    },
  };
}
