import { cleanLine, cleanLines } from './clean-text.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function entities(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}

/** One line of text for an element or a quoted attribute of HTML. */
export function escapeHtml(text: string): string {
  return entities(cleanLine(text));
}

/** Text of several lines for a `pre` element. */
export function escapeHtmlLines(text: string): string {
  return cleanLines(text).map(entities).join('\n');
}
