import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Logger } from '../action/logger.ts';
import { git } from '../github/git.ts';
import { type Kind, KINDS, SUBJECT_PATTERN } from '../names.ts';
import type { FileReference } from './common.ts';
import { chooseSection } from './decide/choose.ts';
import { bringFiles, openStored } from './file-transport.ts';
import { actionOf, judge, type Judged, type Kept, type Refusal, refusalOf } from './judge.ts';
import { placeOf } from './reference-path.ts';
import { parseSection, type Section, type SectionOf } from './section.ts';
import { namesIn, readSectionText, writeWhole } from './section-folder.ts';
import type { FindOptions, RecordStore } from './store.ts';

/** The folder of the record in a terminal, below the working directory. */
export const RECORD_FOLDER = '.trainyard';

export interface DiskStoreOptions {
  readonly workingDirectory: string;
  readonly repository: string | null;
  readonly treeHash: string | null;
  readonly runId: string;
  readonly attempt: number;
  readonly key: string;
  readonly logger: Logger;
  /** What a store of large files is reached with. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** The record in a terminal: `.trainyard/<subject>/<kind>.json`, of which the newest of each kind counts. */
export function createDiskStore(options: DiskStoreOptions): RecordStore {
  const { workingDirectory, repository, treeHash, runId, attempt, key, logger } = options;
  const root = join(workingDirectory, RECORD_FOLDER);
  const standpoint = { repository, runId, attempt, tree: { hash: treeHash } };

  const read = async (signal: AbortSignal): Promise<Judged> => {
    await refuseCommitted(workingDirectory, signal);
    return judge(await readAll(root), standpoint);
  };

  return {
    async save(section) {
      await writeWhole(join(root, section.subject, `${section.kind}.json`), textOf(section), {
        replace: true,
      });
    },
    async list(signal) {
      const { believed, refused } = await read(signal);
      for (const { message } of refused) logger.debug(message);
      return [...believed];
    },
    async find<K extends Kind>(kind: K, { subject, fromKey, recordFrom }: FindOptions, signal: AbortSignal) {
      if (recordFrom !== undefined) {
        throw new UsageError(`Input "record-from" is "${recordFrom}".`, {
          remedy: 'A terminal has no other run: leave the input out.',
        });
      }
      const { believed, refused } = await read(signal);
      const refusal = refusalOf(refused, kind, subject);
      if (refusal !== undefined) throw refusalError(refusal);
      return chooseSection(ofKind(believed, kind), { kind, subject, fromKey, ownKey: key });
    },
    async saveFiles(_subject, directory, files) {
      const base = await realpath(directory);
      return files.map((file) => withLocation(file, { kind: 'file', path: placeOf(base, file.path) }));
    },
    async saveReport({ subject }, html) {
      const path = join(root, subject, 'report.html');
      await writeWhole(path, html, { replace: true });
      return { path, url: null };
    },
    fetchFiles: (files, directory, signal) =>
      bringFiles(
        files,
        directory,
        async (location, file) => {
          if (location.kind === 'file') return location.path;
          if (location.kind === 'store') return await openStored(location.store, file, options, signal);
          throw new Error('cannot be reached from a terminal');
        },
        signal,
      ),
  };
}

/** The text of a section as it is kept: for people too. */
export function textOf(section: Section): string {
  return `${JSON.stringify(section, null, 2)}\n`;
}

/** The sections of one kind. */
export function ofKind<K extends Kind>(sections: readonly Section[], kind: K): SectionOf<K>[] {
  return sections.filter((section): section is SectionOf<K> => section.kind === kind);
}

/** Adds a location to a reference, in place of an equal one. */
export function withLocation(
  file: FileReference,
  location: FileReference['locations'][number],
): FileReference {
  const same = JSON.stringify(location);
  const others = file.locations.filter((known) => JSON.stringify(known) !== same);
  return { ...file, locations: [...others, location] };
}

async function readAll(root: string): Promise<Kept[]> {
  const found: Kept[] = [];
  for (const subject of await namesIn(root)) {
    if (!SUBJECT_PATTERN.test(subject)) continue;
    for (const kind of KINDS) {
      const text = await readSectionText(join(root, subject, `${kind}.json`));
      if (text === undefined) continue;
      const label = `${RECORD_FOLDER}/${subject}/${kind}.json`;
      // The folder tells neither key nor attempt; the section's own are taken where it can be read.
      const { key, attempt } = runOf(text, label);
      found.push({ name: { subject, kind, key, attempt }, label, text });
    }
  }
  return found;
}

function runOf(text: string, label: string): { key: string; attempt: number } {
  try {
    return parseSection(text, label).run;
  } catch {
    return { key: 'unknown', attempt: 1 };
  }
}

function refusalError({ kind, subject, code, message }: Refusal): UsageError {
  const input = kind === 'data' ? 'dataset' : 'model';
  return new UsageError(code === 'other-tree' ? `${message} The code has changed since.` : message, {
    remedy: `Repeat: trainyard ${actionOf(kind)} --${input} ${subject} …`,
  });
}

/** A record that is committed was written by nobody's run here: it could say anything. */
async function refuseCommitted(workingDirectory: string, signal: AbortSignal): Promise<void> {
  // Outside a repository, or without git, nothing can be committed.
  const listed = await git(workingDirectory, ['ls-files', '-z', '--', RECORD_FOLDER], signal);
  const [path] = (listed?.toString('utf8') ?? '').split('\0');
  if (path === undefined || path === '') return;
  throw new UsageError(`${path} is committed to the repository; a committed record is not believed.`, {
    remedy: `Run "git rm -r --cached ${RECORD_FOLDER}" and add "${RECORD_FOLDER}/" to .gitignore.`,
    where: { file: path },
  });
}
