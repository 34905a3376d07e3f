import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../shared/report/html.ts';
import { renderComment, renderSummary } from '../../shared/report/markdown.ts';
import { displayWidth } from '../../shared/report/terminal-text.ts';
import { renderTerminal } from '../../shared/report/terminal.ts';
import { buildReport } from '../../shared/report/view.ts';
import { type Section, sectionSchema } from '../../shared/record/section.ts';
import { doubtfulEvaluation, richEvaluation } from './evaluation-fixtures.ts';
import * as fixtures from './fixtures.ts';
import { dispatchedTraining, reusedTraining } from './training-fixtures.ts';

const PIECES = [
  '<i>',
  '</i>',
  '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>',
  '</details>',
  '</pre>',
  '</code>',
  '<!-- trainyard:other -->',
  '-->',
  '&lt;',
  '&#60;',
  '![x](https://evil.example/p.png)',
  '[x](javascript:alert(1))',
  '[x]: https://evil.example',
  '@octocat',
  '@acme/team',
  'me@evil.example',
  '#1',
  'acme/digits#2',
  'GH-3',
  'https://evil.example/a',
  'HTTP://evil.example',
  'www.evil.example',
  'mailto:a',
  '|',
  '||',
  '\\|',
  '\\',
  '`',
  '```',
  '~~~',
  '\n',
  '\n\n# x',
  '\r\n> [!CAUTION]',
  '\n| a | b |',
  '\n---\n',
  '\t',
  '- x',
  '1. x',
  '**',
  '__',
  '_x_',
  '~~',
  '$x$',
  '$$',
  ':shipit:',
  ':tada:',
  '\u202e',
  '\u2066',
  '\u200b',
  '\ufeff',
  '\u0000',
  '\u001b[31m',
  '\u001b]8;;https://evil.example\u0007',
  '\u009b1m',
  '\u2028',
  '\ud800',
  '🚆',
  '数字',
  'e\u0301',
  'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
  '::error::x',
  '##[error]x',
  '[^1]',
  '"',
  "'",
  ' ',
  'word',
  ' and ',
  '%0A',
];

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Path = readonly (string | number)[];

/** The paths of all texts of a value. */
function textsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => textsOf(inner, [...path, key]));
}

/** A copy of a value with other texts at some paths. */
function withTexts(value: unknown, texts: ReadonlyMap<string, string>, path: Path = []): unknown {
  const found = texts.get(path.join('\u0000'));
  if (found !== undefined) return found;
  if (Array.isArray(value))
    return value.map((inner, index) => withTexts(inner, texts, [...path, String(index)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key,
      withTexts(inner, texts, [...path, key]),
    ]),
  );
}

/** The paths at which the schema accepts any text: all of them are hostile. */
function freeTexts(section: Section): string[] {
  return textsOf(section)
    .map((path) => path.join('\u0000'))
    .filter((path) => sectionSchema.safeParse(withTexts(section, new Map([[path, '<i>@x']]))).success);
}

const templates = [
  fixtures.failedData({ notices: ['x', 'y'] }),
  fixtures.failedTraining(),
  fixtures.trainingSection(),
  { ...dispatchedTraining(), subject: 'digits-gpu' },
  { ...reusedTraining(), subject: 'digits-reused', verdict: 'pending' as const, passed: false },
  fixtures.failedEvaluation(),
  richEvaluation(),
  { ...doubtfulEvaluation(), subject: 'credit-doubt' },
  fixtures.publicationSection(),
  fixtures.rolledBackDeployment(),
].map((section) => ({ section, paths: freeTexts(section) }));

function hostileRun(seed: number): Section[] {
  const next = random(seed);
  const text = (): string =>
    Array.from(
      { length: 1 + Math.floor(next() * 6) },
      () => PIECES[Math.floor(next() * PIECES.length)] ?? '',
    ).join('');
  return templates.map(({ section, paths }) =>
    sectionSchema.parse(withTexts(section, new Map(paths.map((path) => [path, text()])))),
  );
}

const SEEDS = Array.from({ length: 60 }, (_, index) => index + 1);
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const OURS =
  /<\/?(?:details|summary|b|code|sub)>|<br>|<details open>|<pre lang="diff">|<\/pre>|<span>.<\/span>/g;
const URL = 'https://github.com/acme/digits/actions/runs/7301';

/** A fence is ours alone, line by line: nothing of a section is in it but numbers and the letters of a name. */
const CHART_LINES =
  /^(?:%%\{init: \{"xyChart":\{[\w":,]*\},"themeVariables":\{"xyChart":\{"plotColorPalette":"[#\da-f, ]*"\}\}\}\}%%|xychart-beta| {2}title "[\p{L}\p{N}_ .-]+"| {2}x-axis "step" -?[\d.]+ --> -?[\d.]+| {2}y-axis -?[\d.]+ --> -?[\d.]+| {2}line \[(?:-?[\d.]+(?:, )?)+\])$/u;

function withoutCharts(markdown: string): string {
  return markdown.replaceAll(/^```mermaid\n([^]*?)\n```$/gm, (_, chart: string) => {
    for (const line of chart.split('\n')) expect(line).toMatch(CHART_LINES);
    return '';
  });
}

function checkMarkdown(whole: string): void {
  const markdown = withoutCharts(whole);
  expect(markdown).not.toMatch(INVISIBLE);
  expect(markdown).not.toMatch(CONTROL);
  expect(markdown.isWellFormed()).toBe(true);
  expect(markdown.replaceAll(OURS, '')).not.toContain('<');
  let depth = 0;
  for (const [tag] of markdown.matchAll(/<details|<\/details>/g)) {
    depth += tag === '<details' ? 1 : -1;
    expect(depth).toBeGreaterThanOrEqual(0);
  }
  expect(depth).toBe(0);

  // What follows is about text only: code is inert on GitHub.
  const shown = markdown.replaceAll(/<pre lang="diff">[^]*?<\/pre>/g, '').replaceAll(/`[^`\n]*`/g, '');
  expect(shown).not.toContain('`');
  expect(shown).not.toContain('![');
  expect(shown.replaceAll(`](${URL})`, '')).not.toContain('](');
  expect(shown.replaceAll(`](${URL})`, '')).not.toMatch(/:\/\/|www\.|mailto:/i);
  expect(shown.replaceAll('<span>@</span>', '')).not.toContain('@');
  expect(shown.replaceAll('<span>$</span>', '')).not.toContain('$');
  expect(shown.replaceAll(/&#\d+;/g, '')).not.toMatch(/#\d/);
  expect(shown).not.toMatch(/\bGH-\d|:(?:shipit|tada):/i);
  expect(shown).not.toMatch(/\b[0-9a-f]{40}\b/);

  const tables = markdown.split('\n\n').filter((part) => part.startsWith('| '));
  expect(tables.length).toBeGreaterThan(4);
  for (const table of tables) {
    const pipes = table.split('\n').map((line) => line.split('|').length);
    expect(new Set(pipes).size).toBe(1);
    for (const line of table.split('\n')) expect(line).toMatch(/^\| .* \|$/);
  }
}

describe('hostile text of sections', () => {
  it('is put into every text that the schema leaves free', () => {
    expect(templates.reduce((sum, { paths }) => sum + paths.length, 0)).toBeGreaterThan(150);
  });

  it.each(SEEDS)('makes nothing but text in Markdown (seed %d)', (seed) => {
    const report = buildReport(hostileRun(seed), { fullReportUrl: URL });
    checkMarkdown(renderComment(report, { maxCharacters: 65_000 }));
    checkMarkdown(renderSummary(report, { maxBytes: 1_000_000 }));
  });

  it.each(SEEDS.slice(0, 15))('makes nothing but text in HTML (seed %d)', async (seed) => {
    const html = await renderHtml(buildReport(hostileRun(seed)));
    const body = html.slice(html.indexOf('</head>'));
    expect(html).not.toMatch(INVISIBLE);
    expect(html).not.toMatch(CONTROL);
    const names = new Set(Array.from(body.matchAll(/<\/?([^\s>/]*)/g), ([, name]) => name));
    const known =
      'head body html main header footer section div span p h1 h2 h3 a ul ol li dl dt dd details summary table thead tbody tr th td code pre b i figure figcaption svg g path line text circle rect'.split(
        ' ',
      );
    expect([...names].filter((name) => !known.includes(name ?? ''))).toEqual([]);
    expect(body).not.toMatch(/<i>|href="(?!#)/);
    // Within quotes it is text, and the quotes hold: no tag has an attribute of another's making.
    const tags = Array.from(body.matchAll(/<[^>]*>/g), ([tag]) => tag.replaceAll(/="[^"]*"/g, ''));
    const attributes = new Set(tags.flatMap((tag) => tag.split(/[\s/>]+/).slice(1)));
    expect([...attributes].filter((name) => /^on|src|action|[^a-z0-9-]/i.test(name))).toEqual([]);
  });

  it.each(SEEDS)('makes nothing but text in a terminal (seed %d)', (seed) => {
    const columns = 40 + seed * 2;
    const text = renderTerminal(buildReport(hostileRun(seed)), { colour: false, columns });
    expect(text).not.toMatch(INVISIBLE);
    expect(text).not.toMatch(CONTROL);
    for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
  });
});
