import { z } from 'zod';

const NO_NAME = 'must be a name in text';

/** The name of a column, a file or a metric. */
export const name = z.string(NO_NAME).min(1, NO_NAME);

const NO_LABEL = 'must be a name of up to 100 characters in one line';

/** A name that the gate file gives to something, which reports show. */
export const givenName = z
  .string(NO_LABEL)
  // A control character could end a line of the log and begin a command of the runner.
  .regex(/^[^\p{Cc}]{1,100}$/u, NO_LABEL);

/** YAML reads `labels: [0, 1]` as numbers; classes are compared as text. */
export const className = z
  .union([z.string().min(1), z.number(), z.boolean()], 'must be a class: text, a number, true or false')
  .transform(String);

export const MAX_CLASSES = 1000;

/** A list of names, of which none may stand twice. */
export const columnList = z.array(name).max(MAX_CLASSES);

/** The first entry that stands in a list twice. */
export function repeated(list: readonly string[]): string | undefined {
  return list.find((entry, index) => list.indexOf(entry) !== index);
}
