import { messageOf, UsageError } from '../errors.ts';
import { canonicalDigest } from './digest.ts';

/** Enough of a SHA-256 that two legs of one matrix (256 at most) never meet. */
const LEG_DIGITS = 12;
/** A key is at most 100 characters, of which a leg takes the hyphen and its digits. */
const MAX_JOB_CHARACTERS = 100 - LEG_DIGITS - 1;

export interface KeyParts {
  /** The input `id`, which alone decides where it is given. */
  readonly id: string | undefined;
  /** The job's id in the workflow file; null in a terminal. */
  readonly job: string | null;
  /** `toJSON(matrix)`: `null` outside a matrix. */
  readonly matrix: string | undefined;
}

/** The key that tells jobs and matrix legs apart in the names of sections. */
export function sectionKey({ id, job, matrix }: KeyParts): string {
  if (id !== undefined) return id;
  const name = (job ?? 'terminal').replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, MAX_JOB_CHARACTERS);
  const leg = legOf(matrix);
  return leg === undefined ? name : `${name}-${leg}`;
}

function legOf(matrix: string | undefined): string | undefined {
  const text = matrix?.trim() ?? '';
  if (text === '') return undefined;
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`Input "matrix" is no JSON: "${text.slice(0, 80)}".`, {
      remedy: 'Leave the input out: its default is ${{ toJSON(matrix) }}.',
      cause,
    });
  }
  if (values === null || typeof values !== 'object' || Object.keys(values).length === 0) return undefined;
  try {
    return canonicalDigest(values).slice(0, LEG_DIGITS);
  } catch (cause) {
    // RFC 8785 has no form for a number beyond 64 bits, or for half a character.
    throw new UsageError(`Input "matrix" cannot be told from another: ${messageOf(cause)}.`, {
      remedy: 'Change the value in the matrix, or give the step an input "id" of its own.',
      cause,
    });
  }
}

/** The matrix leg that a key ends with; undefined where it names none. */
export function legOfKey(key: string): string | undefined {
  return /-([0-9a-f]{12})$/.exec(key)?.[1];
}
