import ignore from 'ignore';

/**
 * The owners of a file by a CODEOWNERS text: the last matching line counts, and one without owners means nobody.
 * Source: docs.github.com, "About code owners", CODEOWNERS syntax.
 */
export function codeOwnersOf(codeOwners: string, path: string): string[] {
  let owners: string[] = [];
  for (const raw of codeOwners.split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)#.*$/, '').trim();
    const [pattern, ...names] = line.split(/(?<!\\)\s+/);
    // Negation and character ranges are not part of the CODEOWNERS syntax.
    if (pattern === undefined || pattern === '' || /^!|\[/.test(pattern)) continue;
    if (ignore().add(pattern).ignores(path)) owners = names;
  }
  return owners;
}
