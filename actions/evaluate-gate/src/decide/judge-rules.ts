import type { EvaluatedRule } from '../../../../shared/record/evaluation-section.ts';
import { holm } from '../../../../shared/statistics/corrections.ts';
import type { Evidence } from '../evidence.ts';
import type { GateFile, GateRule } from '../gate-file/gate-file.ts';
import { placeInGate } from '../gate-file/place-in-gate.ts';
import { type Answer, answer, canFail, pBroken } from './answer.ts';
import { askGroups } from './ask-groups.ts';
import { askMetric, type Sources } from './ask-metric.ts';
import type { Open, Question } from './question.ts';
import { rowsOfRule } from './rows-of-rule.ts';

export interface RuleSources extends Sources {
  readonly gate: Pick<GateFile, 'rules' | 'minCellSize' | 'defaults'>;
  /** Undefined where there are no predictions. */
  readonly evidence: Evidence | undefined;
  readonly gatePath: string;
}

/**
 * Judges every bound of every rule on all rows and on each slice of its families, in the order of the gate file: by the
 * interval where there is one. All claims of one gate file that could block are one family for the correction.
 */
export function judgeRules(sources: RuleSources): EvaluatedRule[] {
  const { gate, gatePath } = sources;
  const questions = gate.rules.flatMap((rule) => questionsOf(rule, sources));
  const adjusted = adjustedPs(questions);
  const nameOf = namer();
  return questions.map((question): EvaluatedRule => {
    const { rule, bound, slice, value, baselineValue, n, limit, state } = question;
    const answered =
      state.kind === 'open'
        ? answer(question, state, adjusted.get(question) ?? null, gate.defaults.power)
        : { ...NO_INFERENCE, result: state.result, reason: state.reason };
    const mode = bound.mode;
    const groups = mode === 'max-difference' || mode === 'min-ratio' ? (rule.by ?? null) : null;
    return {
      id: nameOf(`${rule.metric}.${mode}`, slice ?? groups),
      metric: rule.metric,
      mode,
      direction: rule.direction,
      value,
      baselineValue,
      difference: value === null || baselineValue === null ? null : value - baselineValue,
      n,
      threshold: bound.limit.text,
      bound: limit,
      slice,
      severity: rule.severity,
      where: placeInGate(gatePath, bound.line).where ?? null,
      by: groups,
      ...answered,
      ...ended(answered, rule),
    };
  });
}

const NO_INFERENCE: Omit<Answer, 'result' | 'reason'> = {
  interval: null,
  level: null,
  p: null,
  adjustedP: null,
  test: 'none',
  seed: null,
  replicates: null,
  discordant: null,
  detectable: null,
  neededRows: null,
};

function questionsOf(rule: GateRule, sources: RuleSources): Question[] {
  const { gate, evidence } = sources;
  const rows = rowsOfRule(rule, gate, evidence);
  return rule.bounds.flatMap((bound) =>
    bound.mode === 'max-difference' || bound.mode === 'min-ratio'
      ? [askGroups(rule, bound, gate, evidence)]
      : rows.map((each) => askMetric(rule, bound, each, sources)),
  );
}

function adjustedPs(questions: readonly Question[]): ReadonlyMap<Question, number> {
  const family = questions.flatMap((question) => {
    const { state } = question;
    return state.kind === 'open' && canFail(question) ? [{ question, p: claimOf(state) }] : [];
  });
  const corrected = holm(family.map(({ p }) => p));
  return new Map(family.map(({ question, p }, index) => [question, corrected[index] ?? p]));
}

/** A p that is not defined claims nothing. */
function claimOf(state: Open): number {
  const p = pBroken(state);
  return Number.isNaN(p) ? 1 : Math.min(1, Math.max(0, p));
}

/** What the rule's own keys make of a result: thin evidence may fail, and a rule that does not block warns. */
function ended(
  { result, reason }: Pick<Answer, 'result' | 'reason'>,
  { severity, onInconclusive }: GateRule,
): Pick<Answer, 'result' | 'reason'> {
  const turned = result === 'inconclusive' && onInconclusive === 'fail';
  const strict = turned ? 'fail' : result;
  return {
    result: strict === 'fail' && severity !== 'error' ? 'warn' : strict,
    reason: turned ? `${reason}; undecided counts as failed ("on-inconclusive: fail")` : reason,
  };
}

/** Ids that tell every bound on every slice apart, and stay the same from run to run. */
function namer(): (name: string, of: string | null) => string {
  const seen = new Map<string, number>();
  return (name, of) => {
    const full = of === null ? name : `${name}@${of}`;
    const count = (seen.get(full) ?? 0) + 1;
    seen.set(full, count);
    return count === 1 ? full : `${full}-${count}`;
  };
}
