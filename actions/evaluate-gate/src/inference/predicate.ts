import type { DataEngine } from '../../../../shared/data/engine.ts';
import { messageOf, UsageError } from '../../../../shared/errors.ts';

type Predicate = Readonly<{ name: string; line: number; predicate: string }>;

/** Texts and quoted names, whose content is no SQL. A doubled quote begins the next literal, which comes to the same. */
const LITERAL = /'[^']*'|"[^"]*"/g;
/** What could end the expression or hide its end. */
const FORBIDDEN = /;|--|\/\*|\*\/|\$|['"]/;

/** A text with backslash escapes ends elsewhere than LITERAL thinks. */
const ESCAPED = /(?:^|\W)e'/i;

/** True where a text can be put in parentheses and stays one expression: it closes nothing that it did not open. */
export function isOneExpression(sql: string): boolean {
  if (ESCAPED.test(sql)) return false;
  const bare = sql.replaceAll(LITERAL, '0');
  if (FORBIDDEN.test(bare)) return false;
  let depth = 0;
  for (const character of bare) {
    if (character === '(' || character === '[' || character === '{') depth += 1;
    if (character === ')' || character === ']' || character === '}') depth -= 1;
    if (depth < 0 || (depth === 0 && character === ',')) return false;
  }
  return depth === 0;
}

/** Refuses a predicate that is not one boolean expression over single rows of the candidate's file. */
export async function checkPredicate(
  { name, line, predicate }: Predicate,
  { engine, gatePath, signal }: { engine: DataEngine; gatePath: string; signal: AbortSignal },
): Promise<void> {
  const refuse = (why: string, cause?: unknown): UsageError =>
    new UsageError(`${gatePath}:${line}: "where" of slice ${name} ${why}.`, {
      where: { file: gatePath, line },
      remedy:
        'Write one SQL expression over the columns of the predictions that is true or false, such as "age >= 65".',
      cause,
    });
  if (!isOneExpression(predicate)) throw refuse('is not one SQL expression');
  // Asked of every row: a cast that fails on the last one is the predicate's mistake too.
  const sql = `SELECT any_value(typeof(v)) AS type, count(v) AS told
    FROM (SELECT (${predicate}) AS v FROM candidate WHERE (${predicate}) OR TRUE)`;
  try {
    const rows = (await engine.run([{ name: `slice ${name}`, sql }], signal)).get(`slice ${name}`);
    const type = String(rows?.[0]?.['type']);
    if (type !== 'BOOLEAN') throw refuse(`is of type ${type}, not BOOLEAN`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    signal.throwIfAborted();
    throw refuse(`cannot be asked: ${messageOf(error).replace(/\.$/, '')}`, error);
  }
}
