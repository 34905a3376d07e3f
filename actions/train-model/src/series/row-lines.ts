import { StringDecoder } from 'node:string_decoder';
import { MAX_ROW_BYTES } from './limits.ts';

/** Cuts bytes into lines. A line that never ends is told as `too-long` once, and not held. */
export class RowLines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  #skipping = false;

  push(bytes: Buffer): (string | { readonly tooLong: true })[] {
    const pieces = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = pieces.pop() ?? '';
    const lines: (string | { tooLong: true })[] = [];
    for (const piece of pieces) {
      if (this.#skipping) this.#skipping = false;
      else if (piece.trim() !== '') lines.push(piece.length > MAX_ROW_BYTES ? { tooLong: true } : piece);
    }
    if (this.#rest.length > MAX_ROW_BYTES) {
      if (!this.#skipping) lines.push({ tooLong: true });
      this.#skipping = true;
      this.#rest = '';
    }
    return lines;
  }

  /** The last line, where no line break ends it. */
  end(): string {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    return this.#skipping ? '' : rest;
  }
}
