import type { ExaminationRecord } from '../../../../shared/record/evaluation-section.ts';
import type { BatchRunner, Columns } from './onnx-batch.ts';

/** Runs before the first that counts: a session allocates at its first ones. */
const WARM_UP = 10;
const MEASURED = 200;
/** Rows that are asked for to measure on. */
export const LATENCY_ROWS = WARM_UP + MEASURED;
/** A slow model is measured on fewer rows. */
const BUDGET_MS = 10_000;

/** Quantiles of the time that one row takes, by nearest rank, each row for itself as at an endpoint. */
export async function measureLatency(
  runner: BatchRunner,
  features: Columns,
): Promise<ExaminationRecord['latencyMs']> {
  const rows = features[0]?.length ?? 0;
  if (rows === 0) return null;
  const times: number[] = [];
  const until = performance.now() + BUDGET_MS;
  for (let index = 0; index < WARM_UP + Math.min(rows, MEASURED); index += 1) {
    const row = features.map((column) => [column[index % rows] ?? null]);
    const begun = performance.now();
    await runner.run(row);
    const now = performance.now();
    if (index >= WARM_UP) times.push(now - begun);
    if (now > until && times.length > 0) break;
  }
  times.sort((a, b) => a - b);
  const quantile = (q: number): number => times[Math.ceil(q * times.length) - 1] ?? 0;
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), n: times.length };
}
