import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { completenessOf } from './completeness.ts';
import { targetWithin } from './manifest.ts';
import {
  type FolderLook,
  type FoundFile,
  type FoundLink,
  openForWriting,
  scanFolder,
} from './scan-folder.ts';

/** Between two looks. What was last written longer ago than this, and is open nowhere, needs no second look. */
const SETTLE_MS = 500;
/** A checkpoint of some GB is written in this time; what takes longer comes with the next one. */
const PATIENCE_MS = 10_000;
/** What a killed command wrote this short before its end may be half of what it wanted to write. */
const INTERRUPTED_MS = 10_000;

export interface Settled {
  readonly files: readonly FoundFile[];
  readonly links: readonly FoundLink[];
  /** What was left out because it is being written, or is cut short: paths below the folder, with their states. */
  readonly unfinished: ReadonlyMap<string, string | undefined>;
}

export interface SettleOptions {
  /** Given when nothing writes any more: a killed command may have left half of a file. */
  readonly ended?: 'in-order' | 'killed' | undefined;
  /** What an earlier look left out. */
  readonly earlier?: Settled['unfinished'];
  readonly signal: AbortSignal;
}

/**
 * What of a folder is whole: files that two looks find alike and that nobody holds open for writing. A folder with a
 * file that is being written is a checkpoint that is being written, and is left out with all that lies in it.
 * Undefined where there is no folder.
 */
export async function settledFiles(
  folder: string,
  { ended, earlier, signal }: SettleOptions,
): Promise<Settled | undefined> {
  const until = performance.now() + (ended === undefined ? PATIENCE_MS : 0);
  let before = await scanFolder(folder);
  let unfinished: string[] = [];
  for (;;) {
    if (before === undefined) return undefined;
    const young = [...before.files.values()].some((file) => isYoung(file, SETTLE_MS * 4));
    if (young) await sleep(SETTLE_MS, undefined, { signal });
    const after = young ? await scanFolder(folder) : before;
    if (after === undefined) return undefined;
    unfinished = await unfinishedIn(folder, before, after);
    before = after;
    if (unfinished.length === 0 || performance.now() > until) break;
    await sleep(SETTLE_MS, undefined, { signal });
  }
  for (const file of before.files.values()) {
    if (file.growing || unfinished.includes(file.path)) continue;
    const completeness = await completenessOf(join(folder, file.path)).catch(() => 'cut' as const);
    // What was being written when it was last looked at, and was never written again, is still the same half.
    const untouched = earlier?.get(file.path) === file.state;
    const suspect =
      ended === 'killed' && completeness === 'unknown' && (untouched || isYoung(file, INTERRUPTED_MS));
    if (completeness === 'cut' || suspect) unfinished.push(file.path);
  }
  return without(before, unfinished);
}

function isYoung({ modifiedMs }: FoundFile, ms: number): boolean {
  return Date.now() - modifiedMs < ms;
}

/** Paths of files that changed between two looks, came, went, or are open for writing. */
async function unfinishedIn(folder: string, before: FolderLook, after: FolderLook): Promise<string[]> {
  const open = await openForWriting(folder);
  const paths = new Set([...before.files.keys(), ...after.files.keys()]);
  return [...paths].filter((path) => {
    const [one, other] = [before.files.get(path), after.files.get(path)];
    if ((other ?? one)?.growing === true) return false;
    return one?.state !== other?.state || open.has(join(folder, path));
  });
}

function without({ files, links }: FolderLook, unfinished: readonly string[]): Settled {
  const left = new Set(unfinished);
  // Of checkpoints that are folders the first folder of the path is one; a file in the folder itself is one alone.
  const folders = new Set(unfinished.flatMap((path) => unitOf(path) ?? []));
  const kept = [...files.values()].filter(({ path }) => !left.has(path) && !folders.has(unitOf(path) ?? ''));
  const names = kept.map(({ path }) => path);
  const exists = (target: string): boolean =>
    names.some((name) => name === target || name.startsWith(`${target}/`));
  return {
    files: kept,
    links: links.filter(
      ({ path, target }) => !folders.has(unitOf(path) ?? '') && exists(resolved(path, target)),
    ),
    unfinished: new Map(unfinished.map((path) => [path, files.get(path)?.state])),
  };
}

function unitOf(path: string): string | undefined {
  const at = path.indexOf('/');
  return at === -1 ? undefined : path.slice(0, at);
}

function resolved(path: string, target: string): string {
  return targetWithin(path, target) ?? '';
}
