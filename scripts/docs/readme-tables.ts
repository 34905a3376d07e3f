import type { ActionFile } from './action-file.ts';

const cell = (text: string): string =>
  text
    .trim()
    .replaceAll('|', '\\|')
    .replaceAll(/\s*\n\s*/g, ' ');
const code = (text: string): string => `\`${cell(text)}\``;

function inputsTable({ inputs }: ActionFile): string {
  const rows = Object.entries(inputs).map(([name, input]) => {
    const value = input.default === undefined || input.default === '' ? '' : code(input.default);
    return `| ${code(name)} | ${cell(input.description)} | ${input.required === true ? 'yes' : ''} | ${value} |`;
  });
  return ['| Input | Description | Required | Default |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function outputsTable({ outputs }: ActionFile): string {
  const rows = Object.entries(outputs).map(
    ([name, { description }]) => `| ${code(name)} | ${cell(description)} |`,
  );
  return ['| Output | Description |', '| --- | --- |', ...rows].join('\n');
}

function between(text: string, section: string, content: string, label: string): string {
  const [begin, end] = [`<!-- ${section}:begin -->`, `<!-- ${section}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from || text.includes(begin, from + 1) || text.includes(end, to + 1)) {
    throw new Error(`${label} needs the markers "${begin}" and "${end}", once each and in this order.`);
  }
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}

/** A README whose tables say what the action.yml says. A missing marker is an error: nothing is guessed. */
export function withTables(readme: string, action: ActionFile, label: string): string {
  const inputs = between(readme, 'inputs', inputsTable(action), label);
  return between(inputs, 'outputs', outputsTable(action), label);
}
