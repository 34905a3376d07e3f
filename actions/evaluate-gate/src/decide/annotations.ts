import type { Annotation } from '../../../../shared/action/logger.ts';
import type { EvaluatedRule } from '../../../../shared/record/evaluation-section.ts';
import type { Result } from '../../../../shared/verdict.ts';

const WORST_FIRST: readonly Result[] = ['error', 'fail', 'inconclusive', 'warn'];

/**
 * One remark for each line of the gate file whose rule does not hold, for the worst of its slices: GitHub shows ten
 * annotations of a step, and twenty slices would hide the other rules.
 */
export function annotationsOf(rules: readonly EvaluatedRule[]): Annotation[] {
  const lines = new Map<string, EvaluatedRule[]>();
  rules.forEach((rule, index) => {
    if (!WORST_FIRST.includes(rule.result)) return;
    const key = rule.where === null ? `rule ${index}` : `${rule.where.file}:${rule.where.line}`;
    lines.set(key, [...(lines.get(key) ?? []), rule]);
  });
  return [...lines.values()].flatMap((broken) => {
    const [worst, ...others] = broken.toSorted(
      (a, b) => WORST_FIRST.indexOf(a.result) - WORST_FIRST.indexOf(b.result),
    );
    return worst === undefined ? [] : [annotationOf(worst, others.length)];
  });
}

function annotationOf(
  { result, severity, reason, where, metric }: EvaluatedRule,
  others: number,
): Annotation {
  const place = where === null ? {} : { file: where.file, line: where.line };
  const blocks = result === 'fail' || result === 'error';
  const more =
    others === 0 ? '' : ` The rule does not hold ${others} ${others === 1 ? 'time' : 'times'} more.`;
  return {
    severity: severity === 'error' && !blocks ? 'warning' : severity,
    message: `${reason}.${more}`,
    title: `Gate: ${metric}`,
    ...place,
  };
}
