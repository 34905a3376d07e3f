import { UsageError } from '../../errors.ts';
import type { Kind } from '../../names.ts';
import { legOfKey } from '../key.ts';
import type { Section } from '../section.ts';

export interface Choice {
  readonly kind: Kind;
  /** Undefined: the only one there is. */
  readonly subject: string | undefined;
  /** The input `from-key`. */
  readonly fromKey: string | undefined;
  /** The key of the section that the reader itself writes. */
  readonly ownKey: string;
}

const listed = (values: Iterable<string>): string => [...values].sort().join(', ');

/**
 * The one section that counts of those that may be believed. Of several keys `from-key` decides where it names one of
 * them, else the same matrix leg; undefined where there is none; a UsageError where several could be meant.
 *
 * `from-key` goes before the leg, because an input that a person wrote and that does nothing would mislead; it is
 * asked only of several, because one step reads sections of several kinds with one `from-key`.
 */
export function chooseSection<S extends Section>(
  candidates: readonly S[],
  { kind, subject, fromKey, ownKey }: Choice,
): S | undefined {
  const named = candidates.filter((section) => subject === undefined || section.subject === subject);
  const subjects = new Set(named.map((section) => section.subject));
  if (subjects.size > 1) {
    const input = kind === 'data' ? 'dataset' : 'model';
    throw new UsageError(`This run has ${kind} sections of several subjects: ${listed(subjects)}.`, {
      remedy: `Name one of them by the input "${input}".`,
    });
  }
  if (named.length <= 1) return named[0];

  const leg = legOfKey(ownKey);
  const wishes: ((key: string) => boolean)[] = [
    (key) => key === fromKey,
    (key) => key === ownKey,
    (key) => leg !== undefined && legOfKey(key) === leg,
  ];
  for (const wished of wishes) {
    const found = named.filter((section) => wished(section.run.key));
    if (found.length === 1) return found[0];
  }
  const keys = listed(named.map((section) => section.run.key));
  throw new UsageError(
    fromKey === undefined
      ? `Several ${kind} sections of "${listed(subjects)}" could be meant; their keys are ${keys}.`
      : `Input "from-key" is "${fromKey}", which is the key of no ${kind} section of "${listed(subjects)}".`,
    { remedy: `Give the input "from-key" one of: ${keys}.` },
  );
}
