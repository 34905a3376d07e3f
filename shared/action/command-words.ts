import { split } from 'shlex';
import { messageOf, UsageError } from '../errors.ts';

/** Splits a command: a YAML list of words, or one line by POSIX quoting without any expansion. */
export function commandWords(name: string, value: string, yaml: (name: string) => unknown): string[] {
  if (/^(\[|-\s)/.test(value)) {
    const document = yaml(name);
    if (
      Array.isArray(document) &&
      document.every((word) => ['string', 'number', 'boolean'].includes(typeof word))
    ) {
      return document.map(String);
    }
    throw new UsageError(`Input "${name}" begins like a YAML list, and is no list of words.`, {
      remedy: 'Quote each word, as in ["python", "train.py"], or write the command on one line.',
    });
  }
  if (/[\r\n]/.test(value)) {
    throw new UsageError(`Input "${name}" has several lines.`, {
      remedy:
        'Give one line or a YAML list of words. No shell runs it: put a script into a file and run that.',
    });
  }
  try {
    return split(value);
  } catch (cause) {
    throw new UsageError(`Input "${name}" is "${value}": ${messageOf(cause)}.`, {
      remedy: 'Close every quote. The line is split by POSIX quoting; no shell expands it.',
      cause,
    });
  }
}
