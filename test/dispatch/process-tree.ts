import { readdirSync, readFileSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** What runs on this machine now; processes that end meanwhile are left out. */
function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The name in parentheses may hold anything, also a parenthesis (proc(5)).
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ pid: Number(name), parent, command }];
      } catch {
        return [];
      }
    });
}

/** A process and all that it started, also in other process groups; parents before their children. */
export function treeOf(root: number): Process[] {
  const all = processes();
  const found = all.filter(({ pid }) => pid === root);
  // Those that are found on the way are gone through too.
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

/** Whether a process still does something: one that has ended may wait for its parent to notice. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat[stat.lastIndexOf(')') + 2] ?? '');
  } catch {
    return false;
  }
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}

/** Ends a process and all that it started at once, as when its machine is switched off. */
export function killTree(root: number): void {
  const tree = treeOf(root);
  // Stopped first, so that no parent acts on the end of its child.
  for (const { pid } of tree) signal(pid, 'SIGSTOP');
  for (const { pid } of treeOf(root)) signal(pid, 'SIGKILL');
}
