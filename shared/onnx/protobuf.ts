import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The text or file is no protocol buffer message. */
export class MalformedMessage extends Error {}

/** One field of a message: a number (varint) or a range of bytes. Fixed-width fields are passed over. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Range;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** How much is read from the file at once. Tags lie close together; tensors between them are skipped unread. */
const WINDOW_BYTES = 64 * 1024;
/** A varint holds 64 bits in groups of 7. */
const MAX_VARINT_BYTES = 10;

/**
 * Reads the wire format of protocol buffers from a file without holding the file in memory.
 * Source: protobuf.dev, "Encoding".
 */
export class MessageFile {
  readonly size: number;
  readonly #descriptor: number;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  #windowStart = 0;
  #windowEnd = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    this.size = fstatSync(this.#descriptor).size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** The fields of the message that fills `range`; by default the whole file. */
  *fields(range: Range = { start: 0, end: this.size }): Generator<Field> {
    let at = range.start;
    while (at < range.end) {
      const tag = this.#varint(at, range.end);
      const number = Number(tag.value >> 3n);
      if (number < 1 || number > 0x1fffffff) throw new MalformedMessage(`field number ${number}`);
      const wireType = Number(tag.value & 7n);
      if (wireType === 0) {
        const { value, next } = this.#varint(tag.next, range.end);
        yield { number, value };
        at = next;
      } else if (wireType === 2) {
        const length = this.#varint(tag.next, range.end);
        const end = length.next + Number(length.value);
        if (end > range.end) throw new MalformedMessage('a field is longer than what holds it');
        yield { number, value: { start: length.next, end } };
        at = end;
      } else if (wireType === 1 || wireType === 5) {
        at = tag.next + (wireType === 1 ? 8 : 4);
        if (at > range.end) throw new MalformedMessage('a field is longer than what holds it');
      } else {
        throw new MalformedMessage(`wire type ${wireType}`);
      }
    }
  }

  /** The numbers (varints) that fill a range, as a packed field holds them. */
  *numbers({ start, end }: Range): Generator<bigint> {
    for (let at = start; at < end;) {
      const { value, next } = this.#varint(at, end);
      yield value;
      at = next;
    }
  }

  /** The text that fills a range. */
  text({ start, end }: Range): string {
    const buffer = Buffer.alloc(end - start);
    readSync(this.#descriptor, buffer, 0, buffer.length, start);
    return buffer.toString('utf8');
  }

  #varint(start: number, limit: number): { value: bigint; next: number } {
    let value = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const at = start + index;
      if (at >= limit) throw new MalformedMessage('a number is cut short');
      const byte = this.#byte(at);
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return { value, next: at + 1 };
    }
    throw new MalformedMessage('a number is too long');
  }

  #byte(at: number): number {
    if (at < this.#windowStart || at >= this.#windowEnd) {
      this.#windowStart = at;
      this.#windowEnd = at + readSync(this.#descriptor, this.#window, 0, WINDOW_BYTES, at);
    }
    return this.#window[at - this.#windowStart] ?? 0;
  }
}
