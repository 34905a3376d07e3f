import type { FailureClass } from '../../../../shared/record/training-section.ts';

/** How a process ended, and what the system says about it. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The kernel killed something for want of memory, here and during the training. */
  readonly outOfMemoryKills: number;
  /** The last lines of output, in which frameworks say that they ran out of memory. */
  readonly lastLines: readonly string[];
}

export interface EndClass {
  readonly failureClass: FailureClass | null;
  readonly reason: string | null;
}

/** What frameworks print: PyTorch, Python, the JVM, C++, TensorFlow and JAX, libc. */
const MEMORY_WORDS =
  /CUDA out of memory|OutOfMemoryError|MemoryError|std::bad_alloc|RESOURCE_EXHAUSTED|Cannot allocate memory|JavaScript heap out of memory/;
/** Signals by which a process dies of its own fault; others come from outside. */
const CRASHES = ['SIGSEGV', 'SIGABRT', 'SIGFPE', 'SIGILL', 'SIGBUS', 'SIGSYS', 'SIGTRAP', 'SIGPIPE'];
/** What a shell returns where the process it ran was killed by SIGKILL. */
const KILLED_IN_SHELL = 128 + 9;

/** Tells apart why a command ended that nobody asked to end. */
export function classifyEnd({ exitCode, signal, outOfMemoryKills, lastLines }: ProcessEnd): EndClass {
  if (exitCode === 0) return { failureClass: null, reason: null };
  const how = signal === null ? `ended with exit code ${exitCode ?? 'unknown'}` : `was killed by ${signal}`;
  const killed = signal === 'SIGKILL' || exitCode === KILLED_IN_SHELL;
  if (killed && outOfMemoryKills > 0) {
    return {
      failureClass: 'out-of-memory',
      reason: `The command ${how}: the system ran out of memory and killed it.`,
    };
  }
  const words = lastLines.map((line) => MEMORY_WORDS.exec(line)?.[0]).findLast((word) => word !== undefined);
  if (words !== undefined) {
    return { failureClass: 'out-of-memory', reason: `The command ${how} after "${words}".` };
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
