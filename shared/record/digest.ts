import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import canonicalize from 'canonicalize';
import type { FileReference } from './common.ts';
import { HashingStream } from './hashing-stream.ts';

/** Size and digest of one file's bytes. */
export interface HashedBytes {
  readonly bytes: number;
  readonly sha256: string;
}

/** SHA-256 in hex of the canonical JSON of a value (RFC 8785). Throws on what JSON cannot hold, such as NaN. */
export function canonicalDigest(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('Only a value that JSON can hold has a canonical digest.');
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Orders by code unit, as RFC 8785 orders keys: the same on every machine, whatever its locale. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The model digest: that of `[{path, bytes, sha256}]` over the files of role model, sorted by path.
 * Null where there is no such file.
 */
export function modelDigest(
  files: readonly Pick<FileReference, 'path' | 'role' | 'bytes' | 'sha256'>[],
): string | null {
  const model = files
    .filter((file) => file.role === 'model')
    .map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }))
    .sort((a, b) => byCodeUnit(a.path, b.path));
  return model.length === 0 ? null : canonicalDigest(model);
}

/** One data file, as the data fingerprint knows it. */
export interface FingerprintedSource extends HashedBytes {
  readonly split: string;
  readonly path: string;
}

/** The data fingerprint: the digest of `[{split, path, bytes, sha256}]`, sorted by split, then path. */
export function dataFingerprint(sources: readonly FingerprintedSource[]): string {
  return canonicalDigest(
    sources
      .map(({ split, path, bytes, sha256 }) => ({ split, path, bytes, sha256 }))
      .sort((a, b) => byCodeUnit(a.split, b.split) || byCodeUnit(a.path, b.path)),
  );
}

/** The code fingerprint: git's hash of each declared path's tree or blob, and the digest of what is not committed. */
export function codeFingerprint(
  treeHashes: Readonly<Record<string, string>>,
  patchDigest: string | null,
): string {
  return canonicalDigest({ trees: treeHashes, patch: patchDigest });
}

/** Size and SHA-256 of a file or of a part of it, read as a stream. `end` is exclusive, and both count bytes. */
export async function hashFile(
  path: string,
  signal: AbortSignal,
  range?: { readonly start: number; readonly end: number },
): Promise<HashedBytes> {
  const hashing = new HashingStream();
  const options = range === undefined ? {} : { start: range.start, end: range.end - 1 };
  await pipeline(createReadStream(path, options), hashing.resume(), { signal });
  return hashing.result();
}
