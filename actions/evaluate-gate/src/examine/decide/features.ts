import { acceptedNames } from '../../../../../shared/action/accepted-names.ts';
import { UsageError } from '../../../../../shared/errors.ts';
import type { EvaluationColumns, Examination, GateFile } from '../../gate-file/gate-file.ts';

export interface RowColumn {
  readonly name: string;
  /** The engine's type. */
  readonly type: string;
  /** Whether all its values are numbers; CSV tells no types, so they were looked at. */
  readonly numeric: boolean;
}

export interface Features {
  /** In the order in which a model of one input is given them. */
  readonly names: readonly string[];
  /** All columns that a model may ask for by the name of an input. */
  readonly pool: readonly string[];
}

type Roles = Pick<EvaluationColumns, 'id' | 'label' | 'prediction' | 'scores' | 'weight' | 'group'>;

/** Columns that have a role and are no features: the label and what else the gate file names for itself. */
export function roleColumns(evaluation: Roles): readonly string[] {
  const { id, label, prediction, scores, weight, group } = evaluation;
  return [id, label, prediction, ...scores, weight, group].filter((name) => name !== undefined);
}

/**
 * The columns that a model is given. Those that the gate file lists, `*` in the order of the file; without a list all
 * that have no other role: a column that slices rows is a feature too if it holds numbers (an age), else not (a country).
 */
export function chooseFeatures(
  columns: readonly RowColumn[],
  evaluation: Roles,
  { features, rows, line }: Pick<Examination, 'features' | 'rows' | 'line'>,
  { slices, metrics }: Pick<GateFile, 'slices' | 'metrics'>,
  gatePath: string,
): Features {
  const roles = new Set(roleColumns(evaluation));
  const free = columns.filter(({ name }) => !roles.has(name));
  if (features !== undefined) {
    const refuse = (message: string, remedy: string): never => {
      throw new UsageError(`${gatePath}:${line}: "evaluation.features" ${message}`, {
        remedy,
        where: { file: gatePath, line },
      });
    };
    const names = features.flatMap((pattern) => {
      if (pattern === evaluation.label) {
        return refuse(`names "${pattern}", which is the label.`, 'No model is given the labels.');
      }
      const found = pattern.endsWith('*')
        ? free.filter(({ name }) => name.startsWith(pattern.slice(0, -1)))
        : columns.filter(({ name }) => name === pattern);
      if (found.length > 0) return found.map(({ name }) => name);
      const known = free.map(({ name }) => name);
      const remedy = acceptedNames(pattern, known).replace('Accepted:', 'Columns:');
      return refuse(`names "${pattern}", and ${rows} has no such column.`, remedy);
    });
    const unique = [...new Set(names)];
    return { names: unique, pool: unique };
  }
  const sliced = new Set(
    slices.flatMap((family) => (family.kind === 'column' || family.kind === 'bins' ? [family.column] : [])),
  );
  const scored = new Set(metrics.flatMap((metric) => (metric.kind === 'sql' ? [] : [metric.column])));
  const pool = free.filter(({ name }) => !scored.has(name));
  return {
    names: pool.filter(({ name, numeric }) => numeric || !sliced.has(name)).map(({ name }) => name),
    pool: pool.map(({ name }) => name),
  };
}
