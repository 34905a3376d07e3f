import { readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { isInside } from '../../../../shared/action/contained-path.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { canonicalDigest, hashFile } from '../../../../shared/record/digest.ts';
import { type DataFile, factsAt, filesBelow, isLeftOut } from './data-files.ts';
import { folderMd5Of, md5Of } from './dvc-digest.ts';
import { readLock, readPointer, type Tracked } from './dvc-pointers.ts';
import { lfsDigestOf } from './lfs.ts';
import { byCodeUnit } from './order.ts';

const LOCK = 'dvc.lock';
const POINTER = '.dvc';

/** What one path counts as: the hash by which its version control knows it, or that of its bytes. */
interface Entry {
  readonly path: string;
  readonly kind: 'md5' | 'sha256';
  readonly digest: string;
}

export interface DataPlaces {
  readonly workspace: string;
  /** What the names in the fingerprint are relative to. */
  readonly workingDirectory: string;
}

/**
 * The fingerprint of files and folders, equal whether their data has been pulled or not.
 *
 * What DVC or Git LFS tracks counts by the hash that its pointer names. A pointer is believed where its file is absent;
 * where the file is there, only if its bytes have that hash: else they count by themselves.
 */
export async function fingerprintData(
  paths: readonly string[],
  signal: AbortSignal,
  places: DataPlaces,
): Promise<string> {
  const reader = new DataReader(places, signal);
  const entries = new Map<string, Entry>();
  for (const path of paths) {
    for (const entry of await reader.read(path)) entries.set(entry.path, entry);
  }
  return canonicalDigest([...entries.values()].sort((a, b) => byCodeUnit(a.path, b.path)));
}

class DataReader {
  readonly #workspace: string;
  readonly #workingDirectory: string;
  readonly #signal: AbortSignal;
  readonly #nameOf = (path: string): string => this.#name(path);
  /** Pointers are read once, however many paths lie beside them. */
  readonly #pointers = new Map<string, Promise<Tracked[]>>();
  /** A tracked folder is hashed once, however many of its files are named. */
  readonly #digests = new Map<string, Promise<string>>();

  constructor({ workspace, workingDirectory }: DataPlaces, signal: AbortSignal) {
    this.#workspace = workspace;
    this.#workingDirectory = workingDirectory;
    this.#signal = signal;
  }

  async read(path: string): Promise<Entry[]> {
    if (path.endsWith(POINTER)) {
      const tracked = await this.#pointer(path);
      if (tracked.length > 0) return await this.#all(tracked);
    }
    const above = (await this.#pointersAbove(path)).filter((one) => isInside(one.path, path));
    const [covering] = above;
    if (covering !== undefined) return await this.#tracked(covering, path);

    const facts = await factsAt(path, this.#workspace, this.#nameOf);
    if (facts?.isFile() === true) return [await this.#file({ path, bytes: facts.size })];
    const below = await this.#pointersBelow(path, facts !== undefined);
    if (facts === undefined && below.length === 0) throw this.#missing(path);
    const pointed = await this.#all(below);
    return facts === undefined
      ? pointed
      : [...pointed, ...(await this.#folder(path, new Set(below.map((one) => one.path))))];
  }

  /** What a tracked file or folder counts as; `asked` is it or lies below it. */
  async #tracked({ path, md5, pointer }: Tracked, asked: string): Promise<Entry[]> {
    const facts = await factsAt(asked, this.#workspace, this.#nameOf);
    if (facts === undefined) {
      if (md5 !== undefined) return [this.#entry(asked, 'md5', md5)];
      throw new UsageError(
        `Input "data-paths": "${this.#name(asked)}" is not pulled, and ${this.#name(pointer)} names no MD5 of it.`,
        { remedy: 'Pull the data before this step (dvc pull).' },
      );
    }
    const whole = await factsAt(path, this.#workspace, this.#nameOf);
    if (md5 !== undefined && whole !== undefined) {
      if ((await this.#digest(path, whole.isDirectory())) === md5) return [this.#entry(asked, 'md5', md5)];
    }
    return facts.isDirectory()
      ? await this.#folder(asked, new Set())
      : [await this.#file({ path: asked, bytes: facts.size })];
  }

  #digest(path: string, isFolder: boolean): Promise<string> {
    const hash = async (): Promise<string> => {
      if (!isFolder) return await md5Of(path, this.#signal);
      const files = await this.#files(path);
      return await folderMd5Of(
        path,
        files.map((file) => file.path),
        this.#signal,
      );
    };
    const digest = this.#digests.get(path) ?? hash();
    this.#digests.set(path, digest);
    return digest;
  }

  async #folder(path: string, tracked: ReadonlySet<string>): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (const file of await this.#files(path, tracked)) entries.push(await this.#file(file));
    return entries;
  }

  async #files(path: string, tracked: ReadonlySet<string> = new Set()): Promise<DataFile[]> {
    return await filesBelow(path, {
      workspace: this.#workspace,
      nameOf: this.#nameOf,
      // What a pointer names is counted already; the pointer's own text also tells sizes and times.
      enter: (one) => !tracked.has(one) && !one.endsWith(POINTER) && !one.endsWith(`${sep}${LOCK}`),
      signal: this.#signal,
    });
  }

  async #file({ path, bytes }: DataFile): Promise<Entry> {
    const digest = (await lfsDigestOf(path, bytes)) ?? (await hashFile(path, this.#signal)).sha256;
    return this.#entry(path, 'sha256', digest);
  }

  /** Pointers beside the path and beside each folder that it lies in. */
  async #pointersAbove(path: string): Promise<Tracked[]> {
    const found: Tracked[] = [];
    for (let one = path; isInside(this.#workspace, one) && one !== this.#workspace; one = dirname(one)) {
      found.push(
        ...(await this.#pointer(`${one}${POINTER}`)),
        ...(await this.#lock(join(dirname(one), LOCK))),
      );
    }
    return found;
  }

  /** What pointers name below a folder: those inside it, and lock files beside and above it. */
  async #pointersBelow(path: string, exists: boolean): Promise<Tracked[]> {
    const found = await this.#pointersAbove(path);
    if (exists) {
      for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
        this.#signal.throwIfAborted();
        const file = join(entry.parentPath, entry.name);
        if (relative(path, file).split(sep).some(isLeftOut)) continue;
        if (entry.name === LOCK) found.push(...(await this.#lock(file)));
        else if (entry.name.endsWith(POINTER) && entry.isFile()) found.push(...(await this.#pointer(file)));
      }
    }
    const below = new Map(
      found.flatMap((one) =>
        isInside(path, one.path) && one.path !== path ? [[one.path, one] as const] : [],
      ),
    );
    // Of a folder and of something in it the folder counts.
    return [...below.values()].filter((one) => {
      for (let above = dirname(one.path); above !== path; above = dirname(above)) {
        if (below.has(above)) return false;
      }
      return true;
    });
  }

  #pointer(path: string): Promise<Tracked[]> {
    return this.#once(path, () => readPointer(path, this.#workspace));
  }

  #lock(path: string): Promise<Tracked[]> {
    return this.#once(path, () => readLock(path, this.#workspace));
  }

  #once(path: string, read: () => Promise<Tracked[]>): Promise<Tracked[]> {
    const known = this.#pointers.get(path) ?? read();
    this.#pointers.set(path, known);
    return known;
  }

  /** One after the other: a folder may hold more pointers than a process may open files. */
  async #all(tracked: readonly Tracked[]): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (const one of tracked) entries.push(...(await this.#tracked(one, one.path)));
    return entries;
  }

  #entry(path: string, kind: Entry['kind'], digest: string): Entry {
    return { path: this.#name(path), kind, digest };
  }

  #name(path: string): string {
    return relative(this.#workingDirectory, path).split(sep).join('/') || '.';
  }

  #missing(path: string): UsageError {
    const name = this.#name(path);
    return new UsageError(`Input "data-paths": "${name}" does not exist.`, {
      remedy: `Bring the data before this step, or check out what points to it: "${name}.dvc", dvc.lock, or a pointer of Git LFS.`,
    });
  }
}
