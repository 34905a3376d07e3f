import type { Kind } from '../names.ts';
import type { Owner } from '../errors.ts';
import type { Result, Severity, Verdict } from '../verdict.ts';

/** How anything that was judged ended. */
export type Mark = Verdict | Result;

/** What a colour says; it is never the only sign. */
export type Tone = 'good' | 'bad' | 'doubt' | 'busy' | 'muted' | 'plain';

interface MarkStyle {
  readonly word: string;
  readonly tone: Tone;
  /** For Markdown. */
  readonly emoji: string;
  /** For a terminal: one column wide. */
  readonly sign: string;
}

export const MARKS: Readonly<Record<Mark, MarkStyle>> = {
  pass: { word: 'pass', tone: 'good', emoji: '✅', sign: '✔' },
  warn: { word: 'warn', tone: 'doubt', emoji: '⚠️', sign: '▲' },
  fail: { word: 'fail', tone: 'bad', emoji: '❌', sign: '✖' },
  inconclusive: { word: 'inconclusive', tone: 'doubt', emoji: '❔', sign: '?' },
  error: { word: 'error', tone: 'bad', emoji: '⛔', sign: '!' },
  'not-run': { word: 'not run', tone: 'muted', emoji: '➖', sign: '–' },
  skipped: { word: 'skipped', tone: 'muted', emoji: '⏭️', sign: '»' },
  pending: { word: 'pending', tone: 'busy', emoji: '⏳', sign: '…' },
};

export const STAGES: Readonly<Record<Kind, string>> = {
  data: 'Data',
  training: 'Training',
  evaluation: 'Evaluation',
  publication: 'Publication',
  deployment: 'Deployment',
};

export const OWNER_WORDS: Readonly<Record<Owner, string>> = {
  data: 'the data',
  code: 'the code',
  infrastructure: 'the infrastructure',
  model: 'the model',
  configuration: 'the configuration',
};

const WORST_FIRST = ['error', 'fail', 'pending', 'inconclusive', 'pass', 'skipped'] as const;

/** One verdict for several: the worst; while one is pending, nothing is decided below `fail`. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  return WORST_FIRST.find((verdict) => verdicts.includes(verdict)) ?? 'pending';
}

export function isBroken(verdict: Verdict): boolean {
  return verdict === 'fail' || verdict === 'error';
}

/** How a check or rule ended, and where the word does not say it, that it does not block. */
export function resultWord(judged: { readonly result: Result; readonly severity: Severity }): string {
  const { word } = MARKS[judged.result];
  return judged.severity === 'error' || judged.result === 'warn' ? word : `${word} (${judged.severity})`;
}
