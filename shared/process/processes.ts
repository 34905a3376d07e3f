import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { MARK } from './decide/stripped-environment.ts';

const run = promisify(execFile);
/** ps on a machine that is starved by a training; a sample that comes later is of no use. */
const PS_TIMEOUT_MS = 5_000;
/** The unit of resident sizes in /proc/<pid>/stat. All kernels that Node runs on for Linux use it or a multiple. */
const PAGE_BYTES = 4096;

/** One process, as the system tells it. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Ticks since boot on Linux, a date elsewhere: together with the pid it names one process for ever. */
  readonly started: string;
  readonly residentBytes: number;
}

/** All that identifies the processes of one training, also after the step that started them has ended. */
export interface Group {
  readonly pid: number;
  readonly started: string | null;
  readonly mark: string;
}

/** The processes that live now. Zombies are left out: nothing of them can be ended. */
export async function listProcesses(platform: NodeJS.Platform = process.platform): Promise<ProcessFacts[]> {
  if (platform === 'win32') return [];
  return platform === 'linux' ? await listFromProc() : await listFromPs();
}

async function listFromProc(): Promise<ProcessFacts[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const facts = await Promise.all(
    names.map(async (name) => {
      // A process may end between the listing and the reading.
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      return parseStat(stat);
    }),
  );
  return facts.filter((one) => one !== undefined);
}

/** Reads /proc/<pid>/stat (proc_pid_stat(5)). The name in parentheses may itself hold parentheses and blanks. */
export function parseStat(stat: string): ProcessFacts | undefined {
  const end = stat.lastIndexOf(')');
  if (end === -1) return undefined;
  const fields = stat.slice(end + 2).split(' ');
  // Numbers of the manual, of which state is 3.
  const field = (number: number): string => fields[number - 3] ?? '';
  if (field(3) === 'Z' || field(3) === 'X') return undefined;
  return {
    pid: Number.parseInt(stat, 10),
    parent: Number(field(4)),
    group: Number(field(5)),
    session: Number(field(6)),
    started: field(22),
    residentBytes: Number(field(24)) * PAGE_BYTES,
  };
}

async function listFromPs(): Promise<ProcessFacts[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,pgid=,rss=,stat=,lstart='], {
    timeout: PS_TIMEOUT_MS,
  });
  return stdout.split('\n').flatMap((line) => parsePsLine(line) ?? []);
}

/** Reads a line of `ps -o pid=,ppid=,pgid=,rss=,stat=,lstart=`; sizes are in KiB. */
export function parsePsLine(line: string): ProcessFacts | undefined {
  const [, pid, parent, group, resident, state = '', started = ''] =
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
  if (pid === undefined || state.startsWith('Z')) return undefined;
  // The leader of a detached child is the leader of its group too, so the group tells the session well enough.
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    session: Number(group),
    started,
    residentBytes: Number(resident) * 1024,
  };
}

/** When a process started; null where there is none. */
export async function startOf(pid: number): Promise<string | null> {
  return (await listProcesses()).find((one) => one.pid === pid)?.started ?? null;
}

/** What a caller knows of a group besides. */
export interface Watch {
  /**
   * The caller has seen the leader live until now. The system gives a pid to no other process while it still names a
   * session, so the session is then the right one even where its leader has gone. A post step has seen nothing and may
   * not conclude that.
   */
  readonly watched: boolean;
  /**
   * Processes that were found before, by pid with their starts; what is found is added. One that has left the session
   * and dropped its environment is known for what it is only as long as its parent lives.
   */
  readonly seen?: Map<number, string>;
}

/**
 * The processes of a group that still live: those of the leader's session while it is certain that the pid was not
 * given to another process, on Linux all that carry the mark in their environment, wherever they went, those that were
 * seen before, and the children of all these.
 */
export async function membersOf(
  { pid, started, mark }: Group,
  { watched, seen }: Watch,
): Promise<ProcessFacts[]> {
  const all = await listProcesses();
  const leader = all.find((one) => one.pid === pid);
  const certain =
    pid !== 0 && (leader === undefined ? watched : started !== null && leader.started === started);
  const marked = await Promise.all(all.map((one) => carriesMark(one.pid, mark)));
  const members = new Set(
    all.filter(
      (one, index) =>
        marked[index] === true || (certain && isOfSession(one, pid)) || seen?.get(one.pid) === one.started,
    ),
  );
  addChildren(members, all);
  for (const one of members) seen?.set(one.pid, one.started);
  return [...members];
}

function addChildren(members: Set<ProcessFacts>, all: readonly ProcessFacts[]): void {
  const children = Map.groupBy(all, ({ parent }) => parent);
  // A set is walked to its end also where it grows meanwhile.
  for (const { pid } of members) {
    for (const child of children.get(pid) ?? []) if (child.pid !== process.pid) members.add(child);
  }
}

function isOfSession(one: ProcessFacts, leader: number): boolean {
  return one.session === leader || one.group === leader;
}

async function carriesMark(pid: number, mark: string): Promise<boolean> {
  if (process.platform !== 'linux' || pid === process.pid) return false;
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`${MARK}=${mark}`);
}
