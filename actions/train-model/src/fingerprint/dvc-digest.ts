import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** The MD5 of a file's bytes, by which DVC knows it. Older pointers of text with CR LF hash other bytes: not equal. */
export async function md5Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash, { signal });
  return hash.digest('hex');
}

/** Python's `json.dumps` escapes all that is not ASCII. */
function pythonText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * DVC's digest of a folder: the MD5 of the JSON list of its files, sorted by their relative paths, as its cache
 * stores it under `<md5>.dir` (dvc-data, hashfile/tree.py).
 */
export async function folderMd5Of(
  folder: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const entries: { path: string; md5: string }[] = [];
  for (const file of files) {
    entries.push({ path: relative(folder, file).split(sep).join('/'), md5: await md5Of(file, signal) });
  }
  // Python orders by code point, which is the order of the bytes of UTF-8.
  entries.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const list = entries.map(({ path, md5 }) => `{"md5": "${md5}", "relpath": ${pythonText(path)}}`);
  return `${createHash('md5')
    .update(`[${list.join(', ')}]`)
    .digest('hex')}.dir`;
}
