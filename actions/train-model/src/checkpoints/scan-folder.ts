import type { Dirent } from 'node:fs';
import { lstat, readdir, readlink, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SubjectError } from '../../../../shared/errors.ts';
import { hasCode } from '../../../../shared/record/section-folder.ts';
import { isPlainPath, targetWithin } from './manifest.ts';

/** Our own files in a folder of checkpoints begin with this; they are no part of a checkpoint. */
export const OWN_PREFIX = '.trainyard-';
const MAX_ENTRIES = 10_000;
/** Files that only ever grow: what they hold at a moment is whole, though they are written all the time. */
const GROWING = /(?:\.(?:jsonl|csv|tsv|log|txt|out|err)|(?:^|\/)events\.out\.tfevents\.[^/]*)$/;

export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Changes with every write. */
  readonly state: string;
  readonly growing: boolean;
}

export interface FoundLink {
  readonly path: string;
  readonly target: string;
}

export interface FolderLook {
  readonly files: ReadonlyMap<string, FoundFile>;
  readonly links: readonly FoundLink[];
  /** Pipes, sockets and devices: nothing that could be saved. */
  readonly others: readonly string[];
}

/** Looks at a folder of checkpoints; undefined where there is none. What vanishes meanwhile is not there. */
export async function scanFolder(folder: string): Promise<FolderLook | undefined> {
  const files = new Map<string, FoundFile>();
  const links: FoundLink[] = [];
  const others: string[] = [];
  const walk = async (below: string): Promise<boolean> => {
    const entries = await listFolder(join(folder, below));
    if (entries === undefined) return false;
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (below === '' && entry.name.startsWith(OWN_PREFIX)) continue;
      if (files.size + links.length >= MAX_ENTRIES) {
        throw new SubjectError('code', `The folder of checkpoints holds more than ${MAX_ENTRIES} files.`, {
          remedy: 'Let the command keep fewer checkpoints, or name a folder that holds nothing else.',
        });
      }
      if (entry.isDirectory()) await walk(path);
      else if (entry.isSymbolicLink()) await addLink(path);
      else if (entry.isFile()) await addFile(path);
      else others.push(path);
    }
    return true;
  };
  const addFile = async (path: string): Promise<void> => {
    const facts = await lstat(join(folder, path), { bigint: true }).catch(() => undefined);
    if (facts?.isFile() !== true) return;
    if (!isPlainPath(path)) {
      throw new SubjectError(
        'code',
        `The checkpoint "${path}" has a name that cannot be restored everywhere.`,
        {
          remedy: 'Let the command write names without backslashes.',
        },
      );
    }
    files.set(path, {
      path,
      bytes: Number(facts.size),
      modifiedMs: Number(facts.mtimeMs),
      state: `${facts.ino}.${facts.size}.${facts.mtimeNs}.${facts.ctimeNs}`,
      growing: GROWING.test(path),
    });
  };
  const addLink = async (path: string): Promise<void> => {
    const target = await readlink(join(folder, path)).catch(() => undefined);
    if (target === undefined) return;
    if (targetWithin(path, target) === undefined) {
      throw new SubjectError('code', `The checkpoint "${path}" is a link that leaves its folder.`, {
        remedy: 'Let the command write the file itself, or link to it by a path relative to the link.',
      });
    }
    links.push({ path, target });
  };
  return (await walk('')) ? { files, links, others } : undefined;
}

async function listFolder(path: string): Promise<Dirent[] | undefined> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Files that some process holds open for writing, absolute. Linux tells; elsewhere none are known. */
export async function openForWriting(folder: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (process.platform !== 'linux') return found;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      // Of processes of other users, and of those that end meanwhile, nothing can be read.
      const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
      for (const descriptor of descriptors) {
        const path = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
        if (!path.startsWith(`${folder}/`) || found.has(path)) continue;
        const facts = await readFile(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8').catch(() => '');
        // The access mode is in the last two bits of the flags, which are octal (proc_pid_fdinfo(5), open(2)).
        const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(facts)?.[1] ?? '0', 8);
        if ((flags & 3) !== 0) found.add(path);
      }
    }),
  );
  return found;
}
