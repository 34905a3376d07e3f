import { writeFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/** Training yields to the runner's own processes: a starved runner loses its connection, and the log with it. */
export const NICENESS = 10;
/** When memory runs out the kernel takes the training before the runner (proc_pid_oom_score_adj(5): up to 1000). */
const OOM_SCORE = '500';

/**
 * Gives a process of a training a low priority, which its children inherit. One that began before its parent had it is
 * met again by a later call. A courtesy, not a condition: it may have ended, or the system may not allow it.
 */
export async function yieldToTheRunner(pid: number): Promise<void> {
  if (pid === 0) return;
  try {
    if (getPriority(pid) >= NICENESS) return;
    setPriority(pid, NICENESS);
  } catch {
    return;
  }
  if (process.platform === 'linux') {
    await writeFile(`/proc/${pid}/oom_score_adj`, OOM_SCORE).catch(() => undefined);
  }
}
