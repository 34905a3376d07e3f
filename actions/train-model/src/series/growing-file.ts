import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** Enough of both ends to know a file again, without reading gigabytes. */
const END_BYTES = 64 * 1024;
/** What stands before the place where reading goes on; another text there means another file. */
const ANCHOR_BYTES = 256;

/** A file as it was before the training. */
export interface FileStart {
  readonly bytes: number;
  readonly inode: bigint;
  /** Changes with every write, and no program can set it back. */
  readonly state: string;
  /** Over the beginning and the end of what it holds. */
  readonly digest: string;
}

export function stateOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${ino}.${size}.${mtimeNs}.${ctimeNs}`;
}

/** The state of a regular file; undefined where there is none. */
export async function factsOf(path: string): Promise<BigIntStats | undefined> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts?.isFile() === true ? facts : undefined;
}

/** Opens a regular file for reading, and waits for nobody where it has become a pipe meanwhile. */
async function openFile(path: string): Promise<FileHandle | undefined> {
  return await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
}

async function readAt(file: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.max(0, bytes));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
  return buffer.subarray(0, bytesRead);
}

async function digestOf(file: FileHandle, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  hash.update(await readAt(file, 0, Math.min(bytes, END_BYTES)));
  const tail = Math.max(0, bytes - END_BYTES);
  return hash.update(await readAt(file, tail, bytes - tail)).digest('hex');
}

/** Notes what a file holds; undefined where there is none. */
export async function noteFile(path: string): Promise<FileStart | undefined> {
  const facts = await factsOf(path);
  const file = facts === undefined ? undefined : await openFile(path);
  if (facts === undefined || file === undefined) return undefined;
  try {
    const bytes = Number(facts.size);
    return { bytes, inode: facts.ino, state: stateOf(facts), digest: await digestOf(file, bytes) };
  } finally {
    await file.close();
  }
}

export interface Piece {
  readonly bytes: Buffer;
  /** The file is another or was written anew; the bytes are from its beginning. */
  readonly anew: boolean;
  readonly more: boolean;
}

const NO_PIECE: Piece = { bytes: Buffer.alloc(0), anew: false, more: false };

/**
 * Reads a file while it grows. One that is replaced (rotated), cut short or written anew is read from its beginning;
 * what was in it before the training is passed over where the training went on writing behind it.
 */
export class GrowingFile {
  readonly #path: string;
  readonly #start: FileStart | undefined;
  #offset: number | undefined;
  #inode = 0n;
  #anchor: Buffer = Buffer.alloc(0);
  #behind = false;

  constructor(path: string, start: FileStart | undefined) {
    this.#path = path;
    this.#start = start;
  }

  /** The bytes since the last call, at most `most`. */
  async read(most: number): Promise<Piece> {
    const facts = await factsOf(this.#path);
    if (facts === undefined || (this.#offset === undefined && stateOf(facts) === this.#start?.state))
      return NO_PIECE;
    const file = await openFile(this.#path);
    if (file === undefined) return NO_PIECE;
    try {
      const { ino, size } = await file.stat({ bigint: true });
      const anew = this.#offset !== undefined && !(await this.#goesOn(file, ino, Number(size)));
      if (this.#offset === undefined) this.#offset = await this.#firstOffset(file, ino, Number(size));
      if (anew) {
        this.#offset = 0;
        this.#anchor = Buffer.alloc(0);
      }
      this.#inode = ino;
      const from = this.#offset;
      const bytes = await readAt(file, from, Math.min(Number(size) - from, most));
      this.#offset = from + bytes.length;
      this.#anchor = Buffer.from(
        Buffer.concat([this.#anchor, bytes.subarray(-ANCHOR_BYTES)]).subarray(-ANCHOR_BYTES),
      );
      return { bytes, anew, more: bytes.length > 0 && this.#offset < Number(size) };
    } finally {
      await file.close();
    }
  }

  /** True where own bytes lie behind others, so that a header stands before them. */
  get behindOthers(): boolean {
    return this.#behind;
  }

  /** The first line of the file, with its line break; undefined where it has none yet. */
  async header(): Promise<Buffer | undefined> {
    const file = await openFile(this.#path);
    if (file === undefined) return undefined;
    try {
      const head = await readAt(file, 0, END_BYTES);
      const at = head.indexOf(0x0a);
      return at === -1 ? undefined : head.subarray(0, at + 1);
    } finally {
      await file.close();
    }
  }

  async #firstOffset(file: FileHandle, inode: bigint, size: number): Promise<number> {
    const start = this.#start;
    if (start?.inode !== inode || size <= start.bytes) return 0;
    if ((await digestOf(file, start.bytes)) !== start.digest) return 0;
    this.#behind = start.bytes > 0;
    return start.bytes;
  }

  async #goesOn(file: FileHandle, inode: bigint, size: number): Promise<boolean> {
    const offset = this.#offset ?? 0;
    if (inode !== this.#inode || size < offset) return false;
    const before = await readAt(file, offset - this.#anchor.length, this.#anchor.length);
    return before.equals(this.#anchor);
  }
}
