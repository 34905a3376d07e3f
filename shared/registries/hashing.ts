import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Counts and hashes what flows through it. */
export class HashingStream extends Transform {
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, data: Buffer) => void): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    done(null, chunk);
  }

  /** Call once, at the end of the stream. */
  result(): { bytes: number; sha256: string } {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

/** SHA-256 and size of a file or of a part of it, read as a stream. `end` is exclusive. */
export async function hashRange(
  path: string,
  signal: AbortSignal,
  range?: { readonly start: number; readonly end: number },
): Promise<{ bytes: number; sha256: string }> {
  const hashing = new HashingStream();
  const options = range === undefined ? {} : { start: range.start, end: range.end - 1 };
  await pipeline(createReadStream(path, options), hashing.resume(), { signal });
  return hashing.result();
}

/** SHA-256 of bytes in memory. */
export function sha256Of(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
