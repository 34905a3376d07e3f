export interface ConfusionMatrix {
  /** How many classes there are. */
  readonly labels: number;
  /** Index of the class that `precision`, `specificity` … speak of; undefined where none was named. */
  readonly positive: number | undefined;
  /** Rows, or their weights, of label × prediction: cell (label, prediction) at label · labels + prediction. */
  readonly matrix: Float64Array;
}

/** The metric of one matrix, read again for each: undefined where it is not defined. */
type Metric = (matrix: Float64Array) => number | undefined;

/**
 * A metric of a confusion matrix, as scikit-learn defines it with `zero_division=0`; undefined where it is not defined:
 * no rows, a metric of the positive class without one, κ where chance agrees always, and a rate of rows that there are
 * none of (specificity, false-positive-rate, false-negative-rate). An unknown name is a RangeError.
 */
export function confusionMetric(name: string, options: ConfusionMatrix): number | undefined {
  return confusionStatistic(name, options)(options.matrix);
}

/** `confusionMetric` with its name read once, for many matrices of the same classes. */
export function confusionStatistic(
  name: string,
  { labels, positive }: Omit<ConfusionMatrix, 'matrix'>,
): Metric {
  const metric = metricNamed(name);
  if (metric === undefined) throw new RangeError(`${name} is no metric of a confusion matrix.`);
  return (matrix) => {
    const margins = marginsOf(matrix, labels);
    return margins.total > 0 ? metric(margins, positive) : undefined;
  };
}

export function isConfusionMetric(name: string): boolean {
  return metricNamed(name) !== undefined;
}

/** What every metric is made of: for each class its rows by label and by prediction, and those where both are it. */
interface Margins {
  readonly total: number;
  readonly hits: Float64Array;
  readonly labelled: Float64Array;
  readonly predicted: Float64Array;
}

type MarginMetric = (margins: Margins, positive: number | undefined) => number | undefined;

function marginsOf(matrix: Float64Array, labels: number): Margins {
  const hits = new Float64Array(labels);
  const labelled = new Float64Array(labels);
  const predicted = new Float64Array(labels);
  let total = 0;
  for (let label = 0; label < labels; label++) {
    for (let prediction = 0; prediction < labels; prediction++) {
      const weight = matrix[label * labels + prediction] ?? 0;
      labelled[label] = (labelled[label] ?? 0) + weight;
      predicted[prediction] = (predicted[prediction] ?? 0) + weight;
      total += weight;
    }
    hits[label] = matrix[label * labels + label] ?? 0;
  }
  return { total, hits, labelled, predicted };
}

/** Of one class: its hits, its rows by label and by prediction, and all rows. */
type ClassMetric = (hits: number, labelled: number, predicted: number, total: number) => number | undefined;

const quotient = (dividend: number, divisor: number): number => (divisor > 0 ? dividend / divisor : 0);
const rate = (dividend: number, divisor: number): number | undefined =>
  divisor > 0 ? dividend / divisor : undefined;

const fScore =
  (beta: number): ClassMetric =>
  (hits, labelled, predicted) =>
    quotient((1 + beta * beta) * hits, beta * beta * labelled + predicted);

/** Of the positive class, and averaged over classes by a suffix. */
const AVERAGED: Readonly<Record<string, ClassMetric>> = {
  precision: (hits, _labelled, predicted) => quotient(hits, predicted),
  recall: (hits, labelled) => quotient(hits, labelled),
};

/** Of the positive class alone. */
const BINARY: Readonly<Record<string, ClassMetric>> = {
  specificity: (hits, labelled, predicted, total) =>
    rate(total - labelled - predicted + hits, total - labelled),
  'false-positive-rate': (hits, labelled, predicted, total) => rate(predicted - hits, total - labelled),
  'false-negative-rate': (hits, labelled) => rate(labelled - hits, labelled),
  'selection-rate': (_hits, _labelled, predicted, total) => rate(predicted, total),
};

const WHOLE: Readonly<Record<string, MarginMetric>> = {
  accuracy: ({ hits, total }) => sum(hits) / total,
  'balanced-accuracy': ({ hits, labelled }) => {
    const recalls = [...labelled].flatMap((rows, k) => (rows > 0 ? [(hits[k] ?? 0) / rows] : []));
    return sum(recalls) / recalls.length;
  },
  /** Matthews' correlation for any number of classes (Gorodkin, "Comparing two K-category assignments", 2004). */
  mcc: ({ hits, labelled, predicted, total }) => {
    const spread = total * total - products(predicted, predicted);
    const truth = total * total - products(labelled, labelled);
    return quotient(sum(hits) * total - products(labelled, predicted), Math.sqrt(spread * truth));
  },
  /** Cohen, "A coefficient of agreement for nominal scales" (1960). */
  kappa: ({ hits, labelled, predicted, total }) => {
    const chance = products(labelled, predicted) / total;
    return rate(sum(hits) - chance, total - chance);
  },
};

const AVERAGES: Readonly<Record<string, (metric: ClassMetric) => MarginMetric>> = {
  macro: (metric) => (margins) => {
    const values = ofClasses(metric, margins).filter(({ occurs }) => occurs);
    return sum(values.map(({ value }) => value)) / values.length;
  },
  weighted: (metric) => (margins) =>
    sum(ofClasses(metric, margins).map(({ value, support }) => value * support)) / margins.total,
  // Over all classes together each row counts once as labelled and once as predicted.
  micro:
    (metric) =>
    ({ hits, total }) =>
      metric(sum(hits), total, total, total),
};

function ofClasses(
  metric: ClassMetric,
  { hits, labelled, predicted, total }: Margins,
): { value: number; support: number; occurs: boolean }[] {
  return [...hits].map((hit, k) => {
    const support = labelled[k] ?? 0;
    const guesses = predicted[k] ?? 0;
    return { value: metric(hit, support, guesses, total) ?? 0, support, occurs: support + guesses > 0 };
  });
}

const ofPositive =
  (metric: ClassMetric): MarginMetric =>
  ({ hits, labelled, predicted, total }, positive) =>
    positive === undefined
      ? undefined
      : metric(hits[positive] ?? 0, labelled[positive] ?? 0, predicted[positive] ?? 0, total);

const NAME = /^(?<base>precision|recall|f(?<beta>\d+(?:\.\d+)?))(?:-(?<average>macro|weighted|micro))?$/;

function metricNamed(name: string): MarginMetric | undefined {
  if (Object.hasOwn(WHOLE, name)) return WHOLE[name];
  const binary = Object.hasOwn(BINARY, name) ? BINARY[name] : undefined;
  if (binary !== undefined) return ofPositive(binary);
  const { base, beta, average } = NAME.exec(name)?.groups ?? {};
  const metric = beta === undefined ? AVERAGED[base ?? ''] : fScore(Number(beta));
  if (metric === undefined) return undefined;
  return (average === undefined ? undefined : AVERAGES[average])?.(metric) ?? ofPositive(metric);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function products(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, value, k) => total + value * (b[k] ?? 0), 0);
}
