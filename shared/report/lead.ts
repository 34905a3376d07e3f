import type { EvaluatedRule } from '../record/evaluation-section.ts';
import type { Section, SectionOf } from '../record/section.ts';
import type { Verdict } from '../verdict.ts';
import { demandOf } from './rule-words.ts';
import { neededWords } from './verdict-note.ts';
import {
  asSentence,
  counted,
  formatBeside,
  formatNumber,
  formatShare,
  listed,
  sameNumber,
} from './format.ts';
import { STAGES, worstOf } from './marks.ts';
import { type TrackSources, verdictOfTrack } from './tracks.ts';

/** The verdict for the pull request in words: what a reader needs who reads nothing else. */
export interface Lead {
  readonly verdict: Verdict;
  readonly headline: string;
  readonly sentence: string;
}

/** Subjects named in the leading sentence when there are many; the table names all. */
const NAMED = 3;

export function leadOf(tracks: readonly TrackSources[]): Lead {
  const sections = tracks.flatMap((track) => track.sections);
  if (sections.length === 0) {
    return {
      verdict: 'pending',
      headline: 'Nothing to report yet',
      sentence: 'No section of the record has arrived.',
    };
  }
  const verdict = worstOf(tracks.map((track) => verdictOfTrack(track.sections)));
  const gated = tracks.every((track) => !track.isModel || gatePassed(track));
  return {
    verdict,
    headline: headlineOf(
      verdict,
      gated && tracks.some((track) => track.isModel),
      sections.some((section) => section.commit.pullRequest !== null),
    ),
    sentence: sentenceOf(tracks, verdict),
  };
}

function gatePassed(track: TrackSources): boolean {
  const gates = track.sections.filter((section) => section.kind === 'evaluation');
  return gates.length > 0 && gates.every((section) => section.passed);
}

function headlineOf(verdict: Verdict, gated: boolean, pullRequest: boolean): string {
  switch (verdict) {
    case 'pass':
      if (!gated) return 'Good so far';
      return pullRequest ? 'Ready to merge' : 'All good';
    case 'fail':
      return pullRequest ? 'Not ready to merge' : 'Blocked';
    case 'error':
      return 'Could not be judged';
    case 'inconclusive':
      return 'Not decided: too little evidence';
    case 'skipped':
      return 'Nothing to do';
    case 'pending':
      return 'Still running';
  }
}

function sentenceOf(tracks: readonly TrackSources[], verdict: Verdict): string {
  const decisive = tracks.filter((track) => verdictOfTrack(track.sections) === verdict);
  const [only] = decisive;
  if (only === undefined) return '';
  if (tracks.length === 1) return trackSentence(only, verdict);
  const names = decisive.slice(0, NAMED).map((track) => track.subject);
  if (decisive.length > NAMED) names.push(`${formatNumber(decisive.length - NAMED)} more`);
  const noun = tracks.every((track) => track.isModel) ? 'models' : 'models and datasets';
  const share =
    decisive.length === tracks.length
      ? `All ${formatNumber(tracks.length)} ${noun} end as`
      : `${formatNumber(decisive.length)} of ${formatNumber(tracks.length)} ${noun} ${decisive.length === 1 ? 'ends' : 'end'} as`;
  return `${share} ${verdict} (${listed(names)}). ${trackSentence(only, verdict)}`;
}

function trackSentence(track: TrackSources, verdict: Verdict): string {
  const section =
    verdict === 'pass'
      ? (track.sections.findLast((each) => each.kind === 'evaluation') ?? track.sections.at(-1))
      : track.sections.find((each) => each.verdict === verdict);
  if (section === undefined) return '';
  return asSentence(`${STAGES[section.kind]} of ${section.subject}: ${reasonOf(section)}`);
}

function reasonOf(section: Section): string {
  if (section.kind === 'evaluation') return gateReason(section) ?? section.summary;
  if (section.kind === 'data') return dataReason(section) ?? section.summary;
  return section.summary;
}

/** The blocking rules that are broken, in words; a passing gate's gain over the baseline. */
function gateReason({ verdict, body }: SectionOf<'evaluation'>): string | undefined {
  if (body === null) return undefined;
  const blocking = body.rules.filter((rule) => rule.severity === 'error');
  const baseline = body.baseline?.what ?? 'the baseline';
  if (verdict === 'fail') {
    const broken = blocking.filter((rule) => rule.result === 'fail');
    const [first] = broken;
    if (first === undefined) return undefined;
    const count = `${formatNumber(broken.length)} of ${counted(blocking.length, 'blocking rule')} ${broken.length === 1 ? 'is' : 'are'} broken`;
    return `${count}; ${brokenWords(first, baseline)}`;
  }
  if (verdict === 'inconclusive') {
    const undecided = blocking.filter((rule) => rule.result === 'inconclusive');
    const [first] = undecided;
    if (first === undefined) return undefined;
    const count = `${formatNumber(undecided.length)} of ${counted(blocking.length, 'blocking rule')} cannot be decided`;
    const needed = neededWords(blocking);
    return `${count}, first: ${demandOf(first)}.${needed}`;
  }
  if (verdict !== 'pass') return undefined;
  const holding = blocking.filter((rule) => rule.result === 'pass').length;
  const held =
    holding < blocking.length
      ? `${formatNumber(holding)} of ${counted(blocking.length, 'blocking rule')} ${holding === 1 ? 'holds' : 'hold'}, the others were not run`
      : blocking.length === 1
        ? 'the blocking rule holds'
        : `all ${formatNumber(blocking.length)} blocking rules hold`;
  if (body.firstRun) return `${held}; this is the first version, so there was nothing to compare with`;
  const compared = blocking.find((rule) => rule.value !== null && rule.baselineValue !== null);
  return compared === undefined ? held : `${held}; ${comparedWords(compared, baseline)}`;
}

function brokenWords(rule: EvaluatedRule, baseline: string): string {
  const value =
    rule.value === null ? 'not measured' : formatBeside(rule.value, [rule.bound, rule.baselineValue]);
  const against =
    rule.mode === 'max-regression' && rule.baselineValue !== null
      ? ` against ${formatBeside(rule.baselineValue, [rule.value])} of ${baseline}`
      : '';
  return `${rule.metric} is ${value}${against}, and the gate demands ${demandOf(rule)}`;
}

function comparedWords(rule: EvaluatedRule, baseline: string): string {
  const value = rule.value ?? 0;
  const before = rule.baselineValue ?? 0;
  const judged = sameNumber(value, before)
    ? 'equal to'
    : value > before === (rule.direction === 'higher')
      ? 'better than'
      : 'worse than';
  return `${rule.metric} is ${formatBeside(value, [before])}, ${judged} ${formatBeside(before, [value])} of ${baseline}${
    judged === 'worse than' ? ' but within what the gate allows' : ''
  }`;
}

function dataReason({ verdict, body }: SectionOf<'data'>): string | undefined {
  if (verdict !== 'fail' || body === null) return undefined;
  const blocking = body.checks.filter((check) => check.severity === 'error');
  const broken = blocking.filter((check) => check.result === 'fail');
  const [first] = broken;
  if (first === undefined) return undefined;
  const rows =
    first.failing === null || first.n === null
      ? ''
      : ` (${formatNumber(first.failing)} of ${formatNumber(first.n)} rows, ${formatShare(first.failing, first.n)})`;
  return `${formatNumber(broken.length)} of ${counted(blocking.length, 'blocking check')} ${broken.length === 1 ? 'is' : 'are'} broken, first: ${first.description}${rows}`;
}
