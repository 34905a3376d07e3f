import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { MARK } from '../decide/child-environment.ts';

const run = promisify(execFile);
/** ps on a machine that is starved by a training; a sample that comes later is of no use. */
const PS_TIMEOUT_MS = 5_000;
/** The unit of resident sizes in /proc/<pid>/stat. All kernels that Node runs on for Linux use it or a multiple. */
const PAGE_BYTES = 4096;

/** One process, as the system tells it. */
export interface ProcessFacts {
  readonly pid: number;
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
    group: Number(field(5)),
    session: Number(field(6)),
    started: field(22),
    residentBytes: Number(field(24)) * PAGE_BYTES,
  };
}

async function listFromPs(): Promise<ProcessFacts[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,pgid=,rss=,stat=,lstart='], {
    timeout: PS_TIMEOUT_MS,
  });
  return stdout.split('\n').flatMap((line) => parsePsLine(line) ?? []);
}

/** Reads a line of `ps -o pid=,pgid=,rss=,stat=,lstart=`; sizes are in KiB. */
export function parsePsLine(line: string): ProcessFacts | undefined {
  const [, pid, group, resident, state = '', started = ''] =
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
  if (pid === undefined || state.startsWith('Z')) return undefined;
  // The leader of a detached child is the leader of its group too, so the group tells the session well enough.
  return {
    pid: Number(pid),
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

/**
 * The processes of a group that still live: those of the leader's session while it is certain that the pid was not
 * given to another process, and on Linux all that carry the mark in their environment, wherever they went.
 *
 * `watched` says that the caller has seen the leader live until now. The system gives a pid to no other process while
 * it still names a session, so the session is then the right one even where its leader has gone. A post step has seen
 * nothing and may not conclude that.
 */
export async function membersOf(
  { pid, started, mark }: Group,
  { watched }: { readonly watched: boolean },
): Promise<ProcessFacts[]> {
  const all = await listProcesses();
  const leader = all.find((one) => one.pid === pid);
  const certain =
    pid !== 0 && (leader === undefined ? watched : started !== null && leader.started === started);
  const marked = await Promise.all(all.map((one) => carriesMark(one.pid, mark)));
  return all.filter((one, index) => marked[index] === true || (certain && isOfSession(one, pid)));
}

function isOfSession(one: ProcessFacts, leader: number): boolean {
  return one.session === leader || one.group === leader;
}

async function carriesMark(pid: number, mark: string): Promise<boolean> {
  if (process.platform !== 'linux' || pid === process.pid) return false;
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`${MARK}=${mark}`);
}

/** The processes of a leader's session. Pages that they share are counted for each of them. */
export async function processesOf(leader: number): Promise<ProcessFacts[]> {
  return (await listProcesses()).filter((one) => isOfSession(one, leader));
}
