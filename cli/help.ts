import type { ActionName } from '../shared/names.ts';
import type { ActionManual } from './suite.ts';

const INDENT = 6;

/** Folds text at blanks so that no line is longer than `columns`, with every line indented. */
function fold(text: string, columns: number, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && indent + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines.map((part) => `${' '.repeat(indent)}${part}`).join('\n');
}

/** An expression of GitHub's, which a terminal has nothing to fill with. */
export const isExpression = (text: string): boolean => text.includes('${{');

/** The text of `trainyard <action> --help`. */
export function actionHelp(name: ActionName, manual: ActionManual, columns: number): string {
  const inputs = Object.entries(manual.inputs).map(([input, { description, required, default: value }]) => {
    const known = isExpression(value) ? '' : value;
    const remark = required
      ? '  (required)'
      : known === ''
        ? ''
        : `  (default: ${known.trim().split('\n').join(', ')})`;
    return `  --${input}${remark}\n${fold(description, columns, INDENT)}`;
  });
  return `\
${fold(manual.description, columns, 0)}

Usage: trainyard ${name} --<input> <value> …

${inputs.join('\n')}

A flag that is repeated becomes a list. Paths are relative to --working-directory.
Exit code: 0 pass, 1 fail, 2 used wrongly, 3 inconclusive, 4 could not be measured.
`;
}

/** The text of `trainyard <command> --help` of a command that is no action. */
export function commandHelp(
  { name, usage, summary }: { readonly name: string; readonly usage: string; readonly summary: string },
  columns: number,
): string {
  return `${fold(summary, columns, 0)}\n\nUsage: trainyard ${name} ${usage}\n`;
}

/** The text of `trainyard --help`. */
export function generalHelp(
  version: string,
  actions: readonly (readonly [string, string])[],
  commands: readonly (readonly [string, string])[],
  columns: number,
): string {
  const rows = (entries: readonly (readonly [string, string])[]): string =>
    entries.map(([name, text]) => `  ${name}\n${fold(text, columns, INDENT)}`).join('\n');
  return `\
trainyard ${version}: the same actions as on GitHub, in a terminal.

Usage: trainyard <action> --<input> <value> …

Actions, in the order in which a model passes them:
${rows(actions)}

Other commands:
${rows(commands)}

"trainyard <action> --help" lists its inputs. The record lies in .trainyard/ of the working directory.
`;
}
