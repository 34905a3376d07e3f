import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, startChild } from './child.ts';
import { MARK } from './decide/stripped-environment.ts';
import type { Masker } from './decide/masker.ts';
import { endGroup } from './end-group.ts';
import { withinBudget } from './log-budget.ts';
import { startOf } from './processes.ts';

/** How long a command that is ended may take to end by itself. */
const GRACE_MS = 5_000;
/** Output still in the pipe after the last process has gone. */
const DRAIN_MS = 2_000;

export interface RunOptions {
  readonly masker: Masker;
  readonly timeLimitMs: number;
  readonly graceMs?: number;
  /** Every line of its output, masked, as it comes. */
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** It was ended because it ran longer than it may. */
  readonly timedOut: boolean;
}

/**
 * Runs a command as the leader of its own process group to its end, and ends with it all that it left behind. One that
 * runs for too long is ended too; an abort ends it and throws. Rejects where the program cannot be started.
 */
export async function runCommand(command: Command, options: RunOptions): Promise<CommandEnd> {
  const { masker, timeLimitMs, graceMs = GRACE_MS, onLine, signal } = options;
  signal.throwIfAborted();
  const child = await startChild(command, { masker, onLine: () => undefined });
  const group = {
    pid: child.pid,
    started: await startOf(child.pid),
    mark: command.environment[MARK] ?? '',
  };
  const seen = new Map<number, string>();
  const shown = (async () => {
    for await (const line of withinBudget(child.queue.read(new AbortController().signal))) onLine(line);
  })();
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const late = sleep(timeLimitMs, 'late' as const, { signal: stop }).catch(() => 'stopped' as const);
  const ended = await Promise.race([child.exited.then(() => 'exited' as const), late]);
  const asked = ended === 'exited' ? 0 : graceMs;
  await endGroup(group, asked, { watched: true, seen }, ended === 'late' ? 'limit' : 'cancelled');
  over.abort();
  const drained = new AbortController();
  await Promise.race([
    child.queue.closed,
    sleep(DRAIN_MS, undefined, { signal: drained.signal }).catch(() => undefined),
  ]);
  drained.abort();
  child.closeOutput();
  await shown;
  signal.throwIfAborted();
  return { ...(await child.exited), timedOut: ended === 'late' };
}
