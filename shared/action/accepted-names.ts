import { distance } from 'fastest-levenshtein';

const nearest = (name: string, known: readonly string[]): string | undefined =>
  known
    .map((candidate) => ({ candidate, steps: distance(name, candidate) }))
    .filter(({ candidate, steps }) => steps <= Math.max(2, candidate.length / 3))
    .sort((a, b) => a.steps - b.steps)[0]?.candidate;

/** A sentence that lists what is accepted, with the nearest first where one is near. */
export function acceptedNames(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return `${near === undefined ? '' : `Did you mean "${near}"? `}Accepted: ${known.join(', ')}.`;
}
