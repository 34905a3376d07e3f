// `npm run bench [-- NAME …]`: how fast the built actions start and how fast the gate infers, on this machine.
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { benchEvaluateGate } from './bench/evaluate-gate.ts';
import { benchFirstLines } from './bench/first-lines.ts';

const BENCHES: ReadonlyMap<string, () => Promise<void>> = new Map([
  ['first-lines', benchFirstLines],
  ['evaluate-gate', benchEvaluateGate],
]);

const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((name) => !BENCHES.has(name));
if (unknown.length > 0) {
  console.error(`Unknown benchmark "${unknown.join('", "')}". Accepted: ${[...BENCHES.keys()].join(', ')}.`);
  process.exitCode = 1;
} else {
  const load = loadavg().map((each) => each.toFixed(1));
  console.log(
    `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, load before ${load.join(' ')}`,
  );
  for (const [name, bench] of BENCHES) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    console.log(`\n${name}`);
    await bench();
  }
}
