import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { containedPath } from '../../shared/action/contained-path.ts';
import { UsageError } from '../../shared/errors.ts';
import type { Section } from '../../shared/record/section.ts';
import { renderHtml } from '../../shared/report/html.ts';
import { renderComment } from '../../shared/report/markdown.ts';
import { buildReport } from '../../shared/report/view.ts';
import { parseFlags } from '../flags.ts';
import { openRecord } from '../record.ts';

/** GitHub refuses a longer comment with 422 (facts: 65,536); the same room is left as on a pull request. */
const MAX_COMMENT_CHARACTERS = 65_000;

/** The sections of one model, with those of the dataset that it was made from; all of them where none is named. */
export function sectionsOf(sections: readonly Section[], model: string | undefined): Section[] {
  if (model === undefined) return [...sections];
  const own = sections.filter(({ kind, subject }) => kind !== 'data' && subject === model);
  const datasets = new Set(own.map(({ dataset }) => dataset));
  // A section that does not say its dataset was made where there was only one.
  const data = sections.filter(
    ({ kind, subject }) =>
      kind === 'data' && (datasets.has(subject) || [...datasets].every((name) => name === null)),
  );
  return own.length === 0 ? [] : [...data, ...own];
}

/** `trainyard report`: renders the record on disk as report.html, or as the comment of a pull request. */
export async function runReport(args: readonly string[]): Promise<number> {
  const flags = parseFlags(
    args,
    [
      { name: 'model', boolean: false },
      { name: 'working-directory', boolean: false },
      { name: 'output', boolean: false },
      { name: 'comment', boolean: true },
    ],
    'trainyard report',
  );
  const signal = new AbortController().signal;
  const { store, workspace, workingDirectory } = await openRecord(flags.get('working-directory'), signal);
  const model = flags.get('model');
  const sections = sectionsOf(await store.list(signal), model);
  if (sections.length === 0) {
    const whose = model === undefined ? '' : ` of the model "${model}"`;
    throw new UsageError(`${workingDirectory} has no record${whose} of this commit.`, {
      remedy: 'Run an action first, as in: trainyard validate-data --dataset <name> --data <files>.',
    });
  }
  const report = buildReport(sections, {});
  if (flags.get('comment') === 'true') {
    process.stdout.write(`${renderComment(report, { maxCharacters: MAX_COMMENT_CHARACTERS })}\n`);
    return 0;
  }
  const output = containedPath(
    workspace,
    workingDirectory,
    flags.get('output') ?? 'report.html',
    'Flag --output',
  );
  await writeFile(output, await renderHtml(report));
  process.stdout.write(`${resolve(output)}\n`);
  return 0;
}
