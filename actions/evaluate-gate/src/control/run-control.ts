import type { DataEngine, Limits } from '../../../../shared/data/engine.ts';
import type { Baseline } from '../decide/baseline.ts';
import { judgeRules } from '../decide/judge-rules.ts';
import { askedBy, type Evidence } from '../evidence.ts';
import type { EvaluationColumns, GateFile } from '../gate-file/gate-file.ts';
import { inferEvidence } from '../inference/infer-evidence.ts';
import { type BothColumns, INTEGER_TYPE } from '../inference/paired.ts';
import type { Families } from '../metrics/families.ts';
import { openPredictions } from '../metrics/open-predictions.ts';
import type { PredictionFile } from '../metrics/prediction-file.ts';
import type { PredictionColumns } from '../metrics/rows.ts';
import { degradedSelect, degradedWords, type Sampled, sampledSelect } from './degraded.ts';
import { type ControlRecord, judgeControl, judgeIdentity } from './judge-control.ts';
import { planControl } from './plan-control.ts';

export interface ControlOptions {
  /** A fresh engine each time: the copy takes the candidate's place in it. */
  readonly openEngine: () => Promise<DataEngine>;
  readonly limits: Limits;
  readonly gate: GateFile & { readonly evaluation: EvaluationColumns };
  readonly gatePath: string;
  readonly evidence: Evidence | undefined;
  /** What the candidate was compared with. */
  readonly reference: Baseline;
  readonly n: number;
  readonly candidate: PredictionFile;
  /** Predictions of the baseline on the same rows, where there are any. */
  readonly baseline: PredictionFile | undefined;
  readonly columns: BothColumns;
  readonly families: Families;
  readonly signal: AbortSignal;
}

/**
 * The negative control: the rules must block a degraded copy of the candidate, and must not fail the baseline compared
 * with itself. A gate that never blocks is decoration.
 */
export async function runControl(options: ControlOptions): Promise<ControlRecord> {
  const { gate, evidence, reference, n, families, columns } = options;
  const plan = planControl({ gate, evidence, baseline: reference, n });
  if (plan.kind === 'not-run') return { result: 'not-run', reason: plan.reason };
  const ids = [columns.candidate.id, ...(columns.baseline === undefined ? [] : [columns.baseline.id])];
  const sample = {
    seed: gate.defaults.seed,
    oneIn: plan.oneIn,
    numericIds: ids.every(({ type }) => INTEGER_TYPE.test(type)),
  };
  const tried: Tried = { ...options, gate: plan.gate, sample };

  const rows = { table: 'original', columns: columns.candidate, ...sample };
  const { evaluation, metrics } = gate;
  const degraded = await tryOn(tried, options.candidate, {
    columns: columns.candidate,
    select: degradedSelect({ ...rows, evaluation, families, metrics }),
  });
  const control = judgeControl(degraded, degradedWords(families));
  const compares = plan.gate.rules.some(({ bounds }) => bounds.some(({ mode }) => mode === 'max-regression'));
  if (control.result !== 'blocked' || !compares || columns.baseline === undefined) return control;

  const itself = await tryOn(tried, options.baseline, {
    columns: columns.baseline,
    select: sampledSelect({ ...rows, columns: columns.baseline }),
  });
  const unsound = judgeIdentity(itself);
  if (unsound !== undefined) return { result: 'not-blocked', reason: unsound };
  return { ...control, reason: `${control.reason}; the baseline compared with itself does not fail` };
}

type Tried = Omit<ControlOptions, 'gate'> & {
  readonly gate: GateFile;
  readonly sample: Pick<Sampled, 'seed' | 'oneIn' | 'numericIds'>;
};

interface Copy {
  readonly columns: PredictionColumns;
  /** Over the table `original`. */
  readonly select: string;
}

async function tryOn(
  tried: Tried,
  original: PredictionFile | undefined,
  copy: Copy,
): Promise<ReturnType<typeof judgeRules>> {
  const { openEngine, limits, gate, gatePath, baseline, columns, families, sample, signal } = tried;
  if (original === undefined) throw new RangeError('columns of a baseline without its file');
  const engine = await openEngine();
  try {
    const sources = [
      { table: 'original', ...original },
      ...(baseline === undefined ? [] : [{ table: 'reference', ...baseline }]),
    ];
    await openPredictions(engine, sources, limits, signal);
    await engine.derive('candidate', { name: 'control', sql: copy.select }, signal);
    if (baseline !== undefined && columns.baseline !== undefined) {
      const rows = { table: 'reference', columns: columns.baseline, ...sample };
      await engine.derive('baseline', { name: 'control-baseline', sql: sampledSelect(rows) }, signal);
    }
    const evidence = await inferEvidence({
      engine,
      gate,
      gatePath,
      columns: { candidate: copy.columns, baseline: columns.baseline },
      asked: askedBy(gate),
      families,
      signal,
    });
    // Nothing that was reported counts: it is the candidate's, not the copy's.
    return judgeRules({ gate, evidence, reported: new Map(), baseline: tried.reference, gatePath });
  } finally {
    await engine.close();
  }
}
