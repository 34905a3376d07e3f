import type { EvaluatedRule, EvaluationBody } from '../record/evaluation-section.ts';
import type { Verdict } from '../verdict.ts';
import type { NoteBlock } from './block.ts';
import { counted, formatNumber } from './format.ts';
import { MARKS } from './marks.ts';
import { demandOf } from './rule-words.ts';
import { countsOf } from './rules-blocks.ts';

/** The verdict in one line: how the rules ended, and where it is too little to decide, what would decide. */
export function verdictNote(body: EvaluationBody, verdict: Verdict): NoteBlock {
  const { word, tone } = MARKS[verdict];
  const blocking = body.rules.filter(({ severity }) => severity === 'error');
  const all = blocking.every(({ result }) => result === 'pass');
  const sliced = blocking.some(({ slice }) => slice !== null) ? ' (each slice counted)' : '';
  const rules =
    blocking.length === 0
      ? 'no rule blocks'
      : all
        ? allHold(blocking.length)
        : `of ${counted(blocking.length, 'blocking rule')}${sliced} ${countsOf(blocking)}`;
  const caveat = verdict === 'inconclusive' && all ? caveatOf(body) : '';
  const rest = body.rules.filter(({ severity, result }) => severity !== 'error' && result !== 'pass');
  const beside = rest.length === 0 ? '' : `; of those that do not block, ${countsOf(rest)}`;
  return {
    kind: 'note',
    tone,
    text: `${word.charAt(0).toUpperCase()}${word.slice(1)}: ${rules}${beside}${caveat}.${verdict === 'inconclusive' ? neededWords(blocking) : ''}`,
  };
}

function allHold(n: number): string {
  return n === 1 ? 'the blocking rule holds' : `all ${formatNumber(n)} blocking rules hold`;
}

/** Why rules that hold are not enough. */
function caveatOf({ gate, examination = null }: EvaluationBody): string {
  if (gate?.newInHead === true) return ', but the gate file is not in force yet';
  if (examination?.changed === true) return ', but the evaluation rows are not in force yet';
  return '';
}

/** Of the rules that cannot be decided, the one that takes the most rows. */
export function neededWords(rules: readonly EvaluatedRule[]): string {
  const undecided = rules.filter(
    ({ result, neededRows = null }) => result === 'inconclusive' && neededRows !== null,
  );
  const most = undecided.toSorted((a, b) => (b.neededRows ?? 0) - (a.neededRows ?? 0))[0];
  if (most === undefined) return '';
  const there = most.n === null ? '' : `; there are ${formatNumber(most.n)}`;
  return ` To decide “${demandOf(most)}” takes about ${counted(most.neededRows ?? 0, 'row')}${there}.`;
}
