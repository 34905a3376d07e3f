import type { EvaluatedRule } from '../record/evaluation-section.ts';
import { type Cell, text } from './block.ts';
import { formatNumber, formatSigned, sameNumber } from './format.ts';

const MODES: Readonly<Record<EvaluatedRule['mode'], string>> = {
  minimum: 'at least',
  maximum: 'at most',
  'max-regression': 'not worse by more than',
  'min-improvement': 'better by at least',
  'max-improvement': 'better by at most',
  'max-difference': 'differs between groups by at most',
  'min-ratio': 'ratio between groups at least',
};

/** What a rule demands, in words, without the slice. */
export function boundOf(rule: EvaluatedRule): string {
  const { by = null } = rule;
  const mode = by === null ? MODES[rule.mode] : MODES[rule.mode].replace('groups', `groups of ${by}`);
  return `${mode} ${rule.threshold}`;
}

/** What a rule demands, in words. */
export function demandOf(rule: EvaluatedRule): string {
  const slice = rule.slice === null ? '' : ` on slice ${rule.slice}`;
  return `${rule.metric}${slice} ${boundOf(rule)}`;
}

/** A difference as movement and judgement: `▲ 0.0111 better`. */
export function changeOf(difference: number, direction: EvaluatedRule['direction'] | undefined): Cell {
  if (sameNumber(difference, 0)) return text('= no change', 'muted');
  const arrow = difference > 0 ? '▲' : '▼';
  const size = formatNumber(Math.abs(difference));
  if (direction === undefined) return text(`${arrow} ${formatSigned(difference)}`);
  const better = difference > 0 === (direction === 'higher');
  return text(`${arrow} ${size} ${better ? 'better' : 'worse'}`, better ? 'good' : 'bad');
}
