import { DEFAULT_BASELINE } from './baseline-schema.ts';
import { contradictionsIn } from './contradictions.ts';
import { readDocument } from './document.ts';
import type { DefinedMetric, EvaluationColumns, Examination, GateFile } from './gate-file.ts';
import type { RawEvaluation } from './evaluation-schema.ts';
import type { RawMetrics } from './metrics-schema.ts';
import { problemsOf } from './problems.ts';
import { budgetRules, ruleOf, type RuleContext } from './rules.ts';
import { gateFileSchema, type RawGateFile } from './schema.ts';
import { SliceFamilies } from './slice-families.ts';
import { type Problem, refusal, type Source } from './source.ts';
import { EQUALIZED_ODDS } from '../inference/fairness.ts';
import { standardMetric } from '../metrics/catalog.ts';

/**
 * Reads a gate file. Everything it does not know is a UsageError that names file and line, the key and what is accepted.
 * `file` is how the user knows it.
 */
export function parseGateFile(text: string, file: string): GateFile {
  const { values, source } = readDocument(text, file);
  return gateOf(values, source);
}

/** Checks plain values, and makes a gate of them. */
export function gateOf(values: unknown, source: Source): GateFile {
  const parsed = gateFileSchema.safeParse(values, { reportInput: true });
  if (!parsed.success) throw refusal(source, problemsOf(parsed.error.issues, source));
  const raw = parsed.data;
  const families = new SliceFamilies(raw.slices, source);
  const metrics = definedMetrics(raw.metrics, source);
  const context: RuleContext = {
    defaults: raw.defaults,
    metrics: new Map(metrics.map((metric) => [metric.name, metric])),
    families,
    source,
  };
  const read = (raw.rules ?? []).map((rule, index) => ruleOf(rule, index, context));
  const gate: GateFile = {
    minCellSize: raw.defaults['min-cell-size'],
    defaults: {
      alpha: raw.defaults.alpha,
      power: raw.defaults.power,
      seed: raw.defaults.seed,
      replicates: raw.defaults.replicates,
    },
    evaluation: columnsOf(raw.evaluation, source),
    examination: examinationOf(raw.evaluation, source),
    baseline: {
      from: raw.baseline.from ?? DEFAULT_BASELINE,
      onNoBaseline: raw.baseline['on-no-baseline'],
      line: source.lineOf(['baseline', 'from']),
    },
    slices: families.all,
    metrics,
    utility: raw.utility,
    rules: [...read.map(([rule]) => rule), ...budgetRules(raw.budget, context)],
    evidence: raw.evidence,
    negativeControl: raw['negative-control'],
    selfWaiver: raw['self-waiver'],
    // Where rows are there to examine on, a model in a form that nobody can run must not be a way round them.
    acceptSelfReported: raw.evaluation?.['accept-self-reported'] ?? raw.evaluation?.rows === undefined,
  };
  const problems = [
    ...withoutRules(raw, source),
    ...takenNames(metrics),
    ...read.flatMap(([, ...wrong]) => wrong),
    ...families.problems,
    ...contradictionsIn(raw, gate, source),
  ];
  if (problems.length > 0) throw refusal(source, problems);
  return gate;
}

function withoutRules({ rules, budget }: RawGateFile, source: Source): Problem[] {
  if ((rules?.length ?? 0) > 0 || Object.keys(budget).length > 0) return [];
  const line = source.lineOf(['rules']);
  const message =
    rules === undefined ? 'is missing' : 'is empty; a gate without rules would let everything pass';
  return [{ line, message: `${source.nameOf(['rules'])} ${message}` }];
}

function columnsOf(raw: RawEvaluation | undefined, source: Source): EvaluationColumns | undefined {
  if (raw === undefined) return undefined;
  const { predictions, id, label, prediction, scores, positive, labels, weight, group } = raw;
  const columns = { predictions, id, label, prediction, scores, positive, labels, weight, group };
  const lines = Object.keys(columns).map((key) => [key, source.lineOf(['evaluation', key])] as const);
  return { ...columns, lines: Object.fromEntries(lines) };
}

function examinationOf(raw: RawEvaluation | undefined, source: Source): Examination | undefined {
  if (raw?.rows === undefined) return undefined;
  return {
    rows: raw.rows,
    sha256: raw['rows-sha256'],
    features: raw.features,
    outputs: { prediction: raw.outputs?.prediction, scores: raw.outputs?.scores },
    line: source.lineOf(['evaluation', 'rows']),
  };
}

function definedMetrics(raw: RawMetrics, source: Source): DefinedMetric[] {
  return Object.entries(raw).flatMap(([name, { column, preference, sql, direction = 'higher' }]) => {
    const common = { name, direction, line: source.lineOf(['metrics', name]) };
    return [
      ...(column === undefined ? [] : [{ ...common, kind: 'column' as const, column }]),
      ...(preference === undefined ? [] : [{ ...common, kind: 'preference' as const, column: preference }]),
      ...(sql === undefined ? [] : [{ ...common, kind: 'sql' as const, sql }]),
    ];
  });
}

/** A name means one thing in every gate file: a standard metric is what it is. */
function takenNames(metrics: readonly DefinedMetric[]): Problem[] {
  return metrics
    .filter(({ name }) => name === EQUALIZED_ODDS || standardMetric(name) !== undefined)
    .map(({ name, line }) => ({
      line,
      message: `"metrics" defines "${name}", which is a standard metric`,
      remedy: 'Give the metric of your own another name.',
    }));
}
