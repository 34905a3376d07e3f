import { holdsSecret } from './stripped-environment.ts';

const MASK = '***';
/** A part of a secret (a line of it, another notation) that is shorter may stand in any text by chance. */
const MIN_PART_CHARACTERS = 4;
/** A variable that is a secret only by its name may hold a word such as `none`. */
const MIN_NAMED_CHARACTERS = 8;

/** Replaces secrets in lines of text. */
export interface Masker {
  /** The line with every secret replaced. */
  mask(line: string): string;
  /** How many of the first `most` characters may be kept so that no secret is cut in two. */
  safeLength(line: string, most: number): number;
  /** Characters of the longest secret. */
  readonly longest: number;
}

/** A masker for the values given, longest first; of a value with several lines also each line is a secret. */
export function createMasker(secrets: Iterable<string>): Masker {
  const words = new Set([...secrets].flatMap((secret) => notationsOf(secret)));
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  const pattern = longestFirst.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  const longest = longestFirst[0]?.length ?? 0;
  if (longest === 0) return { mask: (line) => line, safeLength: (_line, most) => most, longest };
  return {
    mask: (line) => line.replaceAll(new RegExp(pattern, 'g'), MASK),
    safeLength(line, most) {
      for (const { index, 0: found } of line.matchAll(new RegExp(pattern, 'g'))) {
        if (index >= most) return most;
        if (index + found.length > most) return index;
      }
      return most;
    },
    longest,
  };
}

/** The masker of a training: what the command is given as secrets, and what of the step's variables it is not given. */
export function maskerOf(environment: NodeJS.ProcessEnv, secrets: Readonly<Record<string, string>>): Masker {
  const named = Object.entries(environment).flatMap(([name, value = '']) =>
    holdsSecret(name) && value.trim().length >= MIN_NAMED_CHARACTERS ? [value] : [],
  );
  return createMasker([...Object.values(secrets), ...named]);
}

/** A secret as it is, line by line where it has several, and as programs like to write it. */
function notationsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const whole = secret.trim();
  const parts = [
    ...(lines.length > 1 ? lines : []),
    encodeURIComponent(whole.toWellFormed()),
    JSON.stringify(whole).slice(1, -1),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ].filter((part) => part.length >= MIN_PART_CHARACTERS);
  return whole === '' ? [] : [...(lines.length > 1 ? [] : [whole]), ...parts];
}
