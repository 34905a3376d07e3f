import type { FailureClass } from '../../../../shared/record/training-section.ts';

/** How a process ended, and what the system says about it. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The kernel killed something for want of memory, here and during the training. */
  readonly outOfMemoryKills: number;
  /** Where there was least room on a disk while it ran; null where that was not measured. */
  readonly leastFree: { readonly place: string; readonly bytes: number } | null;
  /** The last lines of output, in which frameworks say that they ran out of memory. */
  readonly lastLines: readonly string[];
}

export interface EndClass {
  readonly failureClass: FailureClass | null;
  readonly reason: string | null;
}

/** What frameworks print: PyTorch, Python, the JVM, C++, TensorFlow and JAX, libc. */
const MEMORY_WORDS =
  /CUDA out of memory|HIP out of memory|OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED|MemoryError|std::bad_alloc|RESOURCE_EXHAUSTED|Cannot allocate memory|JavaScript heap out of memory/;
/** ENOSPC and EDQUOT as libc, Windows and SQLite say them. Node says ENOSPC also of file watchers, which is no disk. */
const DISK_WORDS =
  /No space left on device|ENOSPC: no space left|Disk quota exceeded|There is not enough space on the disk|database or disk is full/i;
/** Below this a disk is full for a program that writes a file of some size. */
const LITTLE_ROOM_BYTES = 256 * 1024 * 1024;
/** Signals by which a process dies of its own fault; others come from outside. */
const CRASHES = ['SIGSEGV', 'SIGABRT', 'SIGFPE', 'SIGILL', 'SIGBUS', 'SIGSYS', 'SIGTRAP', 'SIGPIPE'];
/** What a shell returns where the process it ran was killed by SIGKILL. */
const KILLED_IN_SHELL = 128 + 9;

/** Tells apart why a command ended that nobody asked to end. */
export function classifyEnd({
  exitCode,
  signal,
  outOfMemoryKills,
  leastFree,
  lastLines,
}: ProcessEnd): EndClass {
  if (exitCode === 0) return { failureClass: null, reason: null };
  const how = signal === null ? `ended with exit code ${exitCode ?? 'unknown'}` : `was killed by ${signal}`;
  const killed = signal === 'SIGKILL' || exitCode === KILLED_IN_SHELL;
  if (killed && outOfMemoryKills > 0) {
    return {
      failureClass: 'out-of-memory',
      reason: `The command ${how}: the system ran out of memory and killed it.`,
    };
  }
  const said = lastLines.findLast((line) => MEMORY_WORDS.test(line) || DISK_WORDS.test(line)) ?? '';
  const memory = MEMORY_WORDS.exec(said)?.[0];
  if (memory !== undefined) {
    return { failureClass: 'out-of-memory', reason: `The command ${how} after "${memory}".` };
  }
  const disk = DISK_WORDS.exec(said)?.[0];
  if (disk !== undefined) {
    return { failureClass: 'disk-full', reason: `The command ${how} after "${disk}".${roomOf(leastFree)}` };
  }
  if (signal !== null && !CRASHES.includes(signal)) {
    const hint = killed ? ' No sign of a lack of memory was found.' : '';
    return {
      failureClass: 'infrastructure',
      reason: `The command ${how}, which came from outside the training.${hint}`,
    };
  }
  const hint = killed ? ' That often means a lack of memory, of which no sign was found.' : '';
  return { failureClass: 'user-code', reason: `The command ${how}.${hint}` };
}

/** What was seen of the room on the disks, as a sentence behind another one. */
function roomOf(leastFree: ProcessEnd['leastFree']): string {
  if (leastFree === null) return '';
  const room = `${Math.floor(leastFree.bytes / 1024 / 1024)} MiB`;
  return leastFree.bytes < LITTLE_ROOM_BYTES
    ? ` "${leastFree.place}" had ${room} left.`
    : ` No disk was seen full (the least room was ${room}, on "${leastFree.place}"): it asked for more than there was at once, or wrote elsewhere.`;
}
