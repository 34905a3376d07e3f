// One run of the gate's inference in a process of its own, whose peak of memory is then its own: `node
// evaluate-gate-run.ts WORK ROWS [whole]` prints what it took as JSON. `whole` is with what the action does before.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askedBy } from '../../actions/evaluate-gate/src/evidence.ts';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { inferEvidence } from '../../actions/evaluate-gate/src/inference/infer-evidence.ts';
import { findColumns } from '../../actions/evaluate-gate/src/metrics/columns.ts';
import { measure } from '../../actions/evaluate-gate/src/metrics/measure.ts';
import type { DataFormat, Table } from '../../shared/data/engine.ts';
import { limitsOf, quietEngine, SIGNAL } from './engine.ts';
import { pathsOf } from './paired-predictions.ts';
import { gateOf, isWork, kindOf, type RunReport } from './work.ts';

const SECOND_MS = 1000;
const SECOND_US = 1_000_000;
const KIB_IN_MIB = 1024;

const [work = '', rows = '', extent = ''] = process.argv.slice(2);
if (!isWork(work)) throw new RangeError(`unknown work ${work}`);
const gatePath = 'gate.yml';
const parsed = parseGateFile(JSON.stringify(gateOf(work)), gatePath);
const { evaluation } = parsed;
if (evaluation === undefined) throw new RangeError('evaluation');
const gate = { ...parsed, evaluation };

const kind = kindOf(work);
const paths = pathsOf(Number(rows), kind);
const format: DataFormat = 'parquet';
const candidate = { path: paths.candidate, label: 'candidate', format };
const baseline = { path: paths.baseline, label: 'baseline', format };
const temporaryDirectory = await mkdtemp(join(tmpdir(), 'trainyard-bench-run-'));
const limits = limitsOf(temporaryDirectory);
const engine = await quietEngine();

/** The tables with their columns, and nothing checked. */
async function opened() {
  const sources = [
    { table: 'candidate', ...candidate },
    { table: 'baseline', ...baseline },
  ];
  const tables = await engine.open(sources, limits, SIGNAL);
  const columnsOf = (table: Table | undefined) => {
    const found = table === undefined ? undefined : findColumns(table, gate.evaluation, 'the file', false);
    if (found?.found !== true) throw new RangeError(found?.message ?? 'no table');
    return found.columns;
  };
  const regression = kind === 'regression';
  return {
    columns: {
      candidate: columnsOf(tables.get('candidate')),
      baseline: columnsOf(tables.get('baseline')),
    },
    families: { classification: !regression, scored: !regression, regression },
  };
}

try {
  const start = performance.now();
  const whole = extent === 'whole';
  const { columns, families } = whole
    ? await measure({ engine, limits, gate, gatePath, candidate, baseline, signal: SIGNAL })
    : await opened();
  const measured = whole ? performance.now() : start;
  const asked = askedBy(gate);
  const evidence = await inferEvidence({ engine, gate, gatePath, columns, asked, families, signal: SIGNAL });
  // Judging asks each interval too.
  for (const { metrics } of evidence.slices) {
    for (const { difference } of metrics.values()) difference?.interval(0.9);
  }
  const intervals: RunReport['intervals'] = {};
  for (const [key, { difference, noInference }] of evidence.overall) {
    if (difference === undefined) throw new RangeError(`${key}: ${noInference ?? 'no interval'}`);
    const [low, high] = difference.interval(0.9);
    intervals[key] = [low, high];
  }
  const { user, system } = process.cpuUsage();
  const report: RunReport = {
    measureSeconds: (measured - start) / SECOND_MS,
    inferSeconds: (performance.now() - measured) / SECOND_MS,
    cpuSeconds: (user + system) / SECOND_US,
    peakMiB: process.resourceUsage().maxRSS / KIB_IN_MIB,
    slices: evidence.slices.length,
    intervals,
  };
  console.log(JSON.stringify(report));
} finally {
  await engine.close();
  await rm(temporaryDirectory, { recursive: true, force: true });
}
