import type { Charts, EvaluatedRule } from '../../../../shared/record/evaluation-section.ts';
import type { Evidence } from '../evidence.ts';
import { keyOf } from '../evidence.ts';
import { type GateFile, isComparison } from '../gate-file/gate-file.ts';

const MAX_CHARTS = 4;
const BINS = 40;

/**
 * How the replicates of the difference are spread, with the limit, for the first rules that block and were judged on all
 * rows by a bootstrap.
 */
export function bootstrapCharts(
  { rules: gateRules }: Pick<GateFile, 'rules'>,
  evidence: Evidence | undefined,
  rules: readonly EvaluatedRule[],
): NonNullable<Charts['bootstrap']> {
  return rules
    .flatMap((rule) => {
      const { bound, baselineValue } = rule;
      const blocks = rule.severity === 'error' && rule.slice === null && isComparison(rule.mode);
      if (!blocks || bound === null || baselineValue === null) return [];
      const inferred = gateRules
        .filter(({ metric }) => metric === rule.metric)
        .map((asked) => evidence?.overall.get(keyOf(asked))?.difference)
        .find((difference) => difference?.method === rule.test);
      const histogram = inferred?.histogram?.(BINS);
      if (histogram === undefined) return [];
      const { width, points } = histogram;
      return [
        {
          name: rule.id,
          width,
          points: points.map(([from, n]): [number, number] => [from, n]),
          at: bound - baselineValue,
        },
      ];
    })
    .slice(0, MAX_CHARTS);
}
