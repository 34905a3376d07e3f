import type { Readable } from 'node:stream';
import type { FileReference, Location } from '../record/common.ts';

/** A file to be stored: its reference, and where its bytes lie on this machine. */
export interface LocalFile {
  readonly reference: FileReference;
  readonly path: string;
}

/** A place for files that are too large for an artifact, where the bytes lie by digest (port). */
export interface FileStore {
  /** Names the store on every machine that can reach it. */
  readonly uri: string;
  /** Makes sure that files can be written, before hours are spent on making them. */
  check(signal: AbortSignal): Promise<void>;
  /** Brings the bytes, each file whole or not at all; what is there already is not sent again. Returns where they lie. */
  stage(files: readonly LocalFile[], signal: AbortSignal): Promise<Location>;
  /** The bytes that lie under a digest, as a stream. They are not verified: the caller hashes them. */
  read(file: Pick<FileReference, 'sha256' | 'bytes'>, signal: AbortSignal): Promise<Readable>;
}

/** Where a file's bytes lie below a store's root: two digits make a folder, as in git, so that none grows too large. */
export function objectName(sha256: string): string {
  return `sha256/${sha256.slice(0, 2)}/${sha256.slice(2)}`;
}
