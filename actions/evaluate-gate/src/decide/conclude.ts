import type { Annotation } from '../../../../shared/action/logger.ts';
import type { Blame } from '../../../../shared/record/common.ts';
import type { EvaluatedRule } from '../../../../shared/record/evaluation-section.ts';
import { verdictOf } from '../../../../shared/verdict.ts';

export interface Conclusion {
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'error';
  readonly summary: string;
  readonly blame: Omit<Blame, 'contact'> | null;
  readonly annotations: readonly Annotation[];
}

interface Circumstances {
  /** The base has no such gate file: at best inconclusive. */
  readonly newInHead: boolean;
  /** Whose it is that the baseline is not there, where it is not. */
  readonly baselineBlame: Omit<Blame, 'contact'> | undefined;
}

/** The section's verdict with the sentence that says why, whose failure it is, and remarks at the gate file's lines. */
export function conclude(
  rules: readonly EvaluatedRule[],
  { newInHead, baselineBlame }: Circumstances,
): Conclusion {
  const judged = verdictOf(rules);
  const verdict = judged === 'pass' && newInHead ? 'inconclusive' : judged;
  const annotations = rules.flatMap(annotationOf);
  const blocking = rules.filter(({ severity }) => severity === 'error');
  const broken = blocking.filter(({ result }) => result === judged);

  if (judged === 'fail' || judged === 'error') {
    const summary = sentence(broken);
    const blame: Conclusion['blame'] =
      judged === 'fail'
        ? {
            owner: 'model',
            message: summary,
            remedy: 'Improve the model, or change the rule in a pull request of its own.',
          }
        : (baselineBlame ?? {
            owner: 'configuration',
            message: summary,
            remedy:
              'See the reason of each rule. A first model, which has nothing to be compared with, needs "on-no-baseline: allow" under "baseline" in the gate file.',
          });
    return { verdict: judged, summary, blame, annotations };
  }
  const held = rules.filter(({ result }) => result === 'pass');
  const notRun = rules.filter(({ result }) => result === 'not-run').length;
  const warned = rules.filter(
    ({ result, severity }) => result !== 'pass' && result !== 'not-run' && severity !== 'error',
  ).length;
  const counts = [
    ...(notRun === 0 ? [] : [`${notRun} ${notRun === 1 ? 'was' : 'were'} not run`]),
    ...(warned === 0 ? [] : [`${warned} ${warned === 1 ? 'warns' : 'warn'}`]),
  ];
  const rest = counts.length === 0 ? '' : ` (${counts.join(', ')})`;
  if (judged === 'inconclusive') {
    return { verdict, summary: `No blocking rule could be judged${rest}.`, blame: null, annotations };
  }
  const first = held.find(({ mode }) => mode === 'max-regression') ?? held[0];
  const summary = `${held.length === 1 ? 'The rule holds' : `${held.length} rules hold`}${rest}: ${first?.reason ?? ''}.`;
  return {
    verdict,
    summary: newInHead
      ? `The gate file is new in this pull request and not yet in force. ${summary}`
      : summary,
    blame: null,
    annotations,
  };
}

function sentence(broken: readonly EvaluatedRule[]): string {
  const reason = `${broken[0]?.reason ?? ''}.`;
  const others = broken.length - 1;
  return others === 0
    ? reason
    : `${reason} ${others} further ${others === 1 ? 'rule does' : 'rules do'} not hold.`;
}

function annotationOf({ result, severity, reason, where, metric }: EvaluatedRule): Annotation[] {
  if (result === 'pass' || result === 'not-run') return [];
  const place = where === null ? {} : { file: where.file, line: where.line };
  const shown = result === 'warn' && severity === 'error' ? 'warning' : severity;
  return [{ severity: shown, message: `${reason}.`, title: `Gate: ${metric}`, ...place }];
}
