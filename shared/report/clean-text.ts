/** ANSI escape sequences: CSI, OSC with its terminator, and two-character escapes (ECMA-48). */
const ANSI =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -~]?/g;
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
/**
 * What is invisible or turns the reading order, so that text could look like what it is not: soft hyphen, zero-width
 * characters, bidirectional marks, embeddings and isolates, invisible operators, fillers, the byte order mark,
 * interlinear marks and tag characters (Unicode, UTS 39 and UAX 9).
 */
const INVISIBLE =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

/** One line of visible text: without escape sequences, control, invisible and reordering characters. */
export function cleanLine(text: string): string {
  return strip(text.replace(ANSI, '').replace(BREAKS, ' ')).trim();
}

/** As `cleanLine`, for text of several lines, whose breaks and tabs are kept. */
export function cleanLines(text: string): string[] {
  return text
    .replace(ANSI, '')
    .split(/\r\n|[\n\v\f\r\u0085\u2028\u2029]/)
    .map((line) => strip(line.replaceAll('\t', '    ')).trimEnd());
}

function strip(text: string): string {
  return text.replace(CONTROL, '').replace(INVISIBLE, '').toWellFormed();
}

/** Cuts after so many characters (not UTF-16 units), and shows by an ellipsis that it did. */
export function clip(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const characters = Array.from(text);
  if (characters.length <= maxCharacters) return text;
  return `${characters.slice(0, maxCharacters - 1).join('')}…`;
}
