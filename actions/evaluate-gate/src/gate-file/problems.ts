import type { z } from 'zod';
import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import { acceptedKeys } from './schema.ts';
import type { Path, Problem, Source } from './source.ts';

/** Zod's names of types, as people say them. */
const KINDS_OF_VALUE: Readonly<Record<string, string>> = {
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  array: 'a list',
  int: 'a whole number',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};

/** What a schema found wrong, in the words of whoever wrote the file. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], source: Source): Problem[] {
  return issues.flatMap((issue): Problem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(issue.path, key, source))
      : [otherProblem(issue, source)],
  );
}

function unknownKey(path: Path, key: string, source: Source): Problem {
  return {
    line: source.lineOf([...path, key]),
    message: `unknown key "${key}"${path.length === 0 ? '' : ` in ${source.nameOf(path)}`}`,
    remedy: acceptedNames(key, acceptedKeys(path)),
  };
}

function otherProblem(issue: z.core.$ZodIssue, source: Source): Problem {
  const { code, input, message, path } = issue;
  const line = source.lineOf(path);
  const place = source.nameOf(path);
  if (code === 'invalid_key') {
    const given = JSON.stringify(path.at(-1));
    return {
      line,
      message: `${given}, a key of ${source.nameOf(path.slice(0, -1))}, ${told(issue.issues[0])}`,
    };
  }
  if (code === 'invalid_value' && message.startsWith('Invalid ')) {
    const accepted = issue.values.map(String);
    return {
      line,
      message: `${place} is ${JSON.stringify(input)}`,
      remedy: acceptedNames(typeof input === 'string' ? input : '', accepted),
    };
  }
  if (input === undefined && code !== 'custom') return { line, message: `${place} is missing` };
  if (code === 'invalid_type' && message.startsWith('Invalid ')) {
    return { line, message: `${place} must be ${KINDS_OF_VALUE[issue.expected] ?? issue.expected}` };
  }
  return { line, message: `${place} ${told(issue)}` };
}

/** Where a bound has no words of its own: zod's code with the bound, and what is counted. */
function told(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.message.startsWith('Too ') !== true) return issue?.message ?? 'is not accepted';
  const of =
    { array: ' entries', string: ' characters' }[String('origin' in issue ? issue.origin : '')] ?? '';
  if (issue.code === 'too_big') return `is out of range: at most ${String(issue.maximum)}${of} are accepted`;
  return issue.code === 'too_small'
    ? `is out of range: at least ${String(issue.minimum)}${of} are accepted`
    : issue.message;
}
