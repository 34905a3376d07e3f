import { createReadStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { InfrastructureError, SubjectError } from '../errors.ts';
import type { FileReference, Location } from '../record/common.ts';
import { hashFile } from '../record/digest.ts';
import { copyVerified } from '../registries/atomic-file.ts';
import { type FileStore, type LocalFile, objectName } from './store.ts';

/** What each of these asks of the user; any other error of the disk is told with its own words. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on that disk and run again: files that arrived are not copied again.',
  EDQUOT: 'Make room in the quota and run again: files that arrived are not copied again.',
  EROFS: 'That disk is read-only. Mount it for writing, or name another folder.',
  EACCES: 'Give the user of this process the right to read and write there, or name another folder.',
  EPERM: 'Give the user of this process the right to read and write there, or name another folder.',
  EEXIST: 'A part of that path is no folder. Name another one.',
  ENOTDIR: 'A part of that path is no folder. Name another one.',
};

/** Drafts lie on the same disk as the files, so that a rename makes them whole at once. */
const DRAFTS = 'drafts';

/** A store in a folder: on a disk that outlives the job, or one that machines share. */
export class DirectoryStore implements FileStore {
  readonly uri: string;
  readonly #root: string;

  /** `root` is absolute. */
  constructor(root: string) {
    this.uri = `directory:${root}`;
    this.#root = root;
  }

  async check(): Promise<void> {
    await this.#explained(async () => {
      const drafts = join(this.#root, DRAFTS);
      await mkdir(drafts, { recursive: true });
      const probe = join(drafts, randomUUID());
      await (await open(probe, 'wx')).close();
      await rm(probe);
    });
  }

  async stage(files: readonly LocalFile[], signal: AbortSignal): Promise<Location> {
    for (const file of files) await this.#explained(() => this.#stageOne(file, signal));
    return { kind: 'store', store: this.uri };
  }

  async read({ sha256 }: Pick<FileReference, 'sha256'>, signal: AbortSignal): Promise<Readable> {
    const path = this.#placeOf(sha256);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile() !== true) throw new Error('has no such file, or is not mounted on this machine');
    return createReadStream(path, { signal });
  }

  async #stageOne({ reference, path }: LocalFile, signal: AbortSignal): Promise<void> {
    const place = this.#placeOf(reference.sha256);
    const there = await stat(place).catch(() => undefined);
    if (there?.isFile() === true && there.size === reference.bytes) {
      // Hashing reads once where copying reads and writes; a damaged file is replaced.
      if ((await hashFile(place, signal)).sha256 === reference.sha256) return;
    }
    if (await copyVerified(path, place, join(this.#root, DRAFTS), reference, signal)) return;
    throw new SubjectError('model', `The file ${reference.path} changed while it was stored.`, {
      remedy: 'Nothing of it was stored. Let the command end before its outputs are taken, and train again.',
    });
  }

  #placeOf(sha256: string): string {
    return join(this.#root, ...objectName(sha256).split('/'));
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
      throw new InfrastructureError(`The store ${this.uri} cannot be read or written: ${error.message}.`, {
        remedy: REMEDIES[String(error.code)] ?? 'Look at that path, and run again.',
        cause: error,
      });
    }
  }
}
