// `npm run demo`, `npm test`, `npm run bench` and `npm run simulate`: sets up what is missing, then runs the task on the real Node 24.
import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { findNode, ROOT, setUp, SetupError } from './setup.mjs';

const TASKS = {
  demo: ['scripts/demo.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  bench: ['scripts/bench.ts'],
  simulate: ['scripts/simulate.ts'],
};

function start() {
  const [name, ...rest] = process.argv.slice(2);
  const task = TASKS[name];
  if (task === undefined)
    throw new SetupError(`Unknown task "${name ?? ''}". Accepted: ${Object.keys(TASKS).join(', ')}.`);
  setUp();
  const node = findNode();
  const child = spawn(node, [...task, ...rest], {
    cwd: ROOT,
    stdio: 'inherit',
    shell: node.endsWith('.cmd'),
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
  });
  // A terminal sends Ctrl-C to both; a program that ends us alone means the task.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}

try {
  start();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
