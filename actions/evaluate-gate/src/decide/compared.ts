/** What is known of the rows on which candidate and baseline were measured. */
export interface ComparedSets {
  readonly what: string;
  readonly candidateDigest: string | null;
  /** Undefined where the baseline's predictions were joined by id, so that the rows are known to be the same. */
  readonly baselineDigest: string | null | undefined;
}

export type SetComparison =
  | { readonly comparable: true; readonly notice: string | undefined }
  | { readonly comparable: false; readonly reason: string };

/** Tells whether numbers of two models may be compared: not where their evaluation sets are known to differ. */
export function compareSets({ what, candidateDigest, baselineDigest }: ComparedSets): SetComparison {
  if (baselineDigest === undefined) return { comparable: true, notice: undefined };
  if (candidateDigest === null || baselineDigest === null) {
    const notice = `Candidate and ${what} cannot be shown to be measured on the same rows: only metrics are there to compare.`;
    return { comparable: true, notice };
  }
  if (candidateDigest === baselineDigest) return { comparable: true, notice: undefined };
  const reason = `${what} was measured on another evaluation set, and its predictions are not there to be compared row by row.`;
  return { comparable: false, reason };
}
