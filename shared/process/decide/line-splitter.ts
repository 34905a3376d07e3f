import type { Masker } from './masker.ts';

/** A longer line is cut: a log is for people, and one line of megabytes stops every viewer. */
export const MAX_LINE_CHARACTERS = 16_384;

/** Escape sequences except colours, and control characters except the tab: they move the cursor or hide text. */
const UNWANTED =
  /\u001b(?!\[[0-9;]*m)(?:\[[0-9;?]*[ -/]*[@-~])?|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;

/** Cuts a stream of text into lines fit for a log. Of what a program overwrites by `\r`, the last counts. */
export class LineSplitter {
  #rest = '';
  #left = 0;
  readonly #masker: Masker;
  /** More than is shown, so that a secret at the cut is seen whole. */
  readonly #held: number;

  constructor(masker: Masker) {
    this.#masker = masker;
    this.#held = MAX_LINE_CHARACTERS + masker.longest;
  }

  /** Takes a piece of text and returns the lines that it completes. */
  push(text: string): string[] {
    const pieces = (this.#rest + text).split('\n');
    this.#rest = '';
    const last = pieces.pop() ?? '';
    const lines = pieces.map((piece) => this.#finish(piece));
    this.#hold(last);
    return lines;
  }

  /** The last line, where the text does not end with a line break. */
  end(): string[] {
    const rest = this.#rest;
    const line = this.#finish(rest);
    this.#rest = '';
    return line === '' ? [] : [line];
  }

  #hold(piece: string): void {
    // A progress bar rewrites its line for hours without ever ending it: only its last state is held.
    const rewritten = piece.lastIndexOf('\r', piece.length - 2);
    const current = rewritten === -1 ? piece : piece.slice(rewritten + 1);
    if (rewritten !== -1) this.#left = 0;
    this.#rest = current.slice(0, this.#held);
    this.#left += current.length - this.#rest.length;
  }

  #finish(piece: string): string {
    const text = piece.replace(/\r+$/, '');
    const rewritten = text.lastIndexOf('\r');
    if (rewritten !== -1) this.#left = 0;
    const current = text.slice(rewritten + 1);
    const left = this.#left;
    this.#left = 0;
    // Masked last: a secret with a control character in it would come together only now.
    const clean = current.slice(0, this.#held).replace(UNWANTED, '');
    const whole = left === 0 && current.length <= this.#held;
    if (whole && clean.length <= MAX_LINE_CHARACTERS) return this.#masker.mask(clean);
    const kept = clean.slice(0, this.#masker.safeLength(clean, MAX_LINE_CHARACTERS));
    return `${this.#masker.mask(kept)} … (${left + current.length - kept.length} more characters)`;
  }
}
