import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import type { DataEngine, Row, Table } from '../../../../shared/data/engine.ts';
import { quoteIdentifier, quoteText } from '../../../../shared/data/sql.ts';
import { SubjectError } from '../../../../shared/errors.ts';
import type { EvaluationColumns } from '../gate-file/gate-file.ts';
import { type Column, isNested, numberOrNull, textOf, textOfValue } from '../metrics/column-values.ts';
import type { RowColumn } from './decide/features.ts';
import { type ScoredCounts, scoredProblems } from './decide/scored-problems.ts';
import { type Scored, SCORED_PREDICTION, scoreName } from './prediction-rows.ts';
import { ROWS } from './rows-table.ts';

/** The table of what was checked: `scored_id`, `scored_prediction`, `s0`, `s1` … */
const CHECKED = 'checked';

interface Checking {
  readonly engine: DataEngine;
  /** What the command wrote. */
  readonly table: Table;
  readonly rowColumns: readonly RowColumn[];
  readonly evaluation: EvaluationColumns;
  /** The subject of errors. */
  readonly label: string;
  readonly signal: AbortSignal;
}

/** Makes sure that a command has predicted each row that it was given, once, and no other. */
export async function checkWritten(checking: Checking): Promise<Scored> {
  const { engine, table, rowColumns, evaluation, label, signal } = checking;
  const rejected = table.files.flatMap((file) => file.rejected.lines)[0];
  if (rejected !== undefined) {
    throw new SubjectError(
      'code',
      `The predictions that ${label} wrote cannot be read: line ${rejected.line} is no row (${rejected.reason}).`,
    );
  }
  const id = column(checking, evaluation.id);
  // The gate file's schema demands it of everybody who names rows.
  if (evaluation.prediction === undefined) throw new RangeError('evaluation.prediction');
  const prediction = column(checking, evaluation.prediction);
  const scores = evaluation.scores.map((name) => column(checking, name));
  const own = rowColumns.find(({ name }) => name === evaluation.id);
  if (own === undefined) throw new RangeError(evaluation.id);
  const labels = evaluation.labels?.map(quoteText).join(', ');
  const nested = isNested(prediction.type);
  const text = nested ? `CAST(${quoteIdentifier(prediction.name)} AS VARCHAR)` : textOf(prediction);
  const columns = [
    `${textOf(id)} AS scored_id`,
    `${quoteIdentifier(prediction.name)} AS ${SCORED_PREDICTION}`,
    `${text} AS prediction_text`,
    ...scores.map((score, index) => `${numberOrNull(score)} AS ${scoreName(index)}`),
  ];
  const select = `SELECT ${columns.join(', ')} FROM ${quoteIdentifier(table.name)}`;
  await engine.derive(CHECKED, { name: 'predictions of the score-command', sql: select }, signal);
  const known = `SELECT ${textOf(own)} AS id FROM ${ROWS}`;
  const bad = scores.map((_, index) => `${scoreName(index)} IS NULL`).join(' OR ');
  const undeclared = labels === undefined || nested ? 'false' : `prediction_text NOT IN (${labels})`;
  const query = {
    name: 'rows of the score-command',
    sql: `WITH r AS (${known})
      SELECT (SELECT count(*) FROM r) AS rows,
        (SELECT count(*) FROM r ANTI JOIN ${CHECKED} ON id = scored_id) AS missing,
        (SELECT count(*) FROM (SELECT scored_id FROM ${CHECKED} WHERE scored_id IS NOT NULL) ANTI JOIN r ON id = scored_id) AS unknown,
        count(scored_id) - count(DISTINCT scored_id) AS duplicates,
        count(*) - count(scored_id) AS without_id,
        count(*) - count(prediction_text) AS without_prediction,
        count(*) FILTER (${undeclared}) AS undeclared,
        count(*) FILTER (${bad === '' ? 'false' : bad}) AS without_score FROM ${CHECKED}`,
  };
  const problems = scoredProblems(countsOf((await engine.run([query], signal)).get(query.name)?.[0] ?? {}));
  if (problems.length === 0) {
    const rowId = textOfValue(`r.${quoteIdentifier(own.name)}`, own.type);
    return { table: CHECKED, on: `s.scored_id = ${rowId}` };
  }
  throw new SubjectError(
    'code',
    `The predictions that ${label} wrote cannot be judged: ${problems.join('; ')}.`,
    { remedy: 'Write one line for each row of TRAINYARD_ROWS, with its id as it stands there.' },
  );
}

function column({ table, label }: Checking, name: string): Column {
  const own = table.columns.filter((each) => !each.name.startsWith('__'));
  const found = own.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new SubjectError(
    'code',
    `The predictions that ${label} wrote have no column "${name}", which the gate file names.`,
    {
      remedy: acceptedNames(
        name,
        own.map((each) => each.name),
      ).replace('Accepted:', 'Columns:'),
    },
  );
}

function countsOf(row: Row): ScoredCounts {
  const count = (name: string): number => Number(row[name] ?? 0);
  return {
    rows: count('rows'),
    missing: count('missing'),
    unknown: count('unknown'),
    duplicates: count('duplicates'),
    withoutId: count('without_id'),
    withoutPrediction: count('without_prediction'),
    undeclared: count('undeclared'),
    withoutScore: count('without_score'),
  };
}
