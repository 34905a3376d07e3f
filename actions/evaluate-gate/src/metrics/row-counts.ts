import type { Query, Scalar } from '../../../../shared/data/engine.ts';
import { type PredictionColumns, selectRows } from './rows.ts';

/** Counts what would make metrics of a table of predictions meaningless; one row, one pass and a distinct count. */
export function countQuery(
  table: string,
  columns: PredictionColumns,
  labels: readonly string[] | undefined,
): Query {
  const scores = columns.scores.map((_, index) => `s${index} IS NULL`).join(' OR ') || 'FALSE';
  const places = (labels ?? []).map((_, index) => `$${index + 1}`).join(', ');
  const undeclared = (column: string): string => {
    if (labels === undefined) return '0';
    return columns.multilabel === true
      ? `count(*) FILTER (WHERE NOT list_has_all(CAST([${places}] AS VARCHAR[]), ${column}s))`
      : `count(*) FILTER (WHERE ${column} NOT IN (${places}))`;
  };
  return {
    name: 'counts',
    parameters: labels ?? [],
    // Groups can spill to disk, count(DISTINCT) cannot.
    sql: `WITH judged AS (${selectRows(table, columns)})
      SELECT count(*) AS n,
        count(*) FILTER (WHERE id IS NULL) AS null_ids,
        count(id) - (SELECT count(*) FROM (SELECT id FROM (${selectRows(table, columns)})
          WHERE id IS NOT NULL GROUP BY id)) AS repeated_ids,
        count(*) FILTER (WHERE y IS NULL) AS null_labels,
        count(*) FILTER (WHERE p IS NULL) AS null_predictions,
        count(*) FILTER (WHERE ${scores}) AS bad_scores,
        count(*) FILTER (WHERE w IS NULL OR w < 0) AS bad_weights,
        coalesce(sum(w), 0) AS weight,
        count(*) FILTER (WHERE yn IS NULL) AS labels_no_number,
        count(*) FILTER (WHERE pn IS NULL) AS predictions_no_number,
        count(*) FILTER (WHERE yn <> trunc(yn)) AS fractional_labels,
        ${undeclared('y')} AS undeclared_labels,
        ${undeclared('p')} AS undeclared_predictions
      FROM judged`,
  };
}

/**
 * Compares the rows of candidate and baseline by id. Ids must be unique in both. Labels of `numbers` are the same where
 * the numbers are; those of classes by their text alone, for by it the baseline's predictions are held against the
 * candidate's labels: 1 in one file and the text 1.0 in the other would be an error in each row.
 */
export function joinQuery(
  candidate: PredictionColumns,
  baseline: PredictionColumns,
  { numbers }: { readonly numbers: boolean },
): Query {
  const alike = numbers ? ' AND NOT coalesce(c.yn = b.yn, FALSE)' : '';
  return {
    name: 'join',
    sql: `WITH c AS (${selectRows('candidate', candidate)}), b AS (${selectRows('baseline', baseline)})
      SELECT count(*) FILTER (WHERE c.id IS NULL) AS missing,
        count(*) FILTER (WHERE b.id IS NULL) AS extra,
        count(*) FILTER (WHERE c.id IS NOT NULL AND b.id IS NOT NULL AND c.y <> b.y${alike}) AS differing
      FROM c FULL OUTER JOIN b ON c.id = b.id`,
  };
}

export type Counts = Readonly<Record<string, number>>;

/** Reads the one row of a query of counts. */
export function countsOf(row: Readonly<Record<string, Scalar | Scalar[]>> | undefined): Counts {
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]));
}
