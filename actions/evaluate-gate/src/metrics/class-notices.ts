import type { Classes } from './classification.ts';

const MAX_NAMES = 10;

/** What a reader should know of classes that occur on one side only. Names only declared classes. */
export function classNotices(
  classes: Classes | undefined,
  declared: readonly string[] | undefined,
): string[] {
  if (classes === undefined || classes.tooMany !== undefined) return [];
  const never = without(classes.labels, classes.predictions);
  const unseen = without(classes.predictions, classes.labels);
  return [
    ...notice(
      never,
      declared,
      (what, one) => `${what} among the labels ${one ? 'is' : 'are'} never predicted`,
    ),
    ...notice(
      unseen,
      declared,
      (what, one) => `${what} ${one ? 'is' : 'are'} predicted, and ${one ? 'is' : 'are'} no row's label`,
    ),
  ];
}

/** Classes that only the candidate, or only the baseline, predicts. */
export function comparedClassNotices(
  candidate: Classes | undefined,
  baseline: Classes | undefined,
  declared: readonly string[] | undefined,
): string[] {
  if (candidate === undefined || baseline === undefined) return [];
  if (candidate.tooMany !== undefined || baseline.tooMany !== undefined) return [];
  const own = without(candidate.predictions, baseline.predictions);
  const other = without(baseline.predictions, candidate.predictions);
  return [
    ...notice(
      own,
      declared,
      (what, one) => `${what} ${one ? 'is' : 'are'} predicted by the candidate and never by the baseline`,
    ),
    ...notice(
      other,
      declared,
      (what, one) => `${what} ${one ? 'is' : 'are'} predicted by the baseline and never by the candidate`,
    ),
  ];
}

const without = (all: ReadonlySet<string>, others: ReadonlySet<string>): string[] =>
  [...all].filter((name) => !others.has(name));

function notice(
  names: readonly string[],
  declared: readonly string[] | undefined,
  text: (what: string, one: boolean) => string,
): string[] {
  if (names.length === 0) return [];
  const shown = names.filter((name) => declared?.includes(name) ?? false).slice(0, MAX_NAMES);
  const list = shown.length === 0 ? '' : ` (${shown.join(', ')}${shown.length < names.length ? ', …' : ''})`;
  return [
    `${text(`${names.length} ${names.length === 1 ? 'class' : 'classes'}${list}`, names.length === 1)}.`,
  ];
}
