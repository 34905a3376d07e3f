import { isUtf8 } from 'node:buffer';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { TextDecoder } from 'node:util';
import { SubjectError } from '../errors.ts';
import type { TableSource } from './engine.ts';

export type Newline = 'lf' | 'crlf' | 'cr' | 'mixed';
export type Encoding = NonNullable<TableSource['encoding']>;

/** A header, or a first line of JSON, is looked for in so much of a file's beginning. */
const HEAD_BYTES = 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
/** The engine's reader skips without a word a line that does not fit into its buffer; a row may not be lost so. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** A UTF-8 character has at most four bytes, so at most three of one are cut off at a chunk's end. */
const MAX_CUT_BYTES = 3;
/** Git LFS, docs/spec.md: the first line of every pointer file. */
const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

const LF = 0x0a;
const CR = 0x0d;

/** What one pass over a UTF-8 text file found. */
export interface TextFacts {
  readonly newline: Newline;
  /** The beginning, without a byte order mark. */
  readonly head: string;
}

function refuse(source: TableSource, what: string, remedy: string, line?: number): SubjectError {
  const where = { file: source.label, ...(line === undefined ? {} : { line }) };
  return new SubjectError('data', `${source.label}${line === undefined ? '' : `, line ${line}`}: ${what}.`, {
    remedy,
    where,
  });
}

/**
 * Reads a text file once, before the engine sees it: bytes that are no UTF-8 would end the engine, NUL bytes and Git
 * LFS pointers would pass for data.
 */
export async function inspectText(
  source: TableSource,
  encoding: Encoding,
  signal: AbortSignal,
  path: string = source.path,
): Promise<TextFacts> {
  let head = Buffer.alloc(0);
  let line = 1;
  let cut = Buffer.alloc(0);
  let last = 0;
  let unended = 0;
  const counts = { lf: 0, crlf: 0, cr: 0 };
  for await (const piece of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) {
    const chunk = Buffer.concat([cut, piece as Buffer]);
    const whole = chunk.subarray(0, chunk.length - cutAtEnd(chunk));
    const problem = problemIn(whole);
    if (problem !== undefined) {
      const at = line + countOf(whole.subarray(0, problem.offset), LF);
      throw refuse(source, ...explain(problem.kind, encoding), at);
    }
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, whole]).subarray(0, HEAD_BYTES);
    last = countNewlines(whole, last, counts);
    if (unended + lengthOfFirstLine(whole) > MAX_LINE_BYTES) {
      const what = `the line is longer than ${MAX_LINE_BYTES} bytes`;
      throw refuse(source, what, 'Write one row a line, and long documents into files of their own.', line);
    }
    unended = Math.max(whole.lastIndexOf(LF), whole.lastIndexOf(CR)) === -1 ? unended + whole.length : 0;
    line += countOf(whole, LF);
    cut = chunk.subarray(whole.length);
  }
  if (cut.length > 0) throw refuse(source, ...explain('encoding', encoding), line);
  if (last === CR) counts.cr += 1;
  const text = new TextDecoder('utf-8').decode(head);
  if (text.trim() === '')
    throw refuse(source, 'the file is empty', 'Write the data again, or take the file out.');
  if (text.startsWith(LFS_POINTER)) {
    throw refuse(
      source,
      'this is a Git LFS pointer, not the data',
      'Check out with "lfs: true" (actions/checkout).',
    );
  }
  return { newline: newlineOf(counts), head: text };
}

function explain(kind: 'encoding' | 'nul', encoding: Encoding): [what: string, remedy: string] {
  if (kind === 'nul')
    return ['a NUL byte', 'Set the input "encoding" to utf-16 where the file is that, or mend the file.'];
  return encoding === 'utf-8'
    ? ['bytes that are no UTF-8', 'Set the input "encoding" (latin-1, utf-16), or save the file as UTF-8.']
    : [`bytes that are no ${encoding}`, 'Set the input "encoding" to what the file is, or save it as UTF-8.'];
}

/** How many bytes at the end begin a character that the next chunk goes on with. */
function cutAtEnd(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(MAX_CUT_BYTES, chunk.length); back++) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

function problemIn(chunk: Buffer): { kind: 'encoding' | 'nul'; offset: number } | undefined {
  const nul = chunk.indexOf(0);
  if (isUtf8(chunk)) return nul === -1 ? undefined : { kind: 'nul', offset: nul };
  // Halves the chunk at line ends until the line at fault is found.
  let start = 0;
  for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
    if (!isUtf8(chunk.subarray(start, end))) break;
    start = end + 1;
  }
  return { kind: 'encoding', offset: start };
}

/** Only a chunk's first line can be longer than a chunk. */
function lengthOfFirstLine(chunk: Buffer): number {
  const ends = [chunk.indexOf(LF), chunk.indexOf(CR)].filter((end) => end !== -1);
  return Math.min(chunk.length, ...ends);
}

function countOf(chunk: Buffer, byte: number): number {
  let count = 0;
  for (let at = chunk.indexOf(byte); at !== -1; at = chunk.indexOf(byte, at + 1)) count += 1;
  return count;
}

/** Counts line ends of each kind; `before` and the result are the bytes around a chunk's border. */
function countNewlines(
  chunk: Buffer,
  before: number,
  counts: { lf: number; crlf: number; cr: number },
): number {
  if (chunk.length === 0) return before;
  for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) {
    const previous = at === 0 ? before : chunk[at - 1];
    if (previous === CR) counts.crlf += 1;
    else counts.lf += 1;
  }
  if (before === CR && chunk[0] !== LF) counts.cr += 1;
  for (let at = chunk.indexOf(CR); at !== -1; at = chunk.indexOf(CR, at + 1)) {
    if (at + 1 < chunk.length && chunk[at + 1] !== LF) counts.cr += 1;
  }
  return chunk[chunk.length - 1] ?? before;
}

function newlineOf({ lf, crlf, cr }: { lf: number; crlf: number; cr: number }): Newline {
  const kinds = [lf, crlf, cr].filter((count) => count > 0).length;
  if (kinds > 1) return 'mixed';
  return crlf > 0 ? 'crlf' : cr > 0 ? 'cr' : 'lf';
}

/** Writes a text file again as UTF-8 with one kind of line end, so that the engine reads all of it. */
export async function rewriteText(
  source: TableSource,
  encoding: Encoding,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const decode = decoderOf(source, encoding);
  await pipeline(
    createReadStream(source.path, { highWaterMark: CHUNK_BYTES }),
    async function* (chunks: AsyncIterable<Buffer>) {
      let held = '';
      for await (const chunk of chunks) {
        const text = held + decode(chunk, true);
        // A carriage return at the end may belong to a line feed that comes next.
        held = text.endsWith('\r') ? '\r' : '';
        yield (held === '' ? text : text.slice(0, -1)).replace(/\r\n?/g, '\n');
      }
      yield (held + decode(Buffer.alloc(0), false)).replace(/\r\n?/g, '\n');
    },
    createWriteStream(target, { mode: 0o600 }),
    { signal },
  );
}

function decoderOf(source: TableSource, encoding: Encoding): (chunk: Buffer, more: boolean) => string {
  if (encoding === 'latin-1') return (chunk) => chunk.toString('latin1');
  let decoder: TextDecoder | undefined;
  return (chunk, more) => {
    const bigEndian = chunk[0] === 0xfe && chunk[1] === 0xff;
    decoder ??= new TextDecoder(encoding === 'utf-8' ? 'utf-8' : bigEndian ? 'utf-16be' : 'utf-16le', {
      fatal: true,
    });
    try {
      return decoder.decode(chunk, { stream: more });
    } catch {
      throw refuse(source, ...explain('encoding', encoding));
    }
  };
}
