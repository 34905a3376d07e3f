import { parseParameterised } from '../metrics/catalog.ts';
import type { Paired } from './paired.ts';

/** What a metric that is a mean over rows takes the mean of, or why it cannot. */
export type Loss = { readonly sql: (side: 'c' | 'b') => string } | { readonly missing: string };

export interface ScoredClasses {
  /** The class of each score column, as its index; undefined where the order is not known. */
  readonly classes: readonly (number | undefined)[];
  /** With a single score column: the class that it speaks of. */
  readonly positive: number | undefined;
}

/** Which class each score column speaks of. */
export function scoredClasses(
  { classes, columns }: Pick<Paired, 'classes' | 'columns'>,
  positive: string | undefined,
  labels: readonly string[] | undefined,
): ScoredClasses {
  const indexOf = (name: string | undefined): number | undefined => {
    const index = name === undefined ? -1 : classes.indexOf(name);
    return index < 0 ? undefined : index;
  };
  return {
    classes: columns.candidate.scores.map((_, at) => indexOf(labels?.[at])),
    positive: indexOf(positive),
  };
}

/**
 * The value of each row in SQL over the table of pairs; the metric is its mean. The definitions are those of
 * ../metrics: log loss and Brier as scikit-learn has them, top-k with the later of equal scores being the higher.
 */
export function lossOf(
  metric: string,
  paired: Paired,
  scored: ScoredClasses,
  labels: number | undefined,
): Loss {
  const at = paired.needs.values.findIndex(({ name }) => name === metric);
  if (at >= 0) return { sql: (side) => `${side}v${at}` };
  const parameterised = parseParameterised(metric);
  if (parameterised?.kind === 'quantile-loss') {
    const { quantile } = parameterised;
    return {
      sql: (side) =>
        `CASE WHEN yn >= ${side}n THEN ${quantile} * (yn - ${side}n) ELSE (1 - ${quantile}) * (${side}n - yn) END`,
    };
  }
  if (parameterised?.kind === 'top-k-accuracy') return topK(parameterised.k, scored);
  switch (metric) {
    case 'mae':
      return { sql: (side) => `abs(yn - ${side}n)` };
    case 'mape':
      return { sql: (side) => `abs(yn - ${side}n) / abs(nullif(yn, 0))` };
    case 'bias':
      return { sql: (side) => `${side}n - yn` };
    case 'log-loss':
      return logLoss(paired, scored);
    case 'brier':
      return brier(scored);
    default:
      return ofSets(metric, labels);
  }
}

const single = ({ classes }: ScoredClasses): boolean => classes.length === 1;

/** The score that a model gives to the class whose index is in a column. */
export function scoreOf(column: string, side: 'c' | 'b', scored: ScoredClasses): string {
  if (single(scored)) {
    return `CASE WHEN ${column} = ${scored.positive ?? -1} THEN ${side}s0 ELSE 1 - ${side}s0 END`;
  }
  const cases = scored.classes.map((index, at) => `WHEN ${index ?? -2} THEN ${side}s${at}`).join(' ');
  return `CASE ${column} ${cases} END`;
}

const NO_SCORES = 'it needs "scores", under "evaluation" of the gate file or, beside "rules", as an input';

function logLoss({ clips }: Paired, scored: ScoredClasses): Loss {
  if (scored.classes.length === 0) return { missing: NO_SCORES };
  return {
    sql: (side) => {
      const clip = clips[side];
      return `-ln(least(greatest(${scoreOf('y', side, scored)}, ${clip}), 1 - ${clip}))`;
    },
  };
}

function brier(scored: ScoredClasses): Loss {
  if (scored.classes.length === 0) return { missing: NO_SCORES };
  const square = (index: number | undefined, score: string): string =>
    `power(CASE WHEN y = ${index ?? -2} THEN 1 - ${score} ELSE ${score} END, 2)`;
  if (single(scored)) return { sql: (side) => square(scored.positive, `${side}s0`) };
  return {
    sql: (side) => {
      const sum = scored.classes.map((index, at) => square(index, `${side}s${at}`)).join(' + ');
      return scored.classes.length === 2 ? `(${sum}) / 2` : sum;
    },
  };
}

function topK(k: number, scored: ScoredClasses): Loss {
  if (scored.classes.length < 2) return { missing: 'it needs a score of each class' };
  return {
    sql: (side) => {
      const name = (at: number): string => `${side}s${at}`;
      const places = scored.classes.map((index, own) => {
        const ahead = scored.classes.flatMap((_, other) =>
          other === own
            ? []
            : [`CASE WHEN ${name(other)} ${other > own ? '>=' : '>'} ${name(own)} THEN 1 ELSE 0 END`],
        );
        return `WHEN ${index ?? -2} THEN ${ahead.join(' + ')}`;
      });
      return `CASE WHEN (CASE y ${places.join(' ')} END) < ${k} THEN 1.0 ELSE 0.0 END`;
    },
  };
}

/** Metrics of sets of classes that are means over rows; `l` are sizes, `i` of what the set shares with the label's. */
function ofSets(metric: string, labels: number | undefined): Loss {
  switch (metric) {
    case 'accuracy':
    case 'subset-accuracy':
      return { sql: (side) => `CASE WHEN yl = ${side}i AND ${side}l = ${side}i THEN 1.0 ELSE 0.0 END` };
    case 'jaccard':
      return { sql: (side) => `coalesce(${side}i / nullif(yl + ${side}l - ${side}i, 0), 0)` };
    case 'f1-samples':
      return { sql: (side) => `coalesce(2 * ${side}i / nullif(yl + ${side}l, 0), 0)` };
    case 'hamming-loss':
      return labels === undefined
        ? { missing: 'it needs the classes as "labels" under "evaluation" of the gate file' }
        : { sql: (side) => `(yl + ${side}l - 2 * ${side}i) / ${labels}` };
    default:
      return { missing: `no uncertainty of ${metric} is known` };
  }
}
