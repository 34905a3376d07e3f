import { listProcesses } from '../../shared/process/processes.ts';

/** True while a process lives; a zombie, which nobody has fetched yet, does not. */
export async function isAlive(pid: number): Promise<boolean> {
  return (await listProcesses()).some((one) => one.pid === pid);
}

/** Waits until something holds; fails the test where it never does. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`never: ${what}`);
}
