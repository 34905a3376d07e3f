import type { Annotation } from '../../../../shared/action/logger.ts';
import type { Blame } from '../../../../shared/record/common.ts';
import type { EvaluatedRule, EvaluationBody } from '../../../../shared/record/evaluation-section.ts';
import { verdictOf } from '../../../../shared/verdict.ts';
import { isComparison } from '../gate-file/gate-file.ts';
import { annotationsOf } from './annotations.ts';

type OwnBlame = Omit<Blame, 'contact'>;

export interface Conclusion {
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'error';
  readonly summary: string;
  readonly blame: OwnBlame | null;
  readonly annotations: readonly Annotation[];
}

export interface Circumstances {
  /** The base has no such gate file: at best inconclusive. */
  readonly newInHead: boolean;
  /** The rows of the evaluation are not those of the base: at best inconclusive. */
  readonly rowsChanged: boolean;
  /** The change under test could have written what it is compared with: at best inconclusive. */
  readonly baselineInReach?: boolean;
  /** Whose it is that the baseline is not there, where it is not. */
  readonly baselineBlame: OwnBlame | undefined;
  readonly firstRun: boolean;
  /** The candidate graded itself, and the gate file does not accept that. */
  readonly selfReportedRefused: boolean;
  readonly control: EvaluationBody['control'];
}

/** The section's verdict with the sentence that says why, whose failure it is, and remarks at the gate file's lines. */
export function conclude(rules: readonly EvaluatedRule[], circumstances: Circumstances): Conclusion {
  const annotations = annotationsOf(rules);
  const refusal = refusalOf(circumstances);
  if (refusal !== undefined) {
    const message = `${refusal.message} ${refusal.remedy ?? ''}`.trim();
    return {
      verdict: 'error',
      summary: refusal.message,
      blame: refusal,
      annotations: [{ severity: 'error', message }, ...annotations],
    };
  }
  // A waiver lets one broken rule pass for one commit: the rule warns, and was judged all the same.
  const counted = rules.map((rule) => (isWaived(rule) ? { ...rule, result: 'pass' as const } : rule));
  const judged = verdictOf(counted);
  const blocking = rules.filter(({ severity }) => severity === 'error');
  const worst = blocking.filter(({ result }) => result === judged);
  if (judged === 'fail' || judged === 'error') {
    const summary = brokenSentence(worst);
    return { verdict: judged, summary, blame: blameOf(judged, summary, circumstances), annotations };
  }
  if (judged === 'inconclusive') {
    return {
      verdict: judged,
      summary: undecidedSentence(rules, worst, circumstances),
      blame: null,
      annotations,
    };
  }
  const reservation = reservationOf(circumstances);
  const summary = heldSentence(rules);
  return {
    verdict: reservation === undefined ? 'pass' : 'inconclusive',
    summary: reservation === undefined ? summary : `${reservation} ${summary}`,
    blame: null,
    annotations,
  };
}

const isWaived = ({ waiver, result }: EvaluatedRule): boolean =>
  waiver !== undefined && waiver !== null && result === 'warn';

/** What makes every result of the rules worthless. */
function refusalOf({ selfReportedRefused, control }: Circumstances): OwnBlame | undefined {
  if (selfReportedRefused) {
    return {
      owner: 'configuration',
      message: 'The numbers are self-reported, and the gate file does not accept that.',
      remedy:
        'Let the gate compute the predictions on "rows", or write "accept-self-reported: true", both under "evaluation" of the gate file.',
    };
  }
  if (control?.result !== 'not-blocked') return undefined;
  return {
    owner: 'configuration',
    message: `The gate is decoration: ${control.reason}.`,
    remedy:
      'Add a rule that a worse model breaks, such as "max-regression" or "min" with severity error; "negative-control: false" leaves the control out.',
  };
}

/** Why what holds here is not in force yet. */
function reservationOf({
  newInHead,
  rowsChanged,
  baselineInReach = false,
}: Circumstances): string | undefined {
  if (newInHead) return 'The gate file is new in this pull request and not yet in force.';
  if (rowsChanged) {
    return 'This pull request brings evaluation rows that the base does not vouch for, which count when they are merged.';
  }
  return baselineInReach
    ? 'The baseline was read from files of this run, which the change under test could have written.'
    : undefined;
}

function blameOf(
  judged: 'fail' | 'error',
  message: string,
  { baselineBlame, firstRun }: Circumstances,
): OwnBlame {
  if (judged === 'fail') {
    const remedy = 'Improve the model, or change the rule in a pull request of its own.';
    return { owner: 'model', message, remedy };
  }
  return (
    baselineBlame ?? {
      owner: 'configuration',
      message,
      remedy: firstRun
        ? 'A first model, which has nothing to be compared with, needs "on-no-baseline: allow" under "baseline" in the gate file.'
        : 'Mend the predictions, or the rule in the gate file, as the reason of each rule says; "on-missing: warn" lets a metric be absent.',
    }
  );
}

function brokenSentence(broken: readonly EvaluatedRule[]): string {
  const others = broken.length - 1;
  const reason = `${mostTelling(broken)?.reason ?? ''}.`;
  return others === 0
    ? reason
    : `${reason} ${others} further ${others === 1 ? 'rule does' : 'rules do'} not hold.`;
}

function undecidedSentence(
  rules: readonly EvaluatedRule[],
  undecided: readonly EvaluatedRule[],
  { firstRun }: Circumstances,
): string {
  const rest = asides(rules);
  if (undecided.length > 0) {
    const many =
      rules.length === 1
        ? 'The rule is'
        : `${undecided.length} of ${rules.length} rules ${undecided.length === 1 ? 'is' : 'are'}`;
    return `${many} undecided${rest}: ${mostTelling(undecided)?.reason ?? ''}.`;
  }
  const compares = rules.some(({ mode, result }) => result === 'not-run' && isComparison(mode));
  return firstRun && compares
    ? `No blocking rule could be judged${rest}: a first run has nothing to be compared with. Add "min" or "max" to a rule of the gate file.`
    : `No blocking rule could be judged${rest}.`;
}

function heldSentence(rules: readonly EvaluatedRule[]): string {
  const held = rules.filter(({ result }) => result === 'pass');
  const telling = held.find(({ mode, slice }) => mode === 'max-regression' && slice === null) ?? held[0];
  if (telling === undefined) return `Every broken rule is waived${asides(rules)}.`;
  const many = held.length === 1 ? 'The rule holds' : `${held.length} rules hold`;
  return `${many}${asides(rules)}: ${telling.reason}.`;
}

/** ` (1 was not run, 2 warn, 1 is waived)`. */
function asides(rules: readonly EvaluatedRule[]): string {
  const notRun = rules.filter(({ result }) => result === 'not-run').length;
  const waived = rules.filter(isWaived).length;
  const warned = rules.filter(
    (rule) =>
      !isWaived(rule) &&
      (rule.result === 'warn' ||
        (rule.severity !== 'error' && rule.result !== 'pass' && rule.result !== 'not-run')),
  ).length;
  const counts = [
    ...(notRun === 0 ? [] : [`${notRun} ${notRun === 1 ? 'was' : 'were'} not run`]),
    ...(warned === 0 ? [] : [`${warned} ${warned === 1 ? 'warns' : 'warn'}`]),
    ...(waived === 0 ? [] : [`${waived} ${waived === 1 ? 'is' : 'are'} waived`]),
  ];
  return counts.length === 0 ? '' : ` (${counts.join(', ')})`;
}

/** All rows tell more than a slice. */
function mostTelling(rules: readonly EvaluatedRule[]): EvaluatedRule | undefined {
  return rules.find(({ slice }) => slice === null) ?? rules[0];
}
