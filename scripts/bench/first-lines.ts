import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ACTION_NAMES } from '../../shared/names.ts';

const STARTS = 15;

async function firstLineMs(stub: string): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [stub], {
    env: {
      PATH: process.env['PATH'],
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: tmpdir(),
      RUNNER_TEMP: tmpdir(),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const elapsed = performance.now() - start;
  child.kill();
  await once(child, 'close');
  return elapsed;
}

/** Prints how long each built action takes to its first line, on this machine, in milliseconds. */
export async function benchFirstLines(): Promise<void> {
  console.log(`first line of each action, ${STARTS} starts    fastest    median`);
  for (const name of ACTION_NAMES) {
    const stub = fileURLToPath(new URL(`../../dist/${name}/index.js`, import.meta.url));
    const times: number[] = [];
    for (let start = 0; start < STARTS; start += 1) times.push(await firstLineMs(stub));
    times.sort((a, b) => a - b);
    const show = (ms = 0): string => `${ms.toFixed(0)} ms`.padStart(10);
    console.log(`${name.padEnd(38)}${show(times[0])}${show(times[Math.floor(STARTS / 2)])}`);
  }
}
