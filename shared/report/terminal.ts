import { styleText } from 'node:util';
import type { Callout } from './callouts.ts';
import { MARKS, type Tone } from './marks.ts';
import type { SectionView } from './section-view.ts';
import { factLines, paragraph, type Screen, terminalBlock, terminalCell } from './terminal-blocks.ts';
import { terminalTable } from './terminal-table.ts';
import { displayWidth } from './terminal-text.ts';
import type { Track } from './tracks.ts';
import type { Report } from './view.ts';

const COLOURS: Readonly<Record<Tone, Parameters<typeof styleText>[0] | undefined>> = {
  good: 'green',
  bad: 'red',
  doubt: 'yellow',
  busy: 'blue',
  muted: 'dim',
  plain: undefined,
};

/** Narrower screens than this are treated as this wide. */
const MIN_COLUMNS = 24;

/** The report for a terminal, without a line break at its end; without colour it holds no control character. */
export function renderTerminal(
  report: Report,
  options: { readonly colour: boolean; readonly columns: number },
): string {
  const screen = screenOf(options.colour, Math.max(MIN_COLUMNS, options.columns));
  const { sign, tone } = MARKS[report.verdict];
  const origin = report.origin.map(({ label, value }) => `${label} ${value.text}`).join(' · ');
  return [
    ...paragraph(`${sign} ${report.title}: ${report.headline}`, screen).map((line) =>
      screen.bold(screen.paint(tone, line)),
    ),
    ...paragraph(report.sentence, screen),
    '',
    ...report.callouts.flatMap((shown) => [...callout(shown, screen), '']),
    ...report.notices.flatMap((notice) =>
      paragraph(notice, screen, '▲ ').map((line) => screen.paint('doubt', line)),
    ),
    ...(report.notices.length === 0 ? [] : ['']),
    ...report.tracks.flatMap((shown) => [...track(shown, screen), '']),
    ...report.sections.flatMap((shown) => section(shown, screen)),
    ...(origin === '' ? [] : paragraph(origin, screen).map((line) => screen.dim(line))),
    ...(report.fullReportUrl === null ? [] : paragraph(`Whole report: ${report.fullReportUrl}`, screen)),
  ]
    .join('\n')
    .trimEnd();
}

function screenOf(colour: boolean, columns: number): Screen {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  return {
    columns,
    paint(tone, text) {
      const format = COLOURS[tone];
      return format === undefined ? text : style(format, text);
    },
    bold: (text) => style('bold', text),
    dim: (text) => style('dim', text),
  };
}

function callout(shown: Callout, screen: Screen): string[] {
  const facts = [
    ['At fault', shown.owner],
    ['What to do', shown.remedy],
    ['Contact', shown.contact],
  ] as const;
  const inner = { ...screen, columns: screen.columns - 2 };
  const lines = [
    ...paragraph(`${shown.heading}.`, inner).map((line) => screen.bold(line)),
    ...paragraph(shown.message, inner),
    ...factLines(
      facts.flatMap(([label, value]) =>
        value === null ? [] : [[label, terminalCell({ text: value }, inner)] as const],
      ),
      inner,
    ),
  ];
  return lines.map((line) => `${screen.paint(shown.tone, '┃')} ${line}`);
}

function track(shown: Track, screen: Screen): string[] {
  const sections = shown.stages.flatMap((stage) => stage.sections.map((each) => ({ stage, each })));
  const costs = sections.some(({ each }) => each.cost !== null);
  const plain = (text: string) => terminalCell({ text }, screen);
  return [
    ...paragraph(`${shown.isModel ? 'Model' : 'Dataset'} ${shown.subject}`, screen).map((line) =>
      screen.bold(line),
    ),
    ...terminalTable(
      [
        { header: 'Stage', numeric: false },
        { header: 'Verdict', numeric: false },
        { header: 'Duration', numeric: true },
        ...(costs ? [{ header: 'Cost', numeric: true }] : []),
        { header: 'Summary', numeric: false },
      ],
      sections.map(({ stage, each }) => [
        plain(stage.sections.length > 1 ? `${stage.name} (${each.key})` : stage.name),
        terminalCell({ text: MARKS[each.verdict].word, mark: each.verdict }, screen),
        plain(each.duration),
        ...(costs ? [plain(each.cost ?? '–')] : []),
        plain(each.summary),
      ]),
      screen.columns,
      (text) => screen.dim(text),
    ),
  ];
}

function section(shown: SectionView, screen: Screen): string[] {
  const { sign, word, tone } = MARKS[shown.verdict];
  const title = `${shown.stage} of ${shown.subject}`;
  const ending = `${sign} ${word}`;
  const rule = '─'.repeat(Math.max(1, screen.columns - displayWidth(`── ${title}  ${ending}`) - 1));
  const line = `── ${title} ${rule} ${ending}`;
  const heading =
    displayWidth(line) <= screen.columns
      ? [`${screen.dim('──')} ${screen.bold(title)} ${screen.dim(rule)} ${screen.paint(tone, ending)}`]
      : [...paragraph(title, screen).map((part) => screen.bold(part)), screen.paint(tone, ending)];
  return [...heading, ...shown.blocks.flatMap((block) => terminalBlock(block, screen))];
}
