import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isInside } from '../../shared/action/contained-path.ts';

/** The processes whose working directory lies in a folder, by number; Linux only, elsewhere none are seen. */
export async function processesIn(folder: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const found: number[] = [];
  for (const pid of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    const cwd = await readlink(join('/proc', String(pid), 'cwd')).catch(() => undefined);
    if (cwd !== undefined && isInside(folder, cwd.replace(/ \(deleted\)$/, ''))) found.push(pid);
  }
  return found;
}

/** Waits until a condition holds; fails the test where it does not within the time. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
