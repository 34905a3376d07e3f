import { KINDS } from '../names.ts';
import type { Callout } from './callouts.ts';
import { escapeMarkdown, linkTarget } from './escape-markdown.ts';
import { type Fitted, fit, fitLines, type Part } from './fit.ts';
import { formatNumber, listed } from './format.ts';
import { isFolded, markdownBlock, markdownCell, type MarkdownLimits, rows } from './markdown-blocks.ts';
import { isBroken, MARKS, STAGES } from './marks.ts';
import type { SectionView } from './section-view.ts';
import type { Stage, Track } from './tracks.ts';
import type { Report } from './view.ts';

const COMMENT: MarkdownLimits = { rows: 50, cellCharacters: 300, diffLines: 200, charts: 4 };
const SUMMARY: MarkdownLimits = { rows: 1_000, cellCharacters: 1_000, diffLines: 2_000, charts: 8 };
/** How a section is shown for which there is no room otherwise: a gate may have hundreds of rules on many slices. */
const SHORTER: readonly MarkdownLimits[] = [
  { rows: 15, cellCharacters: 200, diffLines: 20, charts: 0 },
  { rows: 6, cellCharacters: 120, diffLines: 0, charts: 0, unfoldedOnly: true },
];

/** Callouts and notices shown one by one; a matrix of hundreds that all fail needs no more to be understood. */
const MAX_CALLOUTS = 6;
const MAX_NOTICES = 10;
/** Left-out sections named one by one. */
const MAX_NAMED = 12;
/** Room for the sentence that names what was left out, and for its link. */
const RESERVED = 2_000;

/** The report as a comment on GitHub, at most so many characters (UTF-16 units, never fewer than GitHub counts). */
export function renderComment(report: Report, limits: { readonly maxCharacters: number }): string {
  return render(report, COMMENT, limits.maxCharacters, (text) => text.length);
}

/** The report as a job summary, at most so many bytes in UTF-8. */
export function renderSummary(report: Report, limits: { readonly maxBytes: number }): string {
  const encoder = new TextEncoder();
  return render(report, SUMMARY, limits.maxBytes, (text) => encoder.encode(text).byteLength);
}

function render(
  report: Report,
  limits: MarkdownLimits,
  budget: number,
  sizeOf: (text: string) => number,
): string {
  const head = fitLines(headOf(report, limits), Math.max(0, budget - RESERVED), sizeOf);
  const foot = footOf(report);
  const parts = partsOf(report, limits).map((part) => ({
    ...part,
    text: `\n\n${part.text}`,
    shorter: part.shorter?.map((text) => `\n\n${text}`) ?? [],
  }));
  const room = budget - sizeOf(head) - sizeOf(foot);
  const all = fit(parts, room, sizeOf);
  const fitted = all.leftOut.length === 0 ? all : fit(parts, room - RESERVED, sizeOf);
  const whole = `${head}${fitted.parts.map((part) => part.text).join('')}${leftOutText(fitted, report)}${foot}`;
  return fitLines(whole, budget, sizeOf);
}

function headOf(report: Report, limits: MarkdownLimits): string {
  const { emoji } = MARKS[report.verdict];
  return [
    `## ${emoji} ${escapeMarkdown(report.title, 200)}: ${escapeMarkdown(report.headline)}`,
    escapeMarkdown(report.sentence, 1_000),
    ...report.callouts.slice(0, MAX_CALLOUTS).map(callout),
    ...more(report.callouts.length - MAX_CALLOUTS, 'more sections fail; the table names them.'),
    ...notices(report, limits),
    ...(report.tracks.length > 1 ? [overview(report.tracks, limits)] : []),
  ].join('\n\n');
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`… and ${formatNumber(count)} ${what}`] : [];
}

function callout(shown: Callout): string {
  const lines = [
    `**${escapeMarkdown(shown.heading)}.** ${escapeMarkdown(shown.message, 1_500)}`,
    [
      ...(shown.owner === null ? [] : [`**At fault:** ${shown.owner}`]),
      ...(shown.contact === null ? [] : [`**Contact:** ${escapeMarkdown(shown.contact, 200)}`]),
    ].join(' · '),
    ...(shown.remedy === null ? [] : [`**What to do:** ${escapeMarkdown(shown.remedy, 1_000)}`]),
  ].filter((line) => line !== '');
  return alert(shown.tone === 'bad' ? 'CAUTION' : 'WARNING', lines);
}

function alert(kind: string, lines: readonly string[]): string {
  return [`> [!${kind}]`, lines.map((line) => `> ${line}`).join('\n>\n')].join('\n');
}

function notices(report: Report, limits: MarkdownLimits): string[] {
  const shown = report.notices
    .slice(0, MAX_NOTICES)
    .map((notice) => `- ${escapeMarkdown(notice, limits.cellCharacters * 2)}`);
  if (shown.length === 0) return [];
  const items = [...shown, ...more(report.notices.length - MAX_NOTICES, 'more notices.')];
  return [`> [!NOTE]\n${items.map((item) => `> ${item}`).join('\n')}`];
}

/** The models as rows and the stages as columns: for a matrix. */
function overview(tracks: readonly Track[], limits: MarkdownLimits): string {
  return rows(
    [
      { header: 'Model' },
      ...KINDS.map((kind) => ({ header: STAGES[kind] })),
      { header: 'Duration', numeric: true },
    ],
    tracks.map((track) => [
      `${MARKS[track.verdict].emoji} **${escapeMarkdown(track.subject)}**${track.isModel ? '' : ' (dataset)'}`,
      ...KINDS.map((kind) => stageCell(track.stages.find((stage) => stage.kind === kind))),
      escapeMarkdown(track.duration),
    ]),
    limits,
  );
}

function stageCell(stage: Stage | undefined): string {
  if (stage === undefined || stage.verdict === null) return '·';
  return `${MARKS[stage.verdict].emoji} ${MARKS[stage.verdict].word}`;
}

function stages(track: Track, limits: MarkdownLimits): string {
  const sections = track.stages.flatMap((stage) => stage.sections.map((section) => ({ stage, section })));
  const costs = sections.some(({ section }) => section.cost !== null);
  const table = rows(
    [
      { header: 'Stage' },
      { header: 'Verdict' },
      { header: 'Summary' },
      { header: 'Duration', numeric: true },
      ...(costs ? [{ header: 'Cost', numeric: true }] : []),
    ],
    sections.map(({ stage, section }) => [
      `**${stage.name}**${stage.sections.length > 1 ? ` (${markdownCell({ text: section.key, code: true }, limits)})` : ''}`,
      `${MARKS[section.verdict].emoji} ${MARKS[section.verdict].word}`,
      escapeMarkdown(section.summary, limits.cellCharacters),
      escapeMarkdown(section.duration),
      ...(costs ? [escapeMarkdown(section.cost ?? '–')] : []),
    ]),
    limits,
  );
  return `### ${track.isModel ? 'Model' : 'Dataset'} ${escapeMarkdown(track.subject)}\n\n${table}`;
}

/** What is left out first when there is too little room: what passed, and of that the end of the line. */
const KIND_RANK: Readonly<Record<SectionView['kind'], number>> = {
  evaluation: 0,
  data: 1,
  training: 2,
  deployment: 3,
  publication: 4,
};
const VERDICT_RANK: Readonly<Record<SectionView['verdict'], number>> = {
  error: 1,
  fail: 1,
  inconclusive: 2,
  pending: 3,
  pass: 3,
  skipped: 4,
};

function partsOf(report: Report, limits: MarkdownLimits): Part[] {
  const shown = new Set<SectionView>();
  return report.tracks.flatMap((track) => [
    { text: stages(track, limits), name: `the stages of ${track.subject}`, rank: 0 },
    ...track.stages
      .flatMap((stage) => stage.sections)
      .filter((section) => !shown.has(section))
      .map((section) => {
        shown.add(section);
        return {
          text: details(section, limits),
          // What does not pass, and what the gate says, is worth to be shown in part where it does not fit.
          shorter:
            section.kind === 'evaluation' || isBroken(section.verdict)
              ? SHORTER.map((shorter) => details(section, shorter))
              : [],
          name: `${section.stage} of ${section.subject}`,
          rank: 10 * VERDICT_RANK[section.verdict] + KIND_RANK[section.kind],
        };
      }),
  ]);
}

function details(section: SectionView, limits: MarkdownLimits): string {
  const open = isBroken(section.verdict) || section.verdict === 'pending' ? ' open' : '';
  const { emoji, word } = MARKS[section.verdict];
  const shown = section.blocks.filter((block) => limits.unfoldedOnly !== true || !isFolded(block));
  return [
    `<details${open}><summary>${emoji} <b>${escapeMarkdown(section.stage)} of ${escapeMarkdown(section.subject)}</b>: ${word}</summary>`,
    ...shown.map((block) => markdownBlock(block, limits)),
    ...(shown.length < section.blocks.length ? ['What is folded is left out here for length.'] : []),
    '</details>',
  ].join('\n\n');
}

function leftOutText({ leftOut }: Fitted, report: Report): string {
  if (leftOut.length === 0) return '';
  const names = leftOut.slice(0, MAX_NAMED).map((part) => escapeMarkdown(part.name, 100));
  if (leftOut.length > MAX_NAMED) names.push(`${formatNumber(leftOut.length - MAX_NAMED)} more`);
  return `\n\n> [!IMPORTANT]\n> Left out here for length: ${listed(names)}. ${wholeReport(report)}`;
}

function wholeReport(report: Report): string {
  const target = report.fullReportUrl === null ? undefined : linkTarget(report.fullReportUrl);
  return target === undefined
    ? 'report.html holds everything.'
    : `[The whole report](${target}) holds everything.`;
}

function footOf(report: Report): string {
  const origin = report.origin.map(
    ({ label, value }) => `${escapeMarkdown(label)} ${markdownCell(value, COMMENT)}`,
  );
  const target = report.fullReportUrl === null ? undefined : linkTarget(report.fullReportUrl);
  const parts = [...origin, ...(target === undefined ? [] : [`[whole report](${target})`])];
  return parts.length === 0 ? '\n' : `\n\n<sub>${parts.join(' · ')}</sub>\n`;
}
