import { lstat } from 'node:fs/promises';
import type { Point } from '../engines/engine.ts';
import { liesInside } from './find-files.ts';
import { factsOf, type FileStart, GrowingFile, noteFile } from './growing-file.ts';
import { LEAST_GAP_MS, LOOK_BYTES, MAX_SOURCE_BYTES, MOST_PROBLEMS } from './limits.ts';
import type { MetricSource } from './metric-source.ts';
import { type Look, NOTHING, type Problem, type Row, type Source, type SourceReader } from './source.ts';

/** Takes the bytes of one file as they come, and gives the rows in them. */
export interface RowParser {
  push(bytes: Buffer): Point[];
  /** Behind the last byte. */
  end(): Point[];
  /** The first thing found wrong. */
  readonly problem: string | undefined;
}

export interface FilesSourceOptions {
  readonly source: MetricSource;
  /** The folder that no file may lie outside of. */
  readonly root: string;
  /** The files of the source as they are now, absolute. */
  readonly find: () => Promise<string[]>;
  readonly parserOf: (path: string) => RowParser;
  /** Where several files may use the same names: what tells them apart. */
  readonly groupOf?: (path: string) => string;
  /** Where a parser needs the file's first line before all others. */
  readonly headed?: boolean;
  /** How a problem names the file, where the source has more than one. */
  readonly nameOf?: (path: string) => string;
}

/** A source of files that grow: each is read on from where the last look stopped. */
export function createFilesSource(options: FilesSourceOptions): Source {
  const { source, find } = options;
  const starts = new Map<string, FileStart>();
  return {
    label: source.label,
    prefix: source.format,
    files: [source.place],
    gapMs: LEAST_GAP_MS,
    async begin() {
      starts.clear();
      for (const path of await find()) {
        const start = await noteFile(path);
        if (start !== undefined) starts.set(path, start);
      }
    },
    open: () => new FilesReader(options, starts),
    async absent() {
      const found = await find();
      if (found.length === 0) return await nothingAt(source.place);
      for (const path of found) {
        if (!(await isUntouched(path, starts))) return 'holds no row of this training';
      }
      return 'was there before and was not written by this training';
    },
  };
}

/** A path with something else than files at it is not simply missing. */
async function nothingAt(place: string): Promise<string> {
  const facts = await lstat(place).catch(() => undefined);
  if (facts === undefined) return 'does not exist after the training';
  if (facts.isDirectory()) return 'is a folder without a file of this format';
  return 'is no file that can be read';
}

async function isUntouched(path: string, starts: ReadonlyMap<string, FileStart>): Promise<boolean> {
  const [now, start] = [await noteFile(path), starts.get(path)];
  return start !== undefined && start.state === now?.state;
}

interface OpenFile {
  readonly file: GrowingFile;
  readonly group: string;
  parser: RowParser;
  primed: boolean;
}

class FilesReader implements SourceReader {
  readonly #options: FilesSourceOptions;
  readonly #starts: ReadonlyMap<string, FileStart>;
  readonly #files = new Map<string, OpenFile>();
  readonly #problems: Problem[] = [];
  #bytes = 0;

  constructor(options: FilesSourceOptions, starts: ReadonlyMap<string, FileStart>) {
    this.#options = options;
    this.#starts = starts;
  }

  async look(): Promise<Look> {
    const rows: Row[] = [];
    let anew = false;
    let more = false;
    let left = LOOK_BYTES;
    for (const path of await this.#options.find()) {
      if (this.#bytes >= MAX_SOURCE_BYTES) {
        this.#tell(`holds more than ${MAX_SOURCE_BYTES} bytes, of which the first were read`);
        return { rows, anew, more: false };
      }
      if (left <= 0) return { rows, anew, more: true };
      const open = await this.#fileOf(path);
      if (open === undefined) continue;
      const piece = await open.file.read(left);
      if (piece.anew) {
        anew = true;
        open.parser = this.#options.parserOf(path);
        open.primed = true;
      }
      if (!(await this.#prime(open, piece.bytes))) continue;
      left -= piece.bytes.length;
      this.#bytes += piece.bytes.length;
      more ||= piece.more;
      for (const point of open.parser.push(piece.bytes)) rows.push({ ...point, group: open.group });
      this.#check(path, open.parser);
    }
    return rows.length === 0 && !more && !anew ? NOTHING : { rows, anew, more };
  }

  end(): Row[] {
    return [...this.#files].flatMap(([path, { parser, group }]) => {
      const rows = parser.end().map((point) => ({ ...point, group }));
      this.#check(path, parser);
      return rows;
    });
  }

  problems(): readonly Problem[] {
    return this.#problems;
  }

  async #fileOf(path: string): Promise<OpenFile | undefined> {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    if ((await factsOf(path)) === undefined) return undefined;
    if (!(await liesInside(this.#options.root, path))) {
      this.#tell(`is a link that leaves the workspace`);
      return undefined;
    }
    const { parserOf, groupOf } = this.#options;
    const open: OpenFile = {
      file: new GrowingFile(path, this.#starts.get(path)),
      group: groupOf?.(path) ?? '',
      parser: parserOf(path),
      primed: false,
    };
    this.#files.set(path, open);
    return open;
  }

  /** Gives a parser the header that stands before the training's own rows; false where nothing is to be read. */
  async #prime(open: OpenFile, bytes: Buffer): Promise<boolean> {
    if (bytes.length === 0) return false;
    if (!open.primed && this.#options.headed === true && open.file.behindOthers) {
      open.parser.push((await open.file.header()) ?? Buffer.alloc(0));
    }
    open.primed = true;
    return true;
  }

  #check(path: string, { problem }: RowParser): void {
    if (problem === undefined) return;
    const name = this.#options.nameOf?.(path);
    // The place may itself be the file.
    this.#tell(name === undefined || name === '' ? problem : `"${name}" ${problem}`);
  }

  #tell(message: string): void {
    if (this.#problems.length >= MOST_PROBLEMS) return;
    if (this.#problems.some((one) => one.message === message)) return;
    this.#problems.push({ failureClass: 'missing-outputs', message });
  }
}
