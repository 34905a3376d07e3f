import { join } from 'node:path';
import { askedBy, type Evidence, type MetricEvidence } from '../../actions/evaluate-gate/src/evidence.ts';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { inferEvidence } from '../../actions/evaluate-gate/src/inference/infer-evidence.ts';
import { findColumns } from '../../actions/evaluate-gate/src/metrics/columns.ts';
import { asksForSets } from '../../actions/evaluate-gate/src/metrics/families.ts';
import { predictionFile } from '../../actions/evaluate-gate/src/metrics/prediction-file.ts';
import type { Table } from '../../shared/data/engine.ts';
import { LIMITS, openEngine } from './engine.ts';

export const SIGNAL = new AbortController().signal;

/** Infers what the rules of a gate file ask of two files in a folder. */
export async function infer(
  folder: string,
  gateFile: unknown,
  candidate: string,
  baseline: string | undefined,
  limits: Partial<typeof LIMITS> = {},
): Promise<Evidence> {
  await using engine = await openEngine();
  const text = typeof gateFile === 'string' ? gateFile : JSON.stringify(gateFile);
  const gate = parseGateFile(text, 'gate.yml');
  const { evaluation } = gate;
  if (evaluation === undefined) throw new Error('no evaluation');
  const sources = [
    { table: 'candidate', ...predictionFile(join(folder, candidate), candidate) },
    ...(baseline === undefined
      ? []
      : [{ table: 'baseline', ...predictionFile(join(folder, baseline), baseline) }]),
  ];
  const tables = await engine.open(sources, { ...LIMITS, ...limits, temporaryDirectory: folder }, SIGNAL);
  const columnsOf = (table: Table | undefined, name: string) => {
    if (table === undefined) throw new Error(`no table ${name}`);
    const found = findColumns(table, evaluation, name, asksForSets(gate.rules));
    if (!found.found) throw new Error(found.message);
    return found.columns;
  };
  return await inferEvidence({
    engine,
    gate,
    gatePath: 'gate.yml',
    columns: {
      candidate: columnsOf(tables.get('candidate'), candidate),
      baseline: baseline === undefined ? undefined : columnsOf(tables.get('baseline'), baseline),
    },
    asked: askedBy(gate),
    families: { classification: true, scored: true, regression: false },
    signal: SIGNAL,
  });
}

/** The evidence of one metric on all rows. */
export function overall(evidence: Evidence, metric: string, test = 'auto'): MetricEvidence {
  const found = evidence.overall.get(`${metric} ${test}`);
  if (found === undefined) throw new Error(`no evidence of ${metric} ${test}`);
  return found;
}
