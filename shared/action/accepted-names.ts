import { distance } from 'fastest-levenshtein';

/** Names may come from a file's header, which is anybody's: a sentence of megabytes tells nobody anything. */
const MAX_NAMES = 100;
const MAX_CHARACTERS = 100;

const nearest = (name: string, known: readonly string[]): string | undefined =>
  known
    // Names much longer are not near, and take minutes to compare.
    .filter((candidate) => candidate.length <= name.length * 2 + 2)
    .map((candidate) => ({ candidate, steps: distance(name, candidate) }))
    .filter(({ candidate, steps }) => steps <= Math.max(2, candidate.length / 3))
    .sort((a, b) => a.steps - b.steps)[0]?.candidate;

/** A sentence that lists what is accepted, with the nearest first where one is near. */
export function acceptedNames(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  const listed = known.slice(0, MAX_NAMES).map(shortened).join(', ');
  const more = known.length > MAX_NAMES ? ` and ${known.length - MAX_NAMES} more` : '';
  return `${near === undefined ? '' : `Did you mean "${shortened(near)}"? `}Accepted: ${listed}${more}.`;
}

const shortened = (name: string): string =>
  name.length > MAX_CHARACTERS ? `${name.slice(0, MAX_CHARACTERS)}…` : name;
