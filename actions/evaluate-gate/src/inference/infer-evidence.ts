import type { DataEngine } from '../../../../shared/data/engine.ts';
import { quoteIdentifier } from '../../../../shared/data/sql.ts';
import {
  type Asked,
  type Evidence,
  type FairnessEvidence,
  keyOf,
  type MetricEvidence,
  type SliceEvidence,
} from '../evidence.ts';
import type { GateFile, TestName } from '../gate-file/gate-file.ts';
import type { Column } from '../metrics/column-values.ts';
import type { Families } from '../metrics/families.ts';
import { evidenceOf } from './assemble.ts';
import { inferAuc } from './auc.ts';
import { inferByFold } from './by-fold.ts';
import { inferCounts } from './counts.ts';
import { inferFairness, metricsOfFairness } from './fairness.ts';
import { kindOf } from './kind.ts';
import { lossOf, scoredClasses } from './losses.ts';
import { inferMean } from './means.ts';
import { needsOf } from './needs.ts';
import { type BothColumns, pair, type Paired } from './paired.ts';
import { probabilityProblem } from './probabilities.ts';
import { type Scope, scopeOf } from './scope.ts';
import { type Cut, resolveFamilies } from './slice-families.ts';

export interface InferOptions {
  /** With the tables `candidate` and, where there is a baseline, `baseline`, whose rows were checked before. */
  readonly engine: DataEngine;
  readonly gate: GateFile;
  /** How the user knows the gate file, for errors. */
  readonly gatePath: string;
  readonly columns: BothColumns;
  readonly asked: readonly Asked[];
  readonly families: Families;
  readonly signal: AbortSignal;
}

interface Question {
  readonly metric: string;
  readonly test: TestName;
}

/** What the rows tell of the asked metrics, on all rows, on slices and between groups, with its uncertainty. */
export async function inferEvidence(options: InferOptions): Promise<Evidence> {
  const { engine, gate, gatePath, columns, asked, signal } = options;
  const { evaluation } = gate;
  if (evaluation === undefined) throw new RangeError('evaluation');
  const sets = columns.candidate.multilabel === true;
  const fair = fairnessRules(gate);
  const questions = uniqueQuestions([
    ...asked,
    ...fair.flatMap(({ metric, test }) => metricsOfFairness(metric).map((each) => ({ metric: each, test }))),
  ]);
  const tables = {
    candidate: await columnsOf(engine, 'candidate', signal),
    baseline: columns.baseline === undefined ? [] : await columnsOf(engine, 'baseline', signal),
  };
  const wanted = [...asked.flatMap(({ slices }) => slices), ...fair.map(({ by }) => by)];
  const context = { engine, gatePath, columns: tables.candidate, signal };
  const cuts = await resolveFamilies([...new Set(wanted)], gate.slices, context);
  const needs = needsOf(questions, gate, sets, evaluation.labels);
  const paired = await pair({ engine, evaluation, gatePath, columns, tables, needs, cuts, signal });
  const measure = new Measuring(
    paired,
    gate,
    questions.some(({ metric }) => PROBABILITIES.has(metric)),
  );

  const whole = await measure.on(undefined, uniqueQuestions(asked));
  const slices: SliceEvidence[] = [];
  const fairness = new Map<string, FairnessEvidence>();
  for (const cut of cuts) {
    const here = uniqueQuestions(asked.filter((each) => each.slices.includes(cut.family)));
    const compared = fair.filter(({ by }) => by === cut.family);
    if (here.length === 0 && compared.length === 0) continue;
    const groups = uniqueQuestions(
      compared.flatMap(({ metric, test }) =>
        metricsOfFairness(metric).map((each) => ({ metric: each, test })),
      ),
    );
    const { scope, found } = await measure.on(cut, uniqueQuestions([...here, ...groups]));
    if (here.length > 0) slices.push(...(await slicesOf(measure, cut, scope, here, found)));
    for (const rule of compared) {
      const names = metricsOfFairness(rule.metric);
      const kinds = names.map((name) => kindOf(name, gate, sets));
      const evidence = await inferFairness(paired, scope, {
        ...rule,
        measured: names.map((metric) => found.map((each) => evidenceAt(each, { metric, test: rule.test }))),
        counts: kinds.every((kind) => kind.kind === 'counts') ? kinds.map(({ name }) => name) : undefined,
        positive: evaluation.positive,
        utility: gate.utility,
        defaults: gate.defaults,
      });
      fairness.set(`${rule.metric} ${rule.by}`, evidence);
    }
  }
  return { overall: whole.found[0] ?? new Map<string, MetricEvidence>(), slices, fairness };
}

interface FairnessRule {
  readonly metric: string;
  readonly by: string;
  readonly test: TestName;
  readonly minSliceSize: number;
}

/** Each metric and family once; of several rules the most careful about small groups counts. */
function fairnessRules({ rules }: GateFile): FairnessRule[] {
  const found = new Map<string, FairnessRule>();
  for (const { metric, by, test, minSliceSize } of rules) {
    if (by === undefined) continue;
    const known = found.get(`${metric} ${by}`);
    found.set(`${metric} ${by}`, {
      metric,
      by,
      test: known === undefined || known.test === 'none' ? test : known.test,
      minSliceSize: Math.max(minSliceSize, known?.minSliceSize ?? 0),
    });
  }
  return [...found.values()];
}

function uniqueQuestions(questions: readonly Question[]): Question[] {
  return [
    ...new Map(questions.map(({ metric, test }) => [keyOf({ metric, test }), { metric, test }])).values(),
  ];
}

/**
 * Evidence by slice. Of an intersection, a combination without rows is left out where each of its parts has rows
 * somewhere: nobody configured it. Where a part has none, it stays, as a slice that was configured and is not there.
 */
async function slicesOf(
  measure: Measuring,
  cut: Cut,
  { sizes }: Scope,
  questions: readonly Question[],
  found: readonly ReadonlyMap<string, MetricEvidence>[],
): Promise<SliceEvidence[]> {
  const parts: number[][] = [];
  for (const part of cut.of) parts.push([...(await measure.sizes(part))]);
  return cut.names.flatMap((name, slice) => {
    const n = sizes[slice] ?? 0;
    if (n === 0 && parts.length > 0 && digitsOf(slice, parts).every((size) => size > 0)) return [];
    const metrics = new Map(
      questions.map((question) => [keyOf(question), evidenceAt(found[slice], question)]),
    );
    return [{ family: cut.family, name, n, metrics }];
  });
}

/** Of each part of an intersection: how many rows the slice has that this combination takes of it. */
function digitsOf(slice: number, parts: readonly (readonly number[])[]): number[] {
  let rest = slice;
  return parts
    .toReversed()
    .map((sizes) => {
      const digit = rest % sizes.length;
      rest = Math.floor(rest / sizes.length);
      return sizes[digit] ?? 0;
    })
    .toReversed();
}

function evidenceAt(
  found: ReadonlyMap<string, MetricEvidence> | undefined,
  question: Question,
): MetricEvidence {
  return (
    found?.get(keyOf(question)) ?? { value: null, reason: 'it was not measured', baselineValue: null, n: 0 }
  );
}

const PROBABILITIES: ReadonlySet<string> = new Set(['log-loss', 'brier', 'ece']);

interface MeasuredScope {
  readonly scope: Scope;
  /** By slice, then by `keyOf`. */
  readonly found: readonly ReadonlyMap<string, MetricEvidence>[];
}

/** Measures metrics on all rows or on the slices of one family, whatever kind they are of. */
class Measuring {
  readonly #paired: Paired;
  readonly #gate: GateFile;
  readonly #needsProbabilities: boolean;
  readonly #scopes = new Map<string | undefined, Promise<Scope>>();
  #problem: Promise<string | undefined> | undefined;

  constructor(paired: Paired, gate: GateFile, needsProbabilities: boolean) {
    this.#paired = paired;
    this.#gate = gate;
    this.#needsProbabilities = needsProbabilities;
  }

  #scope(cut: Cut | undefined): Promise<Scope> {
    const known = this.#scopes.get(cut?.key) ?? scopeOf(this.#paired, cut);
    this.#scopes.set(cut?.key, known);
    return known;
  }

  async sizes(cut: Cut): Promise<readonly number[]> {
    return (await this.#scope(cut)).sizes;
  }

  async on(cut: Cut | undefined, questions: readonly Question[]): Promise<MeasuredScope> {
    const scope = await this.#scope(cut);
    const paired = this.#paired;
    const gate = this.#gate;
    const found = scope.sizes.map(() => new Map<string, MetricEvidence>());
    const keep = (question: Question, evidence: readonly MetricEvidence[]): void => {
      for (const [slice, each] of evidence.entries()) found[slice]?.set(keyOf(question), each);
    };
    const sets = paired.columns.candidate.multilabel === true;
    const positive = gate.evaluation?.positive;
    const kinds = questions.map((question) => ({ question, kind: kindOf(question.metric, gate, sets) }));
    const counts = kinds.flatMap(({ question, kind }) =>
      kind.kind === 'counts' ? [{ key: keyOf(question), name: kind.name, test: question.test }] : [],
    );
    if (counts.length > 0) {
      const settings = { positive, utility: gate.utility, defaults: gate.defaults };
      for (const [slice, each] of (await inferCounts(paired, scope, counts, settings)).entries()) {
        for (const [key, evidence] of each) found[slice]?.set(key, evidence);
      }
    }
    const scored = scoredClasses(paired, positive, gate.evaluation?.labels);
    for (const { question, kind } of kinds) {
      const problem =
        PROBABILITIES.has(question.metric) && kind.kind !== 'none'
          ? await this.#probabilityProblem()
          : undefined;
      if (problem !== undefined) {
        keep(question, this.#without(scope, problem));
      } else if (kind.kind === 'mean') {
        const loss = lossOf(question.metric, paired, scored, gate.evaluation?.labels?.length);
        keep(question, await inferMean(paired, scope, question, loss, gate.defaults));
      } else if (kind.kind === 'roc-auc') {
        keep(question, await inferAuc(paired, scope, question.test, scored));
      } else if (kind.kind === 'none') {
        // Over all rows the reported value stands; of slices nobody reported any.
        if (cut !== undefined) keep(question, this.#without(scope, kind.reason));
      } else if (kind.kind !== 'counts') {
        keep(question, await inferByFold(paired, scope, { kind, test: question.test }, scored));
      }
    }
    return { scope, found };
  }

  async #probabilityProblem(): Promise<string | undefined> {
    if (!this.#needsProbabilities) return undefined;
    this.#problem ??= probabilityProblem(this.#paired);
    return this.#problem;
  }

  #without({ sizes }: Scope, reason: string): MetricEvidence[] {
    const none = { value: null, baselineValue: null, reason, baselineReason: reason };
    return sizes.map((n) => evidenceOf({ ...none, n }, this.#paired.hasBaseline));
  }
}

async function columnsOf(engine: DataEngine, table: string, signal: AbortSignal): Promise<Column[]> {
  const sql = `SELECT column_name AS name, column_type AS type FROM (DESCRIBE ${quoteIdentifier(table)})`;
  const rows = (await engine.run([{ name: 'columns', sql }], signal)).get('columns') ?? [];
  return rows.map(({ name, type }) => ({ name: String(name), type: String(type) }));
}
