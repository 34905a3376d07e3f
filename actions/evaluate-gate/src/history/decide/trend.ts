import type {
  Charts,
  EvaluatedRule,
  EvaluationBody,
  HistoryRecord,
} from '../../../../../shared/record/evaluation-section.ts';
import type { HistoryLine } from './history-line.ts';

/** Points of a trend, this run's included: as many as can be told apart. */
const TREND_POINTS = 20;
/** Fewer tell nothing of how much commits vary. */
const MIN_NOISE_LINES = 5;
/** What was trained long ago varied otherwise. */
const MAX_NOISE_LINES = 50;
const SHORT_SHA = 7;

export interface Present {
  readonly lines: readonly HistoryLine[];
  readonly branch: string;
  /** The commit that is judged: its own line, of an earlier attempt, is not its past. */
  readonly commit: string | null;
  readonly body: Pick<EvaluationBody, 'rules' | 'metrics' | 'evaluationSetDigest'>;
}

export interface Past {
  readonly trend: Charts['trend'];
  readonly history: HistoryRecord;
}

/**
 * The last values of each metric that is ruled, and how much they vary from one commit to the next: of commits that were
 * measured on the rows of this run, as others cannot be compared. Undefined where there are none, or these rows are not
 * known.
 */
export function trendOf({ lines, branch, commit, body }: Present): Past | undefined {
  const { rules, metrics, evaluationSetDigest } = body;
  if (evaluationSetDigest === null) return undefined;
  // A commit that was gated again has its newest values, at its own place.
  const commits = new Map(lines.map((line) => [line.commit, line]));
  if (commit !== null) commits.delete(commit);
  const all = [...commits.values()];
  const same = all.filter((line) => line.evaluationSetDigest === evaluationSetDigest);
  if (same.length === 0) return undefined;
  const ruled = [...new Set(rules.map(({ metric }) => metric))];
  return {
    trend: ruled.flatMap((metric) => {
      const now = metrics.find(({ name }) => name === metric)?.value;
      const past = same.flatMap((line): [string, number][] => {
        const value = valueOf(line, metric);
        return value === undefined ? [] : [[line.commit.slice(0, SHORT_SHA), value]];
      });
      if (now === undefined || past.length === 0) return [];
      return [{ metric, points: [...past.slice(1 - TREND_POINTS), ['this run', now]] }];
    }),
    history: {
      branch,
      commits: same.length,
      otherSets: all.length - same.length,
      noise: ruled.flatMap((metric) => noiseOf(metric, same, rules) ?? []),
    },
  };
}

function valueOf({ metrics }: HistoryLine, metric: string): number | undefined {
  return metrics.find(({ name }) => name === metric)?.value;
}

/**
 * The standard deviation of successive differences (von Neumann et al., "The Mean Square Successive Difference", 1941, here
 * about the mean difference, so that a steady gain is no noise). A commit that left the model as it was says nothing.
 */
function noiseOf(
  metric: string,
  lines: readonly HistoryLine[],
  rules: readonly EvaluatedRule[],
): HistoryRecord['noise'][number] | undefined {
  const changed = lines.filter(
    ({ modelDigest }, index) => modelDigest === null || modelDigest !== lines[index - 1]?.modelDigest,
  );
  const values = changed.flatMap((line) => valueOf(line, metric) ?? []).slice(-MAX_NOISE_LINES);
  if (values.length < MIN_NOISE_LINES) return undefined;
  const steps = values.slice(1).map((value, index) => value - (values[index] ?? value));
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
  const deviation = Math.sqrt(steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / (steps.length - 1));
  // Values of either end of what a number can be: somebody else wrote that file.
  if (!Number.isFinite(deviation)) return undefined;
  const narrow = rules.flatMap((rule) => {
    const margin = rule.metric === metric ? marginOf(rule) : undefined;
    return margin !== undefined && margin < deviation ? [{ rule: rule.id, margin }] : [];
  });
  return { metric, commits: values.length, deviation, narrow };
}

/** By how much a rule lets the metric on all rows differ from the baseline's. */
function marginOf({ mode, slice, bound, baselineValue }: EvaluatedRule): number | undefined {
  const compares = mode === 'max-regression' || mode === 'min-improvement';
  if (!compares || slice !== null || bound === null || baselineValue === null) return undefined;
  return Math.abs(bound - baselineValue);
}
