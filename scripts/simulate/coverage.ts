import type { TestName } from '../../actions/evaluate-gate/src/gate-file/gate-file.ts';
import type { Inference } from '../../shared/statistics/inference.ts';
import { drawCells, evidenceOfCells, halfShared } from './cells.ts';
import { type Source, sourceOf } from './draw.ts';
import { drawGap } from './gaps.ts';
import { brierTruth, drawAreas, drawBrierDifferences, drawRmse, pairedT } from './scores.ts';

/** What intervals of the gate's default alpha claim. */
export const NOMINAL = 0.9;
const ALPHA = (1 - NOMINAL) / 2;

/** An interval that was drawn, with what it should cover. */
interface Drawn {
  readonly method: string;
  readonly inference: Inference;
  readonly truth: number;
  /** Only the tests at 0 are the method's own: covered is what neither of them rejects. */
  readonly byTest?: boolean;
}

type Maker = (source: Source, n: number, p: number, seed: number) => Promise<readonly Drawn[]>;

/** Of how many replicates the gate makes intervals where the gate file says nothing. */
const REPLICATES = 2000;

const pickDrawn = async (
  [source, n, p, seed]: Parameters<Maker>,
  metric: string,
  wanted: readonly {
    readonly test: TestName;
    readonly own?: string;
    readonly difference?: string;
    readonly byTest?: boolean;
  }[],
): Promise<readonly Drawn[]> => {
  const asked = wanted.map(({ test }) => ({ metric, test }));
  const cells = drawCells(source, n, halfShared(p));
  const evidence = await evidenceOfCells(cells, asked, { seed, replicates: REPLICATES });
  return wanted.flatMap(({ test, own, difference, byTest = false }) => {
    const found = evidence.get(`${metric} ${test}`);
    return [
      ...(own === undefined ? [] : [{ method: own, truth: p, inference: found?.own }]),
      ...(difference === undefined
        ? []
        : [{ method: difference, truth: 0, inference: found?.difference, byTest }]),
    ].map(({ inference, ...rest }) => {
      if (inference === undefined) throw new RangeError(`${rest.method} gave no interval.`);
      return { inference, ...rest };
    });
  });
};

/** How far two groups' rates lie apart. */
const APART = 0.05;

/** What is drawn together, by name. `p` means the accuracy or F1 of both models, or what the method's row says. */
export const COVERAGE = {
  accuracy: (...draw) =>
    pickDrawn(draw, 'accuracy', [
      { test: 'score', own: 'Wilson', difference: 'paired score' },
      { test: 'mcnemar', difference: "McNemar's, exact", byTest: true },
    ]),
  f1: (...draw) =>
    pickDrawn(draw, 'f1', [
      { test: 'bca', own: 'F1, BCa over cells', difference: 'difference of F1, BCa over cells' },
      { test: 'bootstrap', own: 'F1, percentile', difference: 'difference of F1, percentile' },
    ]),
  auc: (source, n, p) => {
    const { own, difference } = drawAreas(source, n, { candidate: p, baseline: p });
    return Promise.resolve([
      { method: 'AUC, logit', inference: own, truth: p },
      { method: 'difference of AUC, DeLong', inference: difference, truth: 0 },
    ]);
  },
  brier: (source, n, p) =>
    Promise.resolve([
      {
        method: 'difference of Brier scores, paired t',
        inference: pairedT(drawBrierDifferences(source, n, p)),
        truth: brierTruth(p),
      },
    ]),
  rmse: (source, n, p) => {
    const { own, difference } = drawRmse(source, n, p);
    return Promise.resolve([
      { method: 'RMSE, jackknife', inference: own, truth: 1 },
      { method: 'difference of RMSE, jackknife', inference: difference, truth: 0 },
    ]);
  },
  gaps: (source, n, p, seed) => {
    const settings = { seed, replicates: REPLICATES };
    const two = drawGap(source, n, [p, p - APART], settings);
    const five = drawGap(source, n, [p, p, p, p, p], settings);
    return Promise.resolve([
      { method: `gap of two groups, ${APART} apart`, inference: two.difference, truth: APART },
      { method: 'ratio of the same', inference: two.ratio, truth: (p - APART) / p },
      { method: 'gap of five groups that are alike', inference: five.difference, truth: 0 },
    ]);
  },
} as const satisfies Record<string, Maker>;

export type CoverageName = keyof typeof COVERAGE;

/** By method: in how many of so many simulated evaluation sets the interval covered the truth. */
export async function coveredIn(
  name: CoverageName,
  { n, p }: { readonly n: number; readonly p: number },
  draws: number,
  seed: number,
): Promise<Record<string, number>> {
  const source = sourceOf(seed);
  const covered = new Map<string, number>();
  const make: Maker = COVERAGE[name];
  for (let draw = 0; draw < draws; draw++) {
    for (const drawn of await make(source, n, p, draw)) {
      covered.set(drawn.method, (covered.get(drawn.method) ?? 0) + (covers(drawn) ? 1 : 0));
    }
  }
  return Object.fromEntries([...covered].map(([method, count]) => [method, count / draws]));
}

/** Rounding of an interval without width must not count as a miss. */
const ROUNDING = 1e-12;

function covers({ inference, truth, byTest = false }: Drawn): boolean {
  if (byTest) return Math.min(inference.pGreater(truth), inference.pLess(truth)) >= ALPHA;
  const [low, high] = inference.interval(NOMINAL);
  return low - ROUNDING <= truth && truth <= high + ROUNDING;
}
