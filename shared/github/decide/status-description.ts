/** GitHub refuses a longer description (docs: "Create a commit status"). */
export const MAX_DESCRIPTION_CHARACTERS = 140;

/** One line that fits into a commit status: cut at a word, with an ellipsis. */
export function statusDescription(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= MAX_DESCRIPTION_CHARACTERS) return line;
  const kept = line.slice(0, MAX_DESCRIPTION_CHARACTERS - 1);
  const blank = kept.lastIndexOf(' ');
  // A cut inside a pair of surrogates would leave half a character.
  const cut =
    blank > MAX_DESCRIPTION_CHARACTERS / 2 ? kept.slice(0, blank) : kept.replace(/[\ud800-\udbff]$/, '');
  return `${cut}…`;
}
