import type { Evidence, MetricEvidence } from '../../actions/evaluate-gate/src/evidence.ts';
import type { Defaults, TestName } from '../../actions/evaluate-gate/src/gate-file/gate-file.ts';
import { type AskedCounts, inferCounts } from '../../actions/evaluate-gate/src/inference/counts.ts';
import type { Paired } from '../../actions/evaluate-gate/src/inference/paired.ts';
import type { DataEngine, Row } from '../../shared/data/engine.ts';
import { drawCounts, type Source } from './draw.ts';

/** How often two models are right on rows of one class, as shares of those rows. */
export interface Agreement {
  readonly both: number;
  readonly onlyCandidate: number;
  readonly onlyBaseline: number;
}

/** Two models of this accuracy that make half of their errors on the same rows. */
export function halfShared(accuracy: number): Agreement {
  const alone = (1 - accuracy) / 2;
  return { both: accuracy - alone, onlyCandidate: alone, onlyBaseline: alone };
}

const COLUMN = { name: 'unused', type: 'VARCHAR' };
const CLASSES = ['0', '1'];

/**
 * Cells of label x candidate x baseline of `n` rows, half of them of each class, in the order in which SQL gives them. The
 * models are right equally often on both classes, so that accuracy, precision, recall and F1 are one number.
 */
export function drawCells(source: Source, n: number, agreement: Agreement): Row[] {
  const { both, onlyCandidate, onlyBaseline } = agreement;
  const ofOneClass = [1 - both - onlyCandidate - onlyBaseline, onlyBaseline, onlyCandidate, both];
  const counts = drawCounts(
    source,
    n,
    [0, 1].flatMap(() => ofOneClass.map((share) => share / 2)),
  );
  return counts
    .map((rows, at) => {
      const y = at < ofOneClass.length ? 0 : 1;
      const [candidateRight, baselineRight] = [(at & 2) !== 0, (at & 1) !== 0];
      return {
        k: 0,
        y,
        c: candidateRight ? y : 1 - y,
        b: baselineRight ? y : 1 - y,
        n: rows,
        w: rows,
        ww: rows,
      };
    })
    .filter((row) => row.n > 0)
    .toSorted((a, b) => a.y - b.y || a.c - b.c || a.b - b.b);
}

/** The table of pairs, of which nothing but the drawn cells is ever asked. */
function pairedOf(cells: readonly Row[]): Paired {
  const no = (): Promise<never> => Promise.reject(new RangeError('Only cells are drawn.'));
  const engine: DataEngine = {
    open: no,
    derive: no,
    run: (plan) => Promise.resolve(new Map(plan.map(({ name }) => [name, cells]))),
    close: () => Promise.resolve(),
  };
  const columns = { id: COLUMN, label: COLUMN, prediction: COLUMN, scores: [], weight: undefined };
  return {
    engine,
    signal: new AbortController().signal,
    hasBaseline: true,
    weighted: false,
    clustered: false,
    classes: CLASSES,
    clips: { c: 0, b: 0 },
    needs: {
      classes: true,
      numbers: false,
      scores: false,
      sets: false,
      folds: false,
      ids: false,
      values: [],
    },
    lacking: new Set(),
    columns: { candidate: columns, baseline: columns },
  };
}

/** What the gate's own inference says of drawn cells, by the key of metric and test. */
export async function evidenceOfCells(
  cells: readonly Row[],
  asked: readonly { readonly metric: string; readonly test: TestName }[],
  { seed, replicates }: Pick<Defaults, 'seed' | 'replicates'>,
): Promise<ReadonlyMap<string, MetricEvidence>> {
  const counts: AskedCounts[] = asked.map(({ metric, test }) => ({
    key: `${metric} ${test}`,
    name: metric,
    test,
  }));
  const n = cells.reduce((sum, row) => sum + Number(row['n']), 0);
  const defaults = { alpha: 0.05, power: 0.8, seed, replicates };
  const [found] = await inferCounts(pairedOf(cells), { cut: undefined, key: '0', sizes: [n] }, counts, {
    positive: '1',
    utility: undefined,
    defaults,
  });
  return found ?? new Map<string, MetricEvidence>();
}

/** Evidence on all rows alone. */
export function overallOnly(overall: ReadonlyMap<string, MetricEvidence>): Evidence {
  return { overall, slices: [], fairness: new Map() };
}
