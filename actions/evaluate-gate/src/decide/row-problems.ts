import type { Counts } from '../metrics/row-counts.ts';

export interface Expectations {
  /** Column names as the gate file has them. */
  readonly id: string;
  readonly label: string | undefined;
  readonly prediction: string | undefined;
  readonly scores: readonly string[];
  readonly weight: string | undefined;
  readonly regression: boolean;
  readonly classification: boolean;
}

const rows = (count: number): string => (count === 1 ? '1 row' : `${count} rows`);

/** What makes metrics of these rows meaningless, with counts; empty where nothing does. Shows no value of the data. */
export function rowProblems(counts: Counts, expected: Expectations): string[] {
  const { id, label, prediction, weight } = expected;
  if ((counts['n'] ?? 0) === 0) return ['it has no rows'];
  const problem = (name: string, text: (count: number) => string): string[] => {
    const count = counts[name] ?? 0;
    return count > 0 ? [text(count)] : [];
  };
  const missing = (name: string, column: string | undefined): string[] =>
    column === undefined ? [] : problem(name, (n) => `${rows(n)} without a value in "${column}"`);
  const noNumber = (name: string, column: string): string[] =>
    problem(name, (n) => `${rows(n)} without a finite number in "${column}"`);
  const noClass = (name: string, column: string): string[] =>
    problem(name, (n) => `${rows(n)} whose "${column}" is none of the declared "labels"`);
  const labelled = label !== undefined && prediction !== undefined;
  const regression =
    labelled && expected.regression
      ? [...noNumber('labels_no_number', label), ...noNumber('predictions_no_number', prediction)]
      : [];
  const undeclared =
    labelled && expected.classification
      ? [...noClass('undeclared_labels', label), ...noClass('undeclared_predictions', prediction)]
      : [];
  return [
    ...problem('null_ids', (n) => `${rows(n)} without a value in "${id}"`),
    ...problem('repeated_ids', (n) => `${rows(n)} that ${n === 1 ? 'repeats' : 'repeat'} an earlier "${id}"`),
    ...missing('null_labels', label),
    ...missing('null_predictions', prediction),
    ...problem(
      'bad_scores',
      (n) => `${rows(n)} without a finite number in ${expected.scores.map((s) => `"${s}"`).join(', ')}`,
    ),
    ...(weight === undefined
      ? []
      : [
          ...problem('bad_weights', (n) => `${rows(n)} whose "${weight}" is no number from 0`),
          ...((counts['weight'] ?? 0) > 0 ? [] : [`the weights in "${weight}" add up to 0`]),
        ]),
    ...regression,
    ...undeclared,
  ];
}

/** What keeps two models from being compared row by row, with counts; empty where nothing does. */
export function joinProblems(counts: Counts, compared: 'label' | 'document' = 'label'): string[] {
  const parts: readonly (readonly [string, (count: number) => string])[] = [
    [
      'missing',
      (n) => `${rows(n)} of the baseline ${n === 1 ? 'is' : 'are'} missing in the candidate's predictions`,
    ],
    [
      'extra',
      (n) => `${rows(n)} of the candidate's predictions ${n === 1 ? 'is' : 'are'} not among the baseline's`,
    ],
    [
      'differing',
      (n) => `${rows(n)} ${n === 1 ? 'has' : 'have'} another ${compared} in the baseline's predictions`,
    ],
  ];
  return parts.flatMap(([name, text]) => {
    const count = counts[name] ?? 0;
    return count > 0 ? [text(count)] : [];
  });
}
