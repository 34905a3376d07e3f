import type { EvaluatedRule, EvaluationBody } from '../../../../shared/record/evaluation-section.ts';
import { verdictOf } from '../../../../shared/verdict.ts';

export type ControlRecord = NonNullable<EvaluationBody['control']>;

/** Tells whether the rules blocked a degraded copy. `copy` names it, as the subject of a sentence. */
export function judgeControl(rules: readonly EvaluatedRule[], copy: string): ControlRecord {
  if (verdictOf(rules) === 'pass') {
    return { result: 'not-blocked', reason: `${copy} passes all its rules` };
  }
  const blocking = rules.filter(({ result, severity }) => severity === 'error' && result !== 'pass');
  const shown = blocking.find(({ result }) => result === 'fail') ?? blocking[0];
  const by = blocking.length === 1 ? '' : ` and ${blocking.length - 1} more`;
  // Rules that only warn, as the one on suspicious improvement does, let every copy through.
  if (shown === undefined || shown.result === 'warn') {
    return { result: 'not-blocked', reason: `no rule that blocks was broken by ${copy}` };
  }
  return { result: 'blocked', reason: `${copy} is blocked by ${shown.id}${by}` };
}

/** Tells why a baseline that is compared with itself fails, which no sound gate lets happen; undefined where it does not. */
export function judgeIdentity(rules: readonly EvaluatedRule[]): string | undefined {
  // A required improvement is rightly not found, and limits on the value may be broken by the baseline.
  const broken = rules.find(({ mode, result }) => mode === 'max-regression' && result === 'fail');
  return broken === undefined
    ? undefined
    : `the baseline compared with itself fails ${broken.id}: ${broken.reason}`;
}
