import { cleanLine, clip } from './clean-text.ts';
import { escapeHtml } from './escape-html.ts';

/**
 * What has a meaning in CommonMark, in GitHub's tables or in HTML. As numeric references these characters are text
 * and never structure, in Markdown (CommonMark 0.31, section 2.5) and in the HTML around it alike.
 */
const STRUCTURE = /[&<>`*~[\]\\|]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

/**
 * GitHub makes links, mentions, issue references, emoji and formulas from the *rendered* text, so that references do
 * not stop it. An element of its own around the character that starts one does, and keeps the text as it was.
 */
const STARTS_A_LINK = new RegExp(
  [
    '@', // mentions, mail addresses, owner/name@sha
    '#(?=\\d)', // issues, owner/name#1
    '\\$', // formulas
    ':(?=//)', // addresses
    ':(?=(?:[-+]1|100|1234|[a-z0-9_+-]*[a-z][a-z0-9_+-]*):)', // emoji
    '(?<=mailto|xmpp):',
    '(?<=GH)-(?=\\d)', // issues
    '(?<=www)\\.', // addresses
    '(?<=(?<![0-9a-f])(?:[0-9a-f]{7})*[0-9a-f]{6})[0-9a-f]', // commits: never seven digits in a row
  ].join('|'),
  'gi',
);

/** A line that begins like this could be a list, a heading's underline or a thematic break. */
const LINE_START = /^(?:[-+=#](?=[-+=#\s]|$)|\d(?=\d*[.)](?:\s|$)))/;

function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}

/**
 * One line of foreign text for Markdown on GitHub: in a paragraph, a table's cell, a link's text or an HTML element
 * inside Markdown. It makes no link, image, mention, reference, HTML, emphasis or cell, and hides nothing.
 */
export function escapeMarkdown(text: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  const line = clip(cleanLine(text), maxCharacters);
  let escaped = '';
  let end = 0;
  for (const match of line.matchAll(STARTS_A_LINK)) {
    escaped += `${structural(line.slice(end, match.index))}<span>${match[0]}</span>`;
    end = match.index + match[0].length;
  }
  escaped += structural(line.slice(end));
  return escaped.replace(LINE_START, (start) => `${reference(start)}${start.slice(1)}`);
}

function structural(text: string): string {
  return text.replace(STRUCTURE, reference);
}

/** Inside a code span GitHub looks for nothing; only what could end the span, or be cut by a table, must not be in it. */
const PLAIN_CODE = /^[\w./:=,+%@#*~(){}?;-]+(?: [\w./:=,+%@#*~(){}?;-]+)*$/;

/** Foreign text as code. */
export function codeMarkdown(text: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  const line = clip(cleanLine(text), maxCharacters);
  if (line === '') return '';
  return PLAIN_CODE.test(line) ? `\`${line}\`` : `<code>${escapeMarkdown(line)}</code>`;
}

/** The target of a link that we make; undefined where it is no https address. */
export function linkTarget(url: string): string | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '') return undefined;
  return escapeHtml(parsed.href.replaceAll('(', '%28').replaceAll(')', '%29').replaceAll('|', '%7C'));
}
