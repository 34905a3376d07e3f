/**
 * Makes text safe for the runner's log: no line of it can be taken for a workflow command. The runner obeys a line
 * that begins with `::` after white space, and the older form `##[` anywhere in it
 * (actions/runner, ActionCommand.cs); a zero-width-free visible change keeps the log honest.
 */
export function inert(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '## ['))
    .join('\n');
}
