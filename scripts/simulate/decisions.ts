import { judgeRules } from '../../actions/evaluate-gate/src/decide/judge-rules.ts';
import type { Evidence, MetricEvidence } from '../../actions/evaluate-gate/src/evidence.ts';
import type { GateFile } from '../../actions/evaluate-gate/src/gate-file/gate-file.ts';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import type { Inference } from '../../shared/statistics/inference.ts';
import type { Result } from '../../shared/verdict.ts';
import { type Agreement, drawCells, evidenceOfCells, overallOnly } from './cells.ts';
import { type Source, sourceOf } from './draw.ts';
import { drawAbsoluteErrors, drawAreas, pairedT } from './scores.ts';

/** What became of the rules of one simulated pull request. */
export type Outcome = readonly Result[];

/** One kind of pull request: a gate file and what its evidence is drawn from. */
export interface Scenario {
  readonly gate: string;
  readonly draw: (source: Source, gate: GateFile, seed: number) => Promise<Evidence>;
}

/** The results of every rule and slice, for each of so many simulated pull requests. */
export async function outcomesOf({ gate, draw }: Scenario, draws: number, seed: number): Promise<Outcome[]> {
  const parsed = parseGateFile(gate, 'gate.yml');
  const source = sourceOf(seed);
  const outcomes: Outcome[] = [];
  for (let pull = 0; pull < draws; pull++) {
    const evaluated = judgeRules({
      gate: parsed,
      evidence: await draw(source, parsed, pull),
      reported: new Map(),
      baseline: { kind: 'present', what: 'production v1', metrics: new Map() },
      gatePath: 'gate.yml',
    });
    outcomes.push(evaluated.map(({ result }) => result));
  }
  return outcomes;
}

/** Equally good models that disagree on this share of the rows. */
export function identical(accuracy: number, discordant: number): Agreement {
  const alone = discordant / 2;
  return { both: accuracy - alone, onlyCandidate: alone, onlyBaseline: alone };
}

/** A candidate that is worse by so much, of models that disagree on this share of the rows. */
export function worse(baseline: number, by: number, discordant: number): Agreement {
  const onlyBaseline = (discordant + by) / 2;
  return { both: baseline - onlyBaseline, onlyCandidate: onlyBaseline - by, onlyBaseline };
}

const HEAD = `version: 1
evaluation: {id: id, label: label, prediction: prediction, scores: [score], positive: '1', labels: ['0', '1']}
`;

const partNames = (count: number): string[] => Array.from({ length: count }, (_, part) => `p${part}`);

/** Metrics on all rows and on parts of one evaluation set, which each have equally many rows. */
export function onParts(
  metrics: readonly string[],
  margin: number,
  { parts, rows, agreement }: { parts: number; rows: number; agreement: Agreement },
): Scenario {
  const names = partNames(parts);
  const slices = parts === 0 ? '' : `, slices: [part]`;
  const rules = metrics.map((metric) => `  - {metric: ${metric}, max-regression: ${margin}${slices}}\n`);
  const cuts = parts === 0 ? '' : `slices: {part: {column: part, values: [${names.join(', ')}]}}\n`;
  return {
    gate: `${HEAD}${cuts}rules:\n${rules.join('')}`,
    draw: async (source, { defaults }, seed) => {
      const asked = metrics.map((metric) => ({ metric, test: 'auto' as const }));
      const settings = { seed, replicates: defaults.replicates };
      const ofParts = names.map(() => drawCells(source, Math.floor(rows / parts), agreement));
      const all = parts === 0 ? drawCells(source, rows, agreement) : added(ofParts.flat());
      const slicesFound = [];
      for (const [part, cells] of ofParts.entries()) {
        const n = cells.reduce((sum, row) => sum + Number(row['n']), 0);
        const found = await evidenceOfCells(cells, asked, settings);
        slicesFound.push({ family: 'part', name: `part=${names[part] ?? ''}`, n, metrics: found });
      }
      const overall = await evidenceOfCells(all, asked, settings);
      return { overall, slices: slicesFound, fairness: new Map() };
    },
  };
}

type Cells = ReturnType<typeof drawCells>;

/** The cells of several parts as those of all rows, in the order in which SQL gives them. */
function added(cells: Cells): Cells {
  const groups = Map.groupBy(cells, ({ y, c, b }) => 4 * Number(y) + 2 * Number(c) + Number(b));
  return [...groups]
    .toSorted(([a], [b]) => a - b)
    .map(([key, rows]) => {
      const n = rows.reduce((sum, row) => sum + Number(row['n']), 0);
      return { k: 0, y: key >> 2, c: (key >> 1) & 1, b: key & 1, n, w: n, ww: n };
    });
}

/** Several metrics that each have rows of their own: nothing that one rule sees tells of another. */
export function independent(rules: number, margin: number, rows: number, agreement: Agreement): Scenario {
  const metrics = Array.from({ length: rules }, (_, at) => `metric-${at}`);
  const lines = metrics.map(
    (name) => `  - {metric: ${name}, direction: higher, max-regression: ${margin}}\n`,
  );
  return {
    gate: `version: 1\nrules:\n${lines.join('')}`,
    draw: async (source, { defaults }, seed) => {
      const overall = new Map<string, MetricEvidence>();
      for (const name of metrics) {
        const cells = drawCells(source, rows, agreement);
        const settings = { seed, replicates: defaults.replicates };
        const found = await evidenceOfCells(cells, [{ metric: 'accuracy', test: 'auto' }], settings);
        for (const evidence of found.values()) overall.set(`${name} auto`, evidence);
      }
      return overallOnly(overall);
    },
  };
}

/** The AUC by DeLong. */
export function areas(rows: number, margin: number, candidate: number, baseline: number): Scenario {
  return {
    gate: `${HEAD}rules:\n  - {metric: roc-auc, max-regression: ${margin}}\n`,
    draw: (source) => {
      const { own, difference } = drawAreas(source, rows, { candidate, baseline });
      return Promise.resolve(single('roc-auc', rows, own.estimate, difference));
    },
  };
}

/** Mean absolute error by the paired t, of a candidate whose residuals are larger by the factor 1 + `excess`. */
export function absoluteErrors(rows: number, excess: number): Scenario {
  const margin = excess * Math.sqrt(2 / Math.PI);
  return {
    gate: `version: 1\nevaluation: {id: id, label: label, prediction: prediction}\nrules:\n  - {metric: mae, max-regression: ${margin}}\n`,
    draw: (source) => {
      const differences = drawAbsoluteErrors(source, rows, { candidate: 1 + excess, baseline: 1 });
      return Promise.resolve(single('mae', rows, 1, pairedT(differences)));
    },
  };
}

function single(metric: string, n: number, value: number, difference: Inference): Evidence {
  const evidence = { value, baselineValue: value - difference.estimate, n, difference };
  return overallOnly(new Map([[`${metric} auto`, evidence]]));
}
