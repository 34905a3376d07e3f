import { readFile } from 'node:fs/promises';
import { parseMetrics } from '../decide/metrics.ts';
import { liesInside } from './find-files.ts';
import { factsOf, stateOf } from './growing-file.ts';
import type { MetricsFault } from './metrics-found.ts';

/** Final metrics are some numbers; what is larger is data. */
const MAX_METRICS_BYTES = 10 * 1024 * 1024;

export interface FinalMetrics {
  /** Before the start: what lies there is not this training's. */
  begin(): Promise<void>;
  /** Undefined where a fault says why there are none. */
  read(): Promise<{ values: Readonly<Record<string, number>> } | { fault: MetricsFault }>;
}

/** The JSON file of the input `metrics`. */
export function openFinalMetrics(path: string, label: string, root: string): FinalMetrics {
  let before: string | undefined;
  const missing = (message: string): { fault: MetricsFault } => ({
    fault: { failureClass: 'missing-outputs', message: `${label} ${message}.` },
  });
  return {
    async begin() {
      const facts = await factsOf(path);
      before = facts === undefined ? undefined : stateOf(facts);
    },
    async read() {
      const facts = await factsOf(path);
      if (facts === undefined) return missing('does not exist after the training');
      if (stateOf(facts) === before) return missing('was there before and was not written by this training');
      if (!(await liesInside(root, path))) return missing('is a link that leaves the workspace');
      if (facts.size > MAX_METRICS_BYTES) return missing(`is larger than ${MAX_METRICS_BYTES} bytes`);
      const result = parseMetrics(await readFile(path, 'utf8'));
      if (result.ok) return { values: result.values };
      if (result.problem === 'not-valid') return missing(result.message);
      return { fault: { failureClass: 'not-a-number', message: `${label}: ${result.message}.` } };
    },
  };
}
