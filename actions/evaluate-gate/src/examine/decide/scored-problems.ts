/** Counts of what is wrong with the predictions that a command wrote, beside the rows that it was given. */
export interface ScoredCounts {
  readonly rows: number;
  readonly missing: number;
  readonly unknown: number;
  readonly duplicates: number;
  readonly withoutId: number;
  readonly withoutPrediction: number;
  readonly undeclared: number;
  readonly withoutScore: number;
}

const counted = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

/** What is wrong, as parts of a sentence; empty where nothing is. */
export function scoredProblems(counts: ScoredCounts): readonly string[] {
  const { rows, missing, unknown, duplicates, withoutId, withoutPrediction, undeclared, withoutScore } =
    counts;
  const found: readonly (readonly [number, string])[] = [
    [missing, `${missing} of ${counted(rows, 'row has', 'rows have')} no prediction`],
    [
      unknown,
      `${counted(unknown, 'prediction has an id', 'predictions have ids')} that no row has that it was given`,
    ],
    [
      duplicates,
      `${counted(duplicates, 'prediction has an id', 'predictions have ids')} that an earlier one has`,
    ],
    [withoutId, `${counted(withoutId, 'prediction has', 'predictions have')} no id`],
    [withoutPrediction, `${counted(withoutPrediction, 'prediction is', 'predictions are')} empty`],
    [undeclared, `${counted(undeclared, 'prediction is', 'predictions are')} of no declared class`],
    [withoutScore, `${counted(withoutScore, 'row has', 'rows have')} a score that is no finite number`],
  ];
  return found.filter(([n]) => n > 0).map(([, text]) => text);
}
