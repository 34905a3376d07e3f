import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../../actions/evaluate-gate/src/evidence.ts';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { methodOf } from '../../actions/evaluate-gate/src/inference/counts.ts';
import { measure } from '../../actions/evaluate-gate/src/metrics/measure.ts';
import { predictionFile } from '../../actions/evaluate-gate/src/metrics/prediction-file.ts';
import { seededGenerator } from '../../shared/statistics/seeded.ts';
import { LIMITS, openEngine } from './engine.ts';
import { infer, overall, SIGNAL } from './inference-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-paths-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROWS = 1200;
const CLASSES = 120;

/** Rows of two models, which are right with these chances. */
function write(name: string, chance: number, seed: number): void {
  const truth = seededGenerator(1);
  const own = seededGenerator(seed);
  const lines = ['id,y,p,s,w,g,team,winner,many,many_p,tags,tags_p,z,z_p'];
  for (let id = 0; id < ROWS; id++) {
    const [y, team, many, weight, z] = [truth(), truth(), truth(), truth(), truth()];
    const label = y < 0.4 ? 'yes' : 'no';
    const right = own() < chance;
    const p = right === (label === 'yes') ? 'yes' : 'no';
    const score = Math.min(1, Math.max(0, (p === 'yes' ? 0.7 : 0.3) + 0.4 * (own() - 0.5)));
    const [tag, tagP] = [label === 'yes' ? 'a|b' : 'a', right ? (label === 'yes' ? 'a|b' : 'a') : 'b'];
    const kind = Math.floor(many * CLASSES);
    lines.push(
      [id, label, p, score.toFixed(3), (0.5 + weight).toFixed(3), Math.floor(id / 4)].join(',') +
        `,${team < 0.5 ? 'red' : 'blue'},${['candidate', 'baseline', 'tie'][Math.floor(own() * 3)] ?? ''}` +
        `,c${kind},c${right ? kind : (kind + 1) % CLASSES},${tag},${tagP},${z.toFixed(4)},${(z + own() * 0.1).toFixed(4)}`,
    );
  }
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
}
write('new.csv', 0.9, 2);
write('old.csv', 0.86, 3);

const BINARY = {
  id: 'id',
  label: 'y',
  prediction: 'p',
  scores: ['s'],
  positive: 'yes',
  labels: ['yes', 'no'],
};
const SLICES = { team: { column: 'team', values: ['red', 'blue'] } };
const MANY = { id: 'id', label: 'many', prediction: 'many_p' };

interface Ask {
  readonly rules: readonly Record<string, unknown>[];
  readonly evaluation?: Record<string, unknown>;
  readonly more?: Record<string, unknown>;
  readonly baseline?: string | undefined;
}

const gateOf = ({ rules, evaluation = BINARY, more = {} }: Ask): Record<string, unknown> => ({
  version: 1,
  defaults: { seed: 7, replicates: 1000 },
  evaluation,
  rules,
  ...more,
});

function ask(asked: Ask): Promise<Evidence> {
  const baseline = 'baseline' in asked ? asked.baseline : 'old.csv';
  return infer(folder, gateOf(asked), 'new.csv', baseline);
}

const compares = (metric: string, more: Record<string, unknown> = {}) => ({
  metric,
  'max-regression': 0.01,
  ...more,
});

describe('evidence', () => {
  it('of counts by the jackknife is that of other methods, roughly', async () => {
    const by = (test: string): Promise<Evidence> =>
      ask({ rules: [compares('accuracy', { test }), compares('f1', { test })] });
    const [auto, jackknife] = [await by('auto'), await by('jackknife')];
    for (const metric of ['accuracy', 'f1']) {
      const [one, two] = [overall(auto, metric), overall(jackknife, metric, 'jackknife')];
      expect(two.value).toBe(one.value);
      expect(two.difference?.method).toBe('delete-a-group jackknife');
      for (const side of ['own', 'difference'] as const) {
        const [expected, found] = [one[side]?.standardError ?? NaN, two[side]?.standardError ?? NaN];
        // Of 40 groups a standard error is known within about 11 % of itself.
        expect(Math.abs(found / expected - 1), `${metric}, ${side}`).toBeLessThan(0.4);
      }
    }
  });

  it('of more than a hundred classes is by the jackknife, and refuses a bootstrap', async () => {
    const rules = [compares('f1-macro'), compares('mcc', { test: 'bootstrap' })];
    const evidence = await ask({ rules, evaluation: MANY });
    expect(overall(evidence, 'f1-macro').difference?.method).toBe('delete-a-group jackknife');
    expect(overall(evidence, 'mcc', 'bootstrap').noInference).toContain('more than 100 classes');
  });

  it('of a metric in SQL is that of the same metric by name', async () => {
    const own = { sql: 'avg(CASE WHEN y = p THEN 1.0 ELSE 0.0 END)', direction: 'higher' };
    const evidence = await ask({
      rules: [compares('mine', { slices: ['team'] }), compares('accuracy', { slices: ['team'] })],
      more: { metrics: { mine: own }, slices: SLICES },
    });
    const [mine, accuracy] = [overall(evidence, 'mine'), overall(evidence, 'accuracy')];
    expect(mine.value).toBeCloseTo(accuracy.value ?? NaN, 12);
    expect(mine.baselineValue).toBeCloseTo(accuracy.baselineValue ?? NaN, 12);
    const ratio = (mine.difference?.standardError ?? NaN) / (accuracy.difference?.standardError ?? NaN);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.4);
    for (const { metrics } of evidence.slices) {
      const [one, two] = [metrics.get('mine auto'), metrics.get('accuracy auto')];
      expect(one?.value).toBeCloseTo(two?.value ?? NaN, 12);
      expect(one?.difference?.estimate).toBeCloseTo(two?.difference?.estimate ?? NaN, 12);
    }
  });

  it('of a preference is a mean over the rows', async () => {
    const found = overall(
      await ask({
        rules: [{ metric: 'preferred', min: 0.4 }],
        more: { metrics: { preferred: { preference: 'winner' } } },
      }),
      'preferred',
    );
    const [low, high] = found.own?.interval(0.9) ?? [NaN, NaN];
    expect(low).toBeLessThan(found.value ?? NaN);
    expect(high).toBeGreaterThan(found.value ?? NaN);
    // Of shares of a third each, with ties as a half: variance 1/6.
    expect(found.own?.standardError).toBeCloseTo(Math.sqrt(1 / 6 / ROWS), 3);
  });

  it('without a baseline is of the candidate alone', async () => {
    const names = ['accuracy', 'f1', 'roc-auc', 'pr-auc', 'log-loss', 'brier', 'ece'];
    const evidence = await ask({
      rules: [
        ...names.map((metric) => ({ metric, min: 0.001 })),
        { metric: 'mine', min: 0 },
        { metric: 'mcc', min: 0.01, test: 'jackknife' },
      ],
      baseline: undefined,
      more: { metrics: { mine: { sql: 'count(*) / 1200.0', direction: 'higher' } } },
    });
    for (const [key, { own, difference, baselineValue }] of evidence.overall) {
      expect(own, key).toBeDefined();
      expect(difference, key).toBeUndefined();
      expect(baselineValue, key).toBeNull();
    }
    expect(evidence.overall.size).toBe(names.length + 2);
  });

  it('of sets of classes is of means over the rows, and of nothing else', async () => {
    const evidence = await ask({
      rules: [compares('jaccard'), compares('f1-samples'), compares('hamming-loss'), compares('f1-macro')],
      evaluation: { id: 'id', label: 'tags', prediction: 'tags_p', labels: ['a', 'b'] },
    });
    for (const metric of ['jaccard', 'f1-samples', 'hamming-loss']) {
      expect(overall(evidence, metric).difference?.standardError, metric).toBeGreaterThan(0);
    }
    // Over all rows the reported value stands.
    expect(evidence.overall.has('f1-macro auto')).toBe(false);
  });

  it('of costs is of counts', async () => {
    const utility = { currency: 'EUR', costs: [{ label: 'yes', prediction: 'no', cost: 500 }] };
    const cost = overall(await ask({ rules: [compares('cost')], more: { utility } }), 'cost');
    expect(cost.difference?.method).toBe('bootstrap, BCa');
    expect(cost.value).toBeGreaterThan(5);
    expect(cost.value).toBeLessThan(50);
  });

  it.each([
    ['accuracy', 'wilcoxon', {}, 'made for means over rows'],
    ['f1', 'mcnemar', {}, 'made for accuracy'],
    ['accuracy', 'delong', {}, 'made for roc-auc'],
    ['accuracy', 'score', { weighted: true }, 'rows have weights'],
    ['f1', 'bca', { clustered: true }, 'belong together in groups'],
  ] as const)('of %s by %s is refused with the reason', (name, test, more, reason) => {
    const paired = { weighted: false, clustered: false, classes: ['no', 'yes'], ...more };
    expect(JSON.stringify(methodOf({ name, test }, paired))).toContain(reason);
  });

  it.each([
    ['weight', { weight: 'w' }],
    ['group', { group: 'g' }],
  ])('of gaps between groups of rows with a %s is of their standard errors', async (_, keys) => {
    const evidence = await ask({
      rules: [
        { metric: 'recall', fairness: { by: 'team', 'max-difference': 0.2 } },
        { metric: 'brier', fairness: { by: 'team', 'max-difference': 0.2 } },
      ],
      evaluation: { ...BINARY, ...keys },
      more: { slices: SLICES },
    });
    for (const metric of ['recall', 'brier']) {
      const found = evidence.fairness.get(`${metric} team`);
      expect(found?.difference?.method).toBe('normal by group, simultaneous');
      const [low, high] = found?.difference?.interval(0.9) ?? [NaN, NaN];
      const gap = found?.difference?.estimate ?? NaN;
      expect([low <= gap, high > gap, high < 0.2]).toEqual([true, true, true]);
    }
  });

  it('of gaps tells why there is none', async () => {
    const gap = { fairness: { by: 'team', 'max-difference': 0.2 } };
    const points = await ask({
      rules: [{ metric: 'recall', test: 'none', ...gap }],
      more: { slices: SLICES },
    });
    expect(points.fairness.get('recall team')?.difference).toBeUndefined();
    expect(points.fairness.get('recall team')?.groups.map(({ n }) => n)).toEqual([
      expect.any(Number),
      expect.any(Number),
    ]);
  });
});

describe('points of the evidence are those that are reported', () => {
  const COUNTS = ['accuracy', 'balanced-accuracy', 'mcc', 'kappa', 'precision', 'recall', 'f1', 'f0.5'];
  const AVERAGES = ['macro', 'weighted', 'micro'].flatMap((each) => [`precision-${each}`, `f1-${each}`]);
  const RATES = ['specificity', 'false-positive-rate', 'false-negative-rate', 'selection-rate'];
  const SCORES = ['roc-auc', 'pr-auc', 'log-loss', 'brier', 'ece'];
  const NUMBERS = ['mae', 'rmse', 'mape', 'r2', 'bias', 'quantile-loss-0.9'];
  const REGRESSION = { id: 'id', label: 'z', prediction: 'z_p' };

  it.each([
    ['binary', BINARY, [...COUNTS, ...AVERAGES, ...RATES, ...SCORES]],
    ['binary with weights', { ...BINARY, weight: 'w' }, [...COUNTS, ...AVERAGES, ...RATES, ...SCORES]],
    ['many classes', MANY, ['accuracy', 'mcc', 'f1-macro', 'recall-weighted']],
    ['sets', { id: 'id', label: 'tags', prediction: 'tags_p' }, ['subset-accuracy', 'jaccard', 'f1-samples']],
    ['regression', REGRESSION, NUMBERS],
    ['regression with weights', { ...REGRESSION, weight: 'w' }, NUMBERS],
  ])('%s', async (_, evaluation, names) => {
    const rules = names.map((metric) => compares(metric, metric === 'bias' ? { direction: 'lower' } : {}));
    const asked = { rules, evaluation };
    const gate = parseGateFile(JSON.stringify(gateOf(asked)), 'gate.yml');
    if (gate.evaluation === undefined) throw new Error('no evaluation');
    await using engine = await openEngine();
    const measured = await measure({
      engine,
      limits: { ...LIMITS, temporaryDirectory: folder },
      gate: { ...gate, evaluation: gate.evaluation },
      gatePath: 'gate.yml',
      candidate: predictionFile(join(folder, 'new.csv'), 'new.csv'),
      baseline: predictionFile(join(folder, 'old.csv'), 'old.csv'),
      signal: SIGNAL,
    });
    const evidence = await ask(asked);
    const reference = measured.baseline;
    if (reference === undefined || 'unusable' in reference) throw new Error('no baseline');
    for (const name of names) {
      const { value, baselineValue } = overall(evidence, name);
      const [own, base] = [measured.candidate, reference].map(({ metrics }) => metrics.get(name)?.value);
      expect(Math.abs((value ?? NaN) - (own ?? NaN)), name).toBeLessThan(1e-9);
      expect(Math.abs((baselineValue ?? NaN) - (base ?? NaN)), `${name}, baseline`).toBeLessThan(1e-9);
    }
  });
});
