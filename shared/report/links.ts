import type { Cell } from './block.ts';
import { text } from './block.ts';

/** Makes a cell that leads to a page where the page may be linked to; else it is plain text. */
export type Linker = (words: string, url: string | null) => Cell;

export const NO_LINKS: Linker = (words) => text(words);

/**
 * Links only to pages of the repository that the report is for: addresses of a record are from outside, and a link
 * of ours in a comment would be believed.
 */
export function linkerOf(repositoryUrl: string | null): Linker {
  if (repositoryUrl === null) return NO_LINKS;
  return (words, url) => {
    const page = url !== null && URL.canParse(url) ? new URL(url).href : undefined;
    return page?.startsWith(`${repositoryUrl}/`) === true ? { text: words, url: page } : text(words);
  };
}

/** `https://<host>/<owner>/<name>` of a page of a repository; null for any other address. */
export function repositoryOf(url: string | null): string | null {
  const [repository] = /^https:\/\/[^/@?#]+\/[^/?#]+\/[^/?#]+(?=\/)/.exec(url ?? '') ?? [];
  return repository ?? null;
}
