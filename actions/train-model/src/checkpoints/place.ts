import { randomUUID } from 'node:crypto';
import { copyFile, lstat, mkdir, readFile, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../../../shared/errors.ts';
import { git } from '../../../../shared/github/git.ts';
import { hashFile } from '../../../../shared/record/digest.ts';
import { RECORD_FOLDER } from '../../../../shared/record/disk-store.ts';
import { writeWhole } from '../../../../shared/record/section-folder.ts';
import { placeOf } from '../../../../shared/record/reference-path.ts';
import type { Manifest } from './manifest.ts';
import { FILES_FOLDER, requireRoom } from './pack.ts';
import { OWN_PREFIX, scanFolder } from './scan-folder.ts';

const ledgerSchema = z.object({ folders: z.array(z.string()).max(1_000) });

export interface PlaceOptions {
  readonly folder: string;
  readonly workingDirectory: string;
  readonly subject: string;
  /** Where folders are noted that are ours, in a terminal; undefined on a runner. */
  readonly ledger: string | undefined;
  readonly signal: AbortSignal;
}

/** Notes a folder as one whose checkpoints Trainyard saves: what lies in it without a commit may be put aside. */
export async function markFolder({ folder, ledger }: Pick<PlaceOptions, 'folder' | 'ledger'>): Promise<void> {
  if (ledger === undefined) return;
  const path = await realpath(folder);
  const known = await readLedger(ledger);
  if (known.includes(path)) return;
  await mkdir(dirname(ledger), { recursive: true });
  await writeWhole(ledger, `${JSON.stringify({ folders: [...known, path] })}\n`, { replace: true });
}

async function readLedger(ledger: string): Promise<string[]> {
  try {
    return ledgerSchema.parse(JSON.parse(await readFile(ledger, 'utf8'))).folders;
  } catch {
    return [];
  }
}

/** On a runner the whole workspace is the job's, but for what is committed. */
async function isOwn({ folder, ledger }: PlaceOptions): Promise<boolean> {
  return ledger === undefined || (await readLedger(ledger)).includes(await realpath(folder));
}

/**
 * Puts a verified checkpoint into the folder that the command reads. Nothing that is committed is overwritten, nor what
 * somebody else put there; what an earlier attempt left behind that checkpoint is put aside, or the command would take
 * it for the newest. Returns where it was put; undefined where there was nothing.
 */
export async function placeCheckpoint(
  source: string,
  manifest: Pick<Manifest, 'files' | 'links'>,
  options: PlaceOptions,
): Promise<string | undefined> {
  const { folder, signal } = options;
  await mkdir(folder, { recursive: true });
  const aside = await makeRoom(manifest, options);
  await requireRoom(
    folder,
    manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    'The restored checkpoint',
  );
  const drafts = join(folder, `${OWN_PREFIX}${randomUUID()}`);
  try {
    await mkdir(drafts);
    for (const [index, { path, sha256, bytes }] of manifest.files.entries()) {
      const place = placeOf(folder, path);
      if (await holds(place, bytes, sha256, signal)) continue;
      const draft = join(drafts, String(index));
      await copyFile(join(source, FILES_FOLDER, sha256), draft);
      await mkdir(dirname(place), { recursive: true });
      await rename(draft, place);
    }
    for (const { path, target } of manifest.links) {
      const place = placeOf(folder, path);
      await mkdir(dirname(place), { recursive: true });
      if ((await readlink(place).catch(() => undefined)) !== target) await symlink(target, place);
    }
  } finally {
    await rm(drafts, { recursive: true, force: true });
  }
  await markFolder(options);
  return aside;
}

async function holds(place: string, bytes: number, sha256: string, signal: AbortSignal): Promise<boolean> {
  const facts = await lstat(place).catch(() => undefined);
  if (facts?.isFile() !== true || facts.size !== bytes) return false;
  return (await hashFile(place, signal)).sha256 === sha256;
}

/** Finds what is in the way, and puts it aside where that is ours to do. */
async function makeRoom(
  { files, links }: Pick<Manifest, 'files' | 'links'>,
  options: PlaceOptions,
): Promise<string | undefined> {
  const { folder, workingDirectory, subject, signal } = options;
  const look = await scanFolder(folder);
  const there = [...(look?.files.keys() ?? []), ...(look?.links ?? []).map(({ path }) => path)];
  const wanted = new Map(files.map((file) => [file.path, file]));
  const targets = new Map(links.map(({ path, target }) => [path, target]));
  const own = await isOwn(options);
  const committed = await committedBelow(folder, signal);
  const moved: string[] = [];
  for (const path of there) {
    const file = wanted.get(path);
    const link = look?.links.find((one) => one.path === path);
    const equal =
      file === undefined
        ? link !== undefined && targets.get(path) === link.target
        : await holds(join(folder, path), file.bytes, file.sha256, signal);
    if (equal) continue;
    const inTheWay = isInTheWay(path, wanted, targets);
    if (committed.has(path)) {
      if (inTheWay) refuse(path, folder, workingDirectory, 'it is committed to git');
    } else if (own) {
      moved.push(path);
    } else if (inTheWay) {
      refuse(path, folder, workingDirectory, 'it is no checkpoint that Trainyard saved or restored');
    }
  }
  if (moved.length === 0) return undefined;
  const time = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const aside = join(workingDirectory, RECORD_FOLDER, subject, 'put-aside', time);
  for (const path of moved) {
    await mkdir(dirname(join(aside, path)), { recursive: true });
    await rename(join(folder, path), join(aside, path));
  }
  return aside;
}

/** True where the path itself is to be written, is a folder to be, or lies below a file to be. */
function isInTheWay(
  path: string,
  wanted: ReadonlyMap<string, unknown>,
  links: ReadonlyMap<string, unknown>,
): boolean {
  const words = path.split('/');
  const prefixes = words.map((_, index) => words.slice(0, index + 1).join('/'));
  if (prefixes.some((prefix) => wanted.has(prefix) || links.has(prefix))) return true;
  return [...wanted.keys(), ...links.keys()].some((other) => other.startsWith(`${path}/`));
}

function refuse(path: string, folder: string, workingDirectory: string, why: string): never {
  const shown = relative(workingDirectory, join(folder, path)).split(sep).join('/');
  throw new UsageError(`The checkpoint cannot be restored over "${shown}": ${why}.`, {
    remedy: 'Name another folder in the input "checkpoints", or move that file away.',
  });
}

/** Paths below the folder that are committed or staged; none outside a repository. */
async function committedBelow(folder: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const listed = await git(await realpath(folder), ['ls-files', '-z', '--', '.'], signal);
  return new Set((listed?.toString('utf8') ?? '').split('\0').filter((path) => path !== ''));
}
