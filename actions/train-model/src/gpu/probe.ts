import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** More than any of these tools says. */
const MAX_OUTPUT_CHARACTERS = 4 * 1024 * 1024;

/** How a tool that was asked something ended. */
export type Probe =
  | { readonly kind: 'missing' }
  | { readonly kind: 'silent'; readonly afterMs: number }
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly stdout: string;
      readonly stderr: string;
    };

export interface ProbeOptions {
  /** Also where the program is looked for. */
  readonly environment: NodeJS.ProcessEnv;
  readonly directory?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks a program something. Never throws, and never takes longer than it may: a tool whose driver hangs cannot even
 * be killed, so it is left behind rather than waited for.
 */
export async function probe(
  [program, ...words]: readonly [string, ...string[]],
  { environment, directory, timeoutMs, signal }: ProbeOptions,
): Promise<Probe> {
  if (signal.aborted) return { kind: 'silent', afterMs: 0 };
  const child = begin(program, words, environment, directory);
  if (child === undefined) return { kind: 'missing' };
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      output[name] += text;
      if (output[name].length > MAX_OUTPUT_CHARACTERS) end(child);
    });
  }
  return await new Promise<Probe>((resolve) => {
    const giveUp = (): void => {
      end(child);
      settle({ kind: 'silent', afterMs: timeoutMs });
    };
    const timer = setTimeout(giveUp, timeoutMs);
    const settle = (result: Probe): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(result);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    child.once('error', () => settle({ kind: 'missing' }));
    child.once('close', (code) => settle({ kind: 'ended', code, ...output }));
  });
}

function begin(
  program: string,
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  directory: string | undefined,
): ChildProcessByStdio<null, Readable, Readable> | undefined {
  try {
    return spawn(program, words, {
      // Figures are read by their points, not by the commas of some languages.
      env: { ...environment, LC_ALL: 'C' },
      ...(directory === undefined ? {} : { cwd: directory }),
      // Its own group, so that what a wrapper script started ends with it.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
  } catch {
    // Most faults come as an event; some, such as an environment that is too large, are thrown.
    return undefined;
  }
}

function end(child: ChildProcess): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It has just ended by itself.
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}
