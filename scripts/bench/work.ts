import { z } from 'zod';
import { type Kind, SLICES } from './paired-predictions.ts';

const REPLICATES = 10_000;

/** What is inferred: everything that the issue asks of ten million rows, or one metric as its peers compute it. */
const WORKS = {
  everything: {
    metrics: [
      ['accuracy', 'bca'],
      ['f1', 'bca'],
      ['roc-auc', 'delong'],
    ],
    sliced: true,
  },
  accuracy: { metrics: [['accuracy', 'bca']], sliced: false },
  'roc-auc': { metrics: [['roc-auc', 'delong']], sliced: false },
  mae: { metrics: [['mae', 't']], sliced: false },
  'mae-bootstrap': { metrics: [['mae', 'bootstrap']], sliced: false },
} as const;

export type Work = keyof typeof WORKS;

export function isWork(name: string): name is Work {
  return Object.hasOwn(WORKS, name);
}

export function kindOf(work: Work): Kind {
  return work.startsWith('mae') ? 'regression' : 'binary';
}

/** The gate file that asks for it. */
export function gateOf(work: Work): unknown {
  const { metrics, sliced } = WORKS[work];
  const regression = kindOf(work) === 'regression';
  const values = Array.from({ length: SLICES }, (_, slice) => String(slice));
  return {
    version: 1,
    defaults: { replicates: REPLICATES },
    evaluation: regression
      ? { id: 'id', label: 'target', prediction: 'value' }
      : {
          id: 'id',
          label: 'label',
          prediction: 'prediction',
          scores: ['score'],
          positive: '1',
          labels: ['0', '1'],
        },
    ...(sliced ? { slices: { part: { column: 'slice', values } } } : {}),
    rules: metrics.map(([metric, test]) => ({
      metric,
      test,
      'max-regression': 0.01,
      ...(sliced ? { slices: ['part'] } : {}),
    })),
  };
}

const interval = z.tuple([z.number(), z.number()]);

/** What one run says of itself. */
export const runReportSchema = z.object({
  /** Reading, checks, digest and points of both models; 0 where only inference was run. */
  measureSeconds: z.number(),
  /** Reading (where only inference was run), joining and inferring. */
  inferSeconds: z.number(),
  /** Of all threads: what other work on the machine does not change. */
  cpuSeconds: z.number(),
  peakMiB: z.number(),
  slices: z.number(),
  /** 90 %, of candidate - baseline over all rows. */
  intervals: z.record(z.string(), interval),
});

export type RunReport = z.infer<typeof runReportSchema>;

/** What the peers say of themselves, by metric: seconds, replicates and the interval of 90 %. */
export const peersSchema = z.record(
  z.string(),
  z.object({ seconds: z.number(), replicates: z.number(), interval }),
);
