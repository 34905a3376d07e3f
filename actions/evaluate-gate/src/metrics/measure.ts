import type { DataEngine, Limits, Table } from '../../../../shared/data/engine.ts';
import { SubjectError, UsageError } from '../../../../shared/errors.ts';
import type { EvaluationBody } from '../../../../shared/record/evaluation-section.ts';
import { confusionOf } from '../decide/confusion.ts';
import type { Metrics } from '../decide/metrics.ts';
import { joinProblems, rowProblems } from '../decide/row-problems.ts';
import type { EvaluationColumns, GateFile } from '../gate-file/gate-file.ts';
import { placeInGate } from '../gate-file/place-in-gate.ts';
import { classNotices, comparedClassNotices } from './class-notices.ts';
import type { Classes } from './classification.ts';
import { findColumns } from './columns.ts';
import { computeMetrics } from './compute.ts';
import { definedMetric } from './defined.ts';
import { evaluationSetDigest } from './evaluation-set.ts';
import { asksForSets, chooseFamilies, type Families, notComputed } from './families.ts';
import { openPredictions } from './open-predictions.ts';
import type { PredictionFile } from './prediction-file.ts';
import { type Counts, countQuery, countsOf, joinQuery } from './row-counts.ts';
import type { PredictionColumns } from './rows.ts';

/** A matrix of more classes is no table that a person reads. */
const MAX_CONFUSION_CLASSES = 50;

interface Measured {
  readonly n: number;
  readonly metrics: Metrics;
  readonly evaluationSetDigest: string;
}

export interface Measurement {
  readonly candidate: Measured;
  readonly notComputed: ReadonlyMap<string, string>;
  readonly confusion: EvaluationBody['confusion'];
  readonly notices: readonly string[];
  /** Undefined where no predictions of a baseline were given. */
  readonly baseline: Measured | { readonly unusable: string; readonly remedy: string } | undefined;
  /** The columns of the open tables `candidate` and `baseline`, for further queries; a baseline that is not usable has none. */
  readonly columns: {
    readonly candidate: PredictionColumns;
    readonly baseline: PredictionColumns | undefined;
  };
  readonly families: Families;
}

export interface MeasureOptions {
  readonly engine: DataEngine;
  readonly limits: Limits;
  readonly gate: Pick<GateFile, 'rules' | 'minCellSize'> &
    Partial<Pick<GateFile, 'metrics' | 'utility'>> & { readonly evaluation: EvaluationColumns };
  readonly gatePath: string;
  readonly candidate: PredictionFile;
  readonly baseline: PredictionFile | undefined;
  readonly signal: AbortSignal;
}

/** What a table of predictions turned out to be: usable, or why not. */
type Checked =
  | {
      readonly usable: true;
      readonly table: Table;
      readonly columns: PredictionColumns;
      readonly counts: Counts;
      readonly families: Families;
    }
  | { readonly usable: false; readonly error: SubjectError | UsageError };

/**
 * Computes metrics of the candidate's predictions, and of the baseline's on the same rows. What is wrong with the
 * candidate's throws; what is wrong with the baseline's is told, so that the candidate's own metrics are still reported.
 */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { engine, limits, gate, candidate, baseline, signal } = options;
  const sources = [
    { table: 'candidate', ...candidate },
    ...(baseline === undefined ? [] : [{ table: 'baseline', ...baseline }]),
  ];
  const tables = await openPredictions(engine, sources, limits, signal);
  const own = await check(options, tables.get('candidate'), candidate.label, 'candidate', undefined);
  if (!own.usable) throw own.error;

  const n = own.counts['n'] ?? 0;
  const digest = await evaluationSetDigest(engine, 'candidate', own.columns, { n, signal });
  const measured = await compute(options, own, digest);
  const reference =
    baseline === undefined
      ? undefined
      : await measureBaseline(options, tables.get('baseline'), baseline, own, digest);
  const withConfusion = confusion(options, measured.classes);
  const { labels, positive } = gate.evaluation;
  return {
    candidate: measured,
    notComputed: notComputed(
      own.families,
      positive,
      gate.rules.map(({ metric }) => metric),
    ),
    confusion: withConfusion.matrix,
    notices: [
      ...withConfusion.notices,
      ...classNotices(measured.classes, labels),
      ...comparedClassNotices(measured.classes, reference?.measured?.classes, labels),
    ],
    baseline: reference?.measured ?? reference?.unusable,
    columns: { candidate: own.columns, baseline: reference?.columns },
    families: own.families,
  };
}

async function check(
  { engine, gate, gatePath, signal }: MeasureOptions,
  table: Table | undefined,
  label: string,
  name: string,
  asFamilies: Families | undefined,
): Promise<Checked> {
  const { evaluation } = gate;
  const refuse = (error: SubjectError | UsageError): Checked => ({ usable: false, error });
  if (table === undefined) throw new RangeError(`table ${name}`);
  const rejected = rejectedLines(table);
  if (rejected !== undefined)
    return refuse(
      new SubjectError('data', `The predictions in ${label} cannot be read whole: ${rejected}.`, {
        remedy: 'Mend these lines or write the file again: no row may be left out of an evaluation.',
      }),
    );
  const found = findColumns(table, evaluation, label, asFamilies?.multilabel ?? asksForSets(gate.rules));
  if (!found.found) {
    const { place, key, ...where } = placeInGate(gatePath, found.line, found.key);
    return refuse(new UsageError(`${place}: ${found.message}${key}.`, { ...where, remedy: found.remedy }));
  }
  const { columns } = found;
  const query = countQuery(name, columns, evaluation.labels);
  const counts = countsOf((await engine.run([query], signal)).get(query.name)?.[0]);
  const families =
    asFamilies ??
    chooseFamilies(gate.rules, evaluation, counts, {
      multilabel: columns.multilabel ?? false,
      defined: gate.metrics ?? [],
    });
  const classes = families.classification || families.multilabel === true;
  const problems = rowProblems(counts, { ...evaluation, ...families, classification: classes });
  if (problems.length === 0) return { usable: true, table, columns, counts, families };
  return refuse(
    new SubjectError('data', `The predictions in ${label} cannot be judged: ${problems.join('; ')}.`, {
      remedy: remedyOf(counts, classes ? evaluation.labels : undefined),
    }),
  );
}

function remedyOf(counts: Counts, labels: readonly string[] | undefined): string {
  const undeclared = (counts['undeclared_labels'] ?? 0) + (counts['undeclared_predictions'] ?? 0);
  return labels === undefined || undeclared === 0
    ? 'Write one row for each example, with an id that no other row has, and no empty cell.'
    : `Write each class as the gate file declares it under "labels", where 1, 1.0 and true are three: ${labels.join(', ')}.`;
}

function rejectedLines(table: Table): string | undefined {
  const rejected = table.files.reduce((sum, file) => sum + file.rejected.count, 0);
  const first = table.files.flatMap((file) => file.rejected.lines)[0];
  if (rejected === 0) return undefined;
  const place = first === undefined ? '' : `, the first at line ${first.line} (${first.reason})`;
  return `${rejected} ${rejected === 1 ? 'line is no row' : 'lines are no rows'}${place}`;
}

type Usable = Extract<Checked, { usable: true }>;

/** Metrics with the classes that they were computed from. */
type WithClasses = Measured & { readonly classes: Classes | undefined };

async function compute(
  { engine, gate, gatePath, candidate, baseline, signal }: MeasureOptions,
  { table, columns, counts, families }: Usable,
  evaluationSetDigest: string,
): Promise<WithClasses> {
  const { evaluation, utility } = gate;
  const n = counts['n'] ?? 0;
  const label = (table.name === 'candidate' ? candidate : baseline)?.label ?? table.name;
  const asked = gate.rules.map(({ metric }) => metric);
  const computed = await computeMetrics(engine, table.name, columns, {
    evaluation,
    families,
    asked,
    utility,
    n,
    signal,
  });
  const { classes } = computed;
  if (classes !== undefined && ![...classes.labels].some((name) => classes.predictions.has(name))) {
    throw new SubjectError(
      'data',
      `The predictions in ${label} cannot be judged: not one class occurs both in "${evaluation.label ?? ''}" and in "${evaluation.prediction ?? ''}".`,
      { remedy: 'Write classes alike in both columns: names in both, or numbers in both.' },
    );
  }
  const metrics = new Map(computed.metrics);
  for (const metric of gate.metrics ?? []) {
    metrics.set(
      metric.name,
      await definedMetric(metric, { engine, table, columns, gatePath, label, n, signal }),
    );
  }
  return { n, metrics, evaluationSetDigest, classes };
}

interface Reference {
  readonly measured?: WithClasses;
  readonly columns?: PredictionColumns;
  readonly unusable?: { readonly unusable: string; readonly remedy: string };
}

async function measureBaseline(
  options: MeasureOptions,
  table: Table | undefined,
  file: PredictionFile,
  candidate: Usable,
  digest: string,
): Promise<Reference> {
  const { engine, signal } = options;
  const checked = await check(options, table, file.label, 'baseline', candidate.families);
  if (!checked.usable) {
    return { unusable: { unusable: checked.error.message, remedy: checked.error.remedy ?? '' } };
  }
  const query = joinQuery(candidate.columns, checked.columns, {
    numbers: !candidate.families.classification,
  });
  const problems = joinProblems(
    countsOf((await engine.run([query], signal)).get(query.name)?.[0]),
    options.gate.evaluation.label === undefined ? 'document' : 'label',
  );
  if (problems.length > 0) {
    return {
      unusable: {
        unusable: `Candidate and baseline were not evaluated on the same rows: ${problems.join('; ')} (joined by "${options.gate.evaluation.id}").`,
        remedy: 'Evaluate both on one set of rows, with ids that stay the same from run to run.',
      },
    };
  }
  // Joined row by row with the same labels, so that it is the same set.
  return { measured: await compute(options, checked, digest), columns: checked.columns };
}

function confusion(
  { gate }: MeasureOptions,
  classes: Classes | undefined,
): { matrix: EvaluationBody['confusion']; notices: string[] } {
  const { labels } = gate.evaluation;
  if (classes === undefined) return { matrix: null, notices: [] };
  if (labels === undefined) {
    const notice =
      'No confusion matrix: the gate file declares no "labels" under "evaluation", and only declared classes are shown.';
    return { matrix: null, notices: [notice] };
  }
  if (labels.length > MAX_CONFUSION_CLASSES) {
    return {
      matrix: null,
      notices: [`No confusion matrix: ${labels.length} classes are more than a table can show.`],
    };
  }
  return { matrix: confusionOf(labels, classes.cells, gate.minCellSize), notices: [] };
}
