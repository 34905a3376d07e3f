import { codeMarkdown, escapeMarkdown, linkTarget } from '../../../../shared/report/escape-markdown.ts';
import { formatBytes, formatNumber } from '../../../../shared/report/format.ts';
import type { SectionOf } from '../../../../shared/record/section.ts';
import type { ModelRecord } from './admission.ts';
import { limitationsOf } from './card-limitations.ts';
import { writeFrontMatter } from './card-metadata.ts';

export interface CardOptions {
  readonly record: ModelRecord;
  /** `https://github.com`; null in a terminal. */
  readonly serverUrl: string | null;
  readonly gateRequired: boolean;
  /** The user's own Markdown, appended as it is. */
  readonly appendix: string | undefined;
}

/** Foreign text never fills a card. */
const MAX_TEXT = 500;

const text = (value: string): string => escapeMarkdown(value, MAX_TEXT);
const code = (value: string): string => codeMarkdown(value, MAX_TEXT);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function link(label: string, url: string | null): string {
  const target = url === null ? undefined : linkTarget(url);
  return target === undefined ? label : `[${label}](${target})`;
}

function origin({ record: { training }, serverUrl }: CardOptions): string {
  const { commit, run } = training;
  const { repository, headSha } = commit;
  const commitUrl =
    serverUrl === null || repository === null || headSha === null
      ? null
      : `${serverUrl}/${repository}/commit/${headSha}`;
  const at = headSha === null ? 'an unknown commit' : `commit ${link(code(headSha.slice(0, 12)), commitUrl)}`;
  const where = repository === null ? '' : ` of ${text(repository)}`;
  const dirty = commit.dirty ? ', with changes that are not committed' : '';
  const by = run.url === null ? 'in a terminal' : `in ${link(`run ${text(run.id)}`, run.url)}`;
  return `Trained at ${at}${where}${dirty}, ${by}. This card was written by Trainyard from the record of that run.`;
}

function evaluation(section: SectionOf<'evaluation'> | undefined): string[] {
  if (section?.body === undefined || section.body === null) return ['No gate has judged this model.'];
  const { body } = section;
  const parts = [text(section.summary)];
  if (body.metrics.length > 0) {
    parts.push(
      table(
        ['Metric', 'Value', 'Baseline', 'n'],
        body.metrics.map(({ name, value, baseline, n }) => [
          text(name),
          formatNumber(value),
          baseline === null ? '–' : formatNumber(baseline),
          n === null ? '–' : formatNumber(n),
        ]),
      ),
    );
  }
  if (body.rules.length > 0) {
    parts.push(
      table(
        ['Rule', 'Metric', 'Slice', 'Threshold', 'Result'],
        body.rules.map(({ id, metric, slice, threshold, result }) => [
          text(id),
          text(metric),
          slice === null ? 'all rows' : text(slice),
          text(threshold),
          result,
        ]),
      ),
    );
  }
  if (body.baseline !== null) parts.push(`Compared with ${text(body.baseline.what)}.`);
  return parts;
}

function data({ training, data: sections }: ModelRecord): string[] {
  const fingerprint = training.body?.dataFingerprint ?? null;
  const parts = fingerprint === null ? [] : [`Data fingerprint: ${code(fingerprint)}`];
  for (const { subject, verdict, body } of sections) {
    const contract = body?.contract ?? null;
    const under =
      contract === null
        ? 'without a contract'
        : `under the contract ${text(contract.id)} ${text(contract.version)}`;
    parts.push(`Dataset ${text(subject)}, checked ${under}: ${verdict}.`);
    if (body !== null && body.sources.length > 0) {
      parts.push(
        table(
          ['Split', 'File', 'Rows', 'Columns', 'SHA-256'],
          body.sources.map(({ split, uri, rows, columns, sha256 }) => [
            text(split),
            text(uri),
            rows === null ? '–' : formatNumber(rows),
            columns === null ? '–' : formatNumber(columns),
            code(sha256.slice(0, 12)),
          ]),
        ),
      );
    }
  }
  return parts.length === 0 ? ['The record says nothing about the data.'] : parts;
}

function training({ body }: SectionOf<'training'>): string[] {
  if (body === null) return [];
  const { environment, hardware, seed } = body;
  const interpreter =
    environment.interpreter === null
      ? []
      : [`${environment.interpreter.name} ${environment.interpreter.version}`];
  const facts: [string, string][] = [
    ['Engine', text(body.engine)],
    ['Command', code(body.command.join(' '))],
    ['Seed', seed === null ? 'not declared' : String(seed)],
    ['Environment', text([environment.os, ...interpreter].join(', '))],
    ['Hardware', text([`${hardware.cpus} CPUs`, ...hardware.gpus.map(({ name }) => name)].join(', '))],
    ...Object.entries(body.parameters).map(([name, value]): [string, string] => [
      `Parameter ${text(name)}`,
      code(String(value)),
    ]),
    ...Object.entries(body.metrics).map(([name, value]): [string, string] => [
      `Metric ${text(name)}, by the training`,
      formatNumber(value),
    ]),
  ];
  return [table(['Fact', 'Value'], facts)];
}

function files({ body }: SectionOf<'training'>): string[] {
  const model = (body?.files ?? []).filter(({ role }) => role === 'model');
  return [
    table(
      ['File', 'Size', 'SHA-256'],
      model.map(({ path, bytes, sha256 }) => [text(path), formatBytes(bytes), code(sha256)]),
    ),
    `Model digest: ${code(body?.modelDigest ?? 'none')}`,
  ];
}

/** The model card: Markdown with Hugging Face metadata, all of it from the record. */
export function writeCard(options: CardOptions): string {
  const { record } = options;
  const chapters: [string, string[]][] = [
    ['Evaluation', evaluation(record.evaluation)],
    ['Data', data(record)],
    ['Training', training(record.training)],
    ['Limitations', limitationsOf(record, options.gateRequired).map((one) => `- ${text(one)}`)],
    ['Files', files(record.training)],
  ];
  const body = chapters.map(
    ([title, parts]) => `## ${title}\n\n${parts.join(title === 'Limitations' ? '\n' : '\n\n')}`,
  );
  const appendix = options.appendix === undefined ? [] : [options.appendix.trim()];
  return `${writeFrontMatter(record)}\n# ${text(record.training.subject)}\n\n${[origin(options), ...body, ...appendix].join('\n\n')}\n`;
}
