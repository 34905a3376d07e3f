import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InfrastructureError, messageOf, SubjectError } from '../errors.ts';
import type { FileReference, Location } from './common.ts';
import { hashFile } from './digest.ts';
import { placeOf } from './reference-path.ts';

/** Says where the bytes of one location lie on this machine, or gives them as a stream; throws where it cannot. */
export type Locate = (
  location: Location,
  file: FileReference,
  signal: AbortSignal,
) => Promise<string | Readable>;

/** The bytes of a file in a store that the record names; what they are is verified like all others. */
export async function openStored(
  store: string,
  file: FileReference,
  { environment = {} }: { readonly environment?: NodeJS.ProcessEnv },
  signal: AbortSignal,
): Promise<Readable> {
  const { readStored } = await import('../stores/open.ts');
  return await readStored(store, file, environment, signal);
}

/** Nearest first: a file of this machine costs nothing, an artifact a download. */
const ORDER: readonly Location['kind'][] = ['file', 'store', 'artifact', 'registry'];

interface Landed {
  readonly draft: string;
  readonly place: string;
}

/**
 * Brings files into `directory` under their own paths and verifies every size and digest. All of them arrive or none:
 * bytes lie in a folder of drafts until the last one is verified.
 */
export async function bringFiles(
  files: readonly FileReference[],
  directory: string,
  locate: Locate,
  signal: AbortSignal,
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const places = files.map((file) => placeOf(directory, file.path));
  const repeated = files.find((_file, index) => places.indexOf(places[index] ?? '') !== index);
  if (repeated !== undefined) {
    throw new SubjectError('data', `The record refers to two files of one path, "${repeated.path}".`, {
      remedy: 'Nothing was fetched.',
    });
  }
  const drafts = join(directory, `.trainyard-${randomUUID()}`);
  const moved: string[] = [];
  try {
    await mkdir(drafts);
    const landed: Landed[] = [];
    for (const [index, file] of files.entries()) {
      const place = places[index] ?? '';
      if (await holds(place, file, signal)) continue;
      const draft = join(drafts, String(index));
      await land(file, draft, locate, signal);
      landed.push({ draft, place });
    }
    for (const { draft, place } of landed) {
      await mkdir(dirname(place), { recursive: true });
      await rename(draft, place);
      moved.push(place);
    }
    return places;
  } catch (error) {
    await Promise.all(moved.map((place) => rm(place, { force: true })));
    throw error;
  } finally {
    await rm(drafts, { recursive: true, force: true });
  }
}

/** True where the right bytes are there already, as in the job that wrote them. */
async function holds(place: string, file: FileReference, signal: AbortSignal): Promise<boolean> {
  const facts = await stat(place).catch(() => undefined);
  if (facts?.isFile() !== true || facts.size !== file.bytes) return false;
  return (await hashFile(place, signal)).sha256 === file.sha256;
}

async function land(file: FileReference, draft: string, locate: Locate, signal: AbortSignal): Promise<void> {
  const reasons: string[] = [];
  let differs = false;
  const locations = ORDER.flatMap((kind) => file.locations.filter((location) => location.kind === kind));
  for (const location of locations) {
    try {
      const problem = await copyVerified(await locate(location, file, signal), draft, file, signal);
      if (problem === undefined) return;
      differs = true;
      reasons.push(`${nameOf(location)}: ${problem}`);
    } catch (error) {
      signal.throwIfAborted();
      reasons.push(`${nameOf(location)}: ${messageOf(error)}`);
    }
    await rm(draft, { force: true });
  }
  const why = reasons.length === 0 ? 'the record names no place for it' : reasons.join('; ');
  const message = `The file "${file.path}" (${file.role}, ${file.bytes} bytes) could not be fetched: ${why}.`;
  if (differs) {
    throw new SubjectError('data', message, {
      remedy: 'Its bytes are not those that the record speaks of. Run the training again.',
    });
  }
  throw new InfrastructureError(message, {
    remedy:
      'Artifacts expire, and a file of another machine cannot be read: run the training again, in this run.',
  });
}

function nameOf(location: Location): string {
  switch (location.kind) {
    case 'file':
      return location.path;
    case 'artifact':
      return `artifact ${location.artifact}`;
    case 'registry':
      return `registry ${location.registry}, version ${location.version}`;
    case 'store':
      return `store ${location.store}`;
  }
}

/** Copies a file while it counts and hashes. Returns what is wrong with the bytes; never reads more than are due. */
async function copyVerified(
  source: string | Readable,
  draft: string,
  { bytes, sha256 }: FileReference,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (typeof source === 'string') {
    const facts = await stat(source);
    if (!facts.isFile()) return 'is no file';
    if (facts.size !== bytes) return `has ${facts.size} bytes instead of ${bytes}`;
  }
  const hash = createHash('sha256');
  let seen = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      seen += chunk.length;
      done(seen > bytes ? new Error(`grew beyond ${bytes} bytes while it was read`) : null, chunk);
    },
  });
  const incoming = typeof source === 'string' ? createReadStream(source) : source;
  await pipeline(incoming, counting, createWriteStream(draft, { flags: 'wx' }), { signal });
  if (seen < bytes) return `has ${seen} bytes instead of ${bytes}`;
  const digest = hash.digest('hex');
  return digest === sha256 ? undefined : `has the SHA-256 ${digest} instead of ${sha256}`;
}
