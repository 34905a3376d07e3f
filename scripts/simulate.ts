// `npm run simulate`: the gate's own decisions and intervals on simulated pull requests whose truth is known. Prints
// Markdown, and fails where one of the promised error rates is not kept. `--quick` draws fewer of them.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { runAll } from './simulate/pool.ts';
import { brokenPromises, renderTables } from './simulate/tables.ts';
import { DRAWS, TASKS } from './simulate/tasks.ts';

const QUICK_DRAWS = 200;
/** Standard errors that few draws are forgiven, so that a quick run fails by what is wrong and not by chance. */
const QUICK_SLACK = 4;
const SECOND_MS = 1000;

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const draws = values.quick ? QUICK_DRAWS : DRAWS;
const workers = availableParallelism();
const load = loadavg()[0] ?? NaN;
const start = performance.now();

const findings = await runAll({
  tasks: TASKS.length,
  draws,
  workers,
  onEnded: (index, milliseconds) => {
    process.stderr.write(
      `task ${index + 1} of ${TASKS.length}: ${(milliseconds / SECOND_MS).toFixed(1)} s\n`,
    );
  },
});

const seconds = ((performance.now() - start) / SECOND_MS).toFixed(0);
console.log(renderTables(findings, draws));
console.log(
  `${draws.toLocaleString('en-US')} simulated pull requests a figure where nothing else is said, in ${seconds} s on ${workers} cores (${cpus()[0]?.model ?? 'unknown'}); load before ${load.toFixed(1)}.`,
);
const broken = brokenPromises(findings, draws, values.quick ? QUICK_SLACK : 0);
for (const promise of broken) console.error(`Broken: ${promise}.`);
process.exitCode = broken.length === 0 ? 0 : 1;
