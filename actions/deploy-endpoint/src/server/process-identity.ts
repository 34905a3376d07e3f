import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Field 22 of /proc/<pid>/stat, counted after the command's closing parenthesis (proc(5)). */
const STARTTIME_INDEX = 19;

/**
 * Tells one process from a later one of the same number: when it started, in whatever form the system gives it.
 * Undefined where there is no such process, or where the system does not say.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[STARTTIME_INDEX];
  }
  if (process.platform === 'win32') return undefined;
  const listed = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => undefined);
  const text = listed?.stdout.trim();
  return text === '' ? undefined : text;
}

/** True where that very process, not another of its number, still runs. */
export async function isRunning(pid: number, startTime: string | null): Promise<boolean> {
  return startTime !== null && (await startTimeOf(pid)) === startTime;
}

/** How often is looked whether a process has ended. */
const POLL_MS = 50;

/** Ends that very process, or its whole group: SIGTERM, and SIGKILL after `graceMs`. Of another it touches nothing. */
export async function endProcess(
  subject: { readonly pid: number; readonly startTime: string | null; readonly group: boolean },
  graceMs: number,
): Promise<void> {
  const target = subject.group ? -subject.pid : subject.pid;
  for (const [signal, waitMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', graceMs],
  ] as const) {
    if (!(await isRunning(subject.pid, subject.startTime))) return;
    try {
      process.kill(target, signal);
    } catch {
      return; // It ended between the question and the signal.
    }
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline && (await isRunning(subject.pid, subject.startTime))) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
