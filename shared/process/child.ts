import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import { LineSplitter } from './decide/line-splitter.ts';
import type { Masker } from './decide/masker.ts';
import { LineQueue } from './line-queue.ts';
import { yieldToTheRunner } from './priority.ts';

/** Enough to find what a framework said before it gave up. */
const LAST_LINES = 50;

/** A command that runs, with its output as lines. */
export interface Child {
  readonly pid: number;
  readonly queue: LineQueue;
  readonly lastLines: readonly string[];
  /** Settles when the command itself has ended; others of its group may still hold its output open. */
  readonly exited: Promise<{ exitCode: number | null; signal: string | null }>;
  /** Stops reading the output and closes the queue. */
  closeOutput(): void;
}

/** What is started. */
export interface Command {
  readonly command: readonly [string, ...string[]];
  /** Where it starts; absolute. */
  readonly directory: string;
  /** All that it is given. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ChildOptions {
  readonly masker: Masker;
  /** Every line, masked, before anybody reads the queue. */
  readonly onLine: (line: string) => void;
}

/** Starts a command without a shell, as the leader of its own process group, with low priority. */
export async function startChild(job: Command, { masker, onLine }: ChildOptions): Promise<Child> {
  const [program, ...words] = job.command;
  const child = spawn(program, words, {
    cwd: job.directory,
    env: job.environment,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: false,
    windowsHide: true,
  });
  const exited = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const lastLines: string[] = [];
  const { stdout, stderr } = child;
  const streams: Readable[] = [stdout, stderr];
  const queue = new LineQueue(() => {
    for (const stream of streams) stream.resume();
  });
  const keep = (lines: readonly string[]): boolean => {
    for (const line of lines) onLine(line);
    lastLines.push(...lines.slice(-LAST_LINES));
    lastLines.splice(0, lastLines.length - LAST_LINES);
    return queue.push(lines);
  };
  let open = streams.length;
  for (const stream of streams) {
    const decoder = new StringDecoder('utf8');
    const splitter = new LineSplitter(masker);
    stream.on('data', (chunk: Buffer) => {
      if (!keep(splitter.push(decoder.write(chunk)))) stream.pause();
    });
    stream.once('close', () => {
      keep([...splitter.push(decoder.end()), ...splitter.end()]);
      open -= 1;
      if (open === 0) queue.close();
    });
  }
  // Only now, as a command that ends at once would have its output thrown away by Node before anybody listens.
  // Rejects where the program cannot be started; `exit` never comes then.
  await once(child, 'spawn');
  await yieldToTheRunner(pidOf(child));
  return {
    pid: pidOf(child),
    queue,
    lastLines,
    exited,
    closeOutput() {
      for (const stream of streams) stream.destroy();
    },
  };
}

/** A process that was spawned has one. */
function pidOf({ pid }: ChildProcess): number {
  return pid ?? 0;
}
