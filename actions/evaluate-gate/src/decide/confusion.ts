import type { EvaluationBody } from '../../../../shared/record/evaluation-section.ts';

export interface Cell {
  readonly label: string;
  readonly prediction: string;
  readonly n: number;
}

/**
 * The confusion matrix over the declared classes, labels in rows. A cell of fewer rows than `minCellSize`, zero
 * included, is null: a small cell speaks of single people.
 */
export function confusionOf(
  labels: readonly string[],
  cells: readonly Cell[],
  minCellSize: number,
): NonNullable<EvaluationBody['confusion']> {
  const counts = labels.map((label) =>
    labels.map((prediction) => {
      const n = cells.find((cell) => cell.label === label && cell.prediction === prediction)?.n ?? 0;
      return n < minCellSize ? null : n;
    }),
  );
  return { labels: [...labels], counts };
}
