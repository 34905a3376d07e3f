import { constants } from 'node:fs';
import { copyFile, cp, mkdir, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { fingerprintData } from '../../actions/train-model/src/fingerprint/data-paths.ts';
import { isExpected, SubjectError, UsageError } from '../../shared/errors.ts';
import { canonicalDigest, hashFile } from '../../shared/record/digest.ts';
import { RECORD_FOLDER } from '../../shared/record/disk-store.ts';
import { placeOf } from '../../shared/record/reference-path.ts';
import { parseSection, type SectionOf } from '../../shared/record/section.ts';
import { readSectionText } from '../../shared/record/section-folder.ts';
import type { ReadRecord } from './read-record.ts';

export interface DataOptions {
  readonly record: ReadRecord;
  /** The user's own working directory, from which data that git does not hold is taken. */
  readonly source: string;
  /** That of the recorded code. */
  readonly target: string;
  readonly targetRoot: string;
  /** Further files and folders to bring, as the user wrote them. */
  readonly further: readonly string[];
  readonly signal: AbortSignal;
}

export interface BroughtData {
  /** The data section that the training was recorded with; undefined where it is not here. */
  readonly section: SectionOf<'data'> | undefined;
  readonly notices: readonly string[];
}

/** Brings the data of a training beside its code, as copies: what it does to them stays there. */
export async function bringData(options: DataOptions): Promise<BroughtData> {
  const { record, source, target, further } = options;
  for (const path of further) {
    if (!(await copyMissing(placeOf(source, plain(path)), placeOf(target, plain(path))))) {
      throw new UsageError(`Flag --data: "${path}" does not exist in ${source}.`);
    }
  }
  const section = await findDataSection(options);
  if (section !== undefined) {
    await bringSources(section, options);
    return { section, notices: [] };
  }
  const paths = record.body.declared?.dataPaths ?? [];
  if (paths.length > 0) {
    await bringPaths(paths, options);
    return { section: undefined, notices: [] };
  }
  return {
    section: undefined,
    notices: [
      record.body.dataFingerprint === null
        ? 'The record does not say what data it was trained on: only what is committed is there, and what --data names.'
        : `The data section of the record is not in ${RECORD_FOLDER}: the data cannot be verified, and only what is committed is there, and what --data names.`,
    ],
  };
}

const plain = (path: string): string => posix.normalize(path).replace(/\/$/, '');

/** The data section beside the training's, where it is of the same data. */
async function findDataSection({ record, source }: DataOptions): Promise<SectionOf<'data'> | undefined> {
  const { section, body, recordedIn = source } = record;
  if (section.dataset === null || body.dataFingerprint === null) return undefined;
  const text = await readSectionText(join(recordedIn, RECORD_FOLDER, section.dataset, 'data.json'));
  if (text === undefined) return undefined;
  try {
    const found = parseSection(text, 'the data section');
    return found.kind === 'data' && found.body?.dataFingerprint === body.dataFingerprint ? found : undefined;
  } catch (error) {
    if (!isExpected(error)) throw error;
    return undefined;
  }
}

async function bringSources(
  section: SectionOf<'data'>,
  { source, target, signal }: DataOptions,
): Promise<void> {
  const missing: string[] = [];
  for (const { uri, bytes, sha256 } of section.body?.sources ?? []) {
    const holds = async (place: string): Promise<boolean> => {
      const facts = await stat(place).catch(() => undefined);
      return (
        facts?.isFile() === true && facts.size === bytes && (await hashFile(place, signal)).sha256 === sha256
      );
    };
    const [from, to] = [placeOf(source, plain(uri)), placeOf(target, plain(uri))];
    if (await holds(to)) continue;
    if (!(await holds(from))) {
      missing.push(`${uri} (${bytes} bytes, SHA-256 ${sha256.slice(0, 12)}…)`);
      continue;
    }
    await copyOne(from, to);
  }
  if (missing.length === 0) return;
  throw new SubjectError(
    'data',
    `The data that it was trained on is not here, or has changed: ${missing.join(', ')}.`,
    { remedy: `Bring it to ${source}: pull it, or make it again as it was made.` },
  );
}

async function bringPaths(paths: readonly string[], options: DataOptions): Promise<void> {
  const { record, source, target, targetRoot, signal } = options;
  for (const path of paths) {
    await copyMissing(placeOf(source, plain(path)), placeOf(target, plain(path)));
  }
  const expected = record.body.fingerprint?.components.data ?? null;
  const found = await fingerprintData(
    paths.map((path) => join(target, path)),
    signal,
    { workspace: targetRoot, workingDirectory: target },
  );
  if (expected === null || canonicalDigest(found) === expected) return;
  throw new SubjectError('data', `The data that it was trained on has changed: ${paths.join(', ')}.`, {
    remedy: `Bring it to ${source} as it was: check out its pointers and pull, or make it again.`,
  });
}

/** Copies what the target lacks; false where the source has nothing. */
async function copyMissing(from: string, to: string): Promise<boolean> {
  const facts = await stat(from).catch(() => undefined);
  if (facts === undefined) return false;
  await mkdir(dirname(to), { recursive: true });
  // What is committed counts as it is committed; a copy-on-write clone costs no space where the disk can make one.
  await cp(from, to, {
    recursive: true,
    force: false,
    errorOnExist: false,
    dereference: true,
    mode: constants.COPYFILE_FICLONE,
  });
  return true;
}

async function copyOne(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to, constants.COPYFILE_FICLONE);
}
