import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Evidence, MetricEvidence } from '../../actions/evaluate-gate/src/evidence.ts';
import { infer, overall } from './inference-scene.ts';
import { findPython } from './python.ts';

const numbers = z.record(z.string(), z.union([z.number(), z.array(z.number())]));
const referenceSchema = z
  .object({
    slices: z.record(z.string(), z.tuple([z.number(), z.number()])),
    'slice auc': z.record(z.string(), numbers),
    regression: z.record(z.string(), z.union([z.number(), numbers])),
    classes: z.record(z.string(), numbers),
  })
  .catchall(z.unknown());

const python = findPython();
if (python === undefined && process.env['CI'] !== undefined)
  throw new Error('No .venv: the references must be made.');

const folder = mkdtempSync(join(tmpdir(), 'trainyard-inference-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BINARY = {
  id: 'id',
  label: 'y',
  prediction: 'p',
  scores: ['s'],
  positive: 'sick',
  labels: ['sick', 'well'],
};

const rule = (metric: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  metric,
  'max-regression': 0.01,
  ...more,
});

const DEFAULTS = { seed: 7, replicates: 4000, 'min-slice-size': 10 };

describe.skipIf(python === undefined)('evidence against NumPy, SciPy and scikit-learn (needs .venv)', () => {
  let reference: z.infer<typeof referenceSchema>;
  const of = (name: string): Record<string, number | number[]> => numbers.parse(reference[name]);
  beforeAll(() => {
    execFileSync(python ?? '', [join(import.meta.dirname, 'inference-reference.py'), folder]);
    reference = referenceSchema.parse(JSON.parse(readFileSync(join(folder, 'inference.json'), 'utf8')));
  }, 300_000);

  const binary = (rules: unknown[], more: Record<string, unknown> = {}, evaluation = {}): Promise<Evidence> =>
    infer(
      folder,
      { version: 1, defaults: DEFAULTS, evaluation: { ...BINARY, ...evaluation }, rules, ...more },
      'binary-candidate.parquet',
      'binary-baseline.parquet',
    );

  function close(found: number | null | undefined, expected: unknown, what: string, within = 1e-9): void {
    expect(
      Math.abs((found ?? NaN) - Number(expected)),
      `${what}: ${found}, expected ${String(expected)}`,
    ).toBeLessThan(within);
  }

  it('of counts, DeLong and means', async () => {
    const evidence = await binary(
      ['accuracy', 'f1', 'mcc', 'recall', 'roc-auc', 'log-loss', 'brier'].map((each) => rule(each)),
    );
    const accuracy = overall(evidence, 'accuracy');
    close(accuracy.value, of('accuracy')['value'], 'accuracy');
    close(accuracy.baselineValue, of('accuracy')['baseline'], 'baseline');
    expect(accuracy.difference?.details.discordant).toEqual(of('accuracy')['discordant']);
    expect(accuracy.difference?.method).toBe('paired score (Tango 1998)');
    expect(accuracy.own?.method).toBe('Wilson score');
    expect(overall(evidence, 'recall').own?.method).toBe('Wilson score');

    const auc = overall(evidence, 'roc-auc');
    close(auc.value, of('roc-auc')['value'], 'auc');
    close(auc.baselineValue, of('roc-auc')['baseline'], 'baseline auc');
    close(auc.difference?.standardError, of('roc-auc')['error'], 'DeLong');
    close(auc.own?.standardError, of('roc-auc')['ownError'], 'DeLong, own');
    expect(auc.difference?.method).toBe('DeLong');

    for (const name of ['log-loss', 'brier']) {
      const found = overall(evidence, name);
      const { value, baseline, error, p, interval } = of(name);
      close(found.value, value, name);
      close(found.baselineValue, baseline, `${name}, baseline`);
      close(found.difference?.standardError, error, `${name}, error`);
      close(found.difference?.pGreater(0), p, `${name}, p`);
      const bounds = found.difference?.interval(0.9) ?? [];
      [0, 1].forEach((at) => close(bounds[at], (interval as number[])[at], `${name}, interval`));
    }
    for (const name of ['f1', 'mcc']) {
      const found = overall(evidence, name);
      const { value, baseline, deviation, ownDeviation, interval } = of(name);
      close(found.value, value, name);
      close(found.baselineValue, baseline, `${name}, baseline`);
      // The standard deviation of R replicates is known within about 1 / sqrt(2 R) of itself, here 1.6 and 2.5 %.
      const error = Number(deviation);
      close(found.difference?.standardError, error, `${name}, error`, 0.1 * error);
      close(found.own?.standardError, ownDeviation, `${name}, own error`, 0.1 * Number(ownDeviation));
      const bounds = found.difference?.interval(0.9) ?? [];
      [0, 1].forEach((at) =>
        close(bounds[at], (interval as number[])[at], `${name}, interval`, 0.25 * error),
      );
      expect(found.difference?.method).toBe('bootstrap, BCa');
      expect(found.difference?.details).toMatchObject({ seed: 7, replicates: 4000 });
    }
  });

  it('is the same every time', async () => {
    const rules = [rule('f1'), rule('roc-auc'), rule('pr-auc'), rule('log-loss', { test: 'bca' })];
    const [one, two] = [await binary(rules), await binary(rules)];
    for (const [key, found] of one.overall) {
      const again = two.overall.get(key);
      close(again?.difference?.pLess(0.001), found.difference?.pLess(0.001), key, 1e-12);
      close(again?.difference?.interval(0.9)[0], found.difference?.interval(0.9)[0], key, 1e-12);
    }
  });

  it('of slices by column, bins, predicate and intersection', async () => {
    const slices = {
      country: { column: 'country', values: ['NO', 'SE', 'FR'] },
      age: { column: 'age', bins: [18, 40] },
      old: { where: 'age >= 65' },
      both: { all: ['country', 'age'] },
      numbered: { column: 'country' },
    };
    const names = Object.keys(slices);
    const evidence = await binary(
      [rule('accuracy', { slices: names }), rule('roc-auc', { slices: ['numbered'] })],
      { slices },
    );
    for (const [name, [n, accuracy]] of Object.entries(reference.slices)) {
      const found = evidence.slices.find((slice) => slice.name === name);
      expect(found?.n, name).toBe(n);
      close(found?.metrics.get('accuracy auto')?.value, accuracy, name);
      expect(found?.metrics.get('accuracy auto')?.difference?.n, name).toBe(n);
    }
    expect(evidence.slices.find(({ name }) => name === 'country=FR')).toMatchObject({ n: 0 });
    expect(evidence.slices.find(({ name }) => name === 'country=FR & age<18')).toMatchObject({ n: 0 });
    const missing = evidence.slices.find(({ name }) => name === 'country=FR')?.metrics.get('accuracy auto');
    expect(missing).toMatchObject({ value: null, n: 0, reason: 'there are no rows' });
    // By size, and never by name: the values are not declared.
    const numbered = evidence.slices.filter(({ family }) => family === 'numbered');
    expect(numbered.map(({ name }) => name)).toEqual(['numbered #1', 'numbered #2', 'numbered #3']);
    for (const [at, country] of ['NO', 'SE', 'DK'].entries()) {
      const found = numbered[at]?.metrics.get('roc-auc auto');
      close(found?.value, reference['slice auc'][country]?.['value'], country);
      close(found?.difference?.standardError, reference['slice auc'][country]?.['error'], country);
    }
    expect(numbered[0]?.metrics.has('accuracy auto')).toBe(true);
  });

  it('of weights and of rows that belong together', async () => {
    const rules = [rule('accuracy'), rule('f1'), rule('log-loss'), rule('roc-auc')];
    for (const [kind, keys] of [
      ['weighted', { weight: 'w' }],
      ['clustered', { group: 'g' }],
    ] as const) {
      const evidence = await binary(rules, {}, keys);
      for (const name of ['accuracy', 'log-loss', ...(kind === 'clustered' ? ['roc-auc'] : [])]) {
        const found = overall(evidence, name);
        const { value, ownError, error } = of(`${name} ${kind}`);
        // The influence of a cell is a numeric derivative.
        const within = name === 'accuracy' ? 1e-6 * Number(error) : 1e-9;
        close(found.value, value, `${name} ${kind}`);
        close(found.own?.standardError, ownError, `${name} ${kind}, own`, within);
        close(found.difference?.standardError, error, `${name} ${kind}, difference`, within);
      }
      expect(overall(evidence, 'f1').difference?.method).toContain('linearised');
      expect(overall(evidence, 'roc-auc').difference?.standardError).toBeGreaterThan(0);
    }
  });

  it('of numbers', async () => {
    const names = ['mae', 'mape', 'bias', 'quantile-loss-0.9', 'rmse', 'r2'];
    const inferAll = (rules: unknown[]): Promise<Evidence> =>
      infer(
        folder,
        { version: 1, defaults: DEFAULTS, evaluation: { id: 'id', label: 'y', prediction: 'p' }, rules },
        'regression-candidate.parquet',
        'regression-baseline.parquet',
      );
    const evidence = await inferAll(
      names.map((each) => rule(each, each === 'bias' ? { direction: 'lower' } : {})),
    );
    const by = async (test: string): Promise<MetricEvidence> =>
      overall(await inferAll([rule('mae', { test })]), 'mae', test);
    const expected = (name: string): Record<string, number | number[]> =>
      numbers.parse(reference.regression[name]);
    for (const name of ['mae', 'mape', 'bias', 'quantile-loss-0.9']) {
      const found = overall(evidence, name);
      const { value, baseline, error, p } = expected(name);
      close(found.value, value, name);
      close(found.baselineValue, baseline, name);
      close(found.difference?.standardError, error, name);
      close(found.difference?.pGreater(0), p, name);
    }
    for (const name of ['rmse', 'r2']) {
      const found = overall(evidence, name);
      const { value, baseline, deviation, ownDeviation } = expected(name);
      close(found.value, value, name);
      close(found.baselineValue, baseline, name);
      // A standard error from 40 groups is known within about 1 / sqrt(2 · 39) of itself.
      close(found.difference?.standardError, deviation, name, 0.35 * Number(deviation));
      close(found.own?.standardError, ownDeviation, name, 0.35 * Number(ownDeviation));
      expect(found.difference?.method).toBe('delete-a-group jackknife');
    }
    close((await by('wilcoxon')).difference?.pLess(0), reference.regression['wilcoxon p'], 'Wilcoxon', 1e-6);
    const { error } = expected('mae');
    for (const test of ['bootstrap', 'bca']) {
      close((await by(test)).difference?.standardError, error, test, 0.05 * Number(error));
    }
    close(
      (await by('permutation')).difference?.pLess(0),
      overall(evidence, 'mae').difference?.pLess(0),
      'permutation',
      0.02,
    );
  });

  it('of many classes', async () => {
    const names = ['f1-macro', 'roc-auc', 'top-3-accuracy', 'kappa'];
    const labels = Array.from({ length: 10 }, (_, index) => String(index));
    const evidence = await infer(
      folder,
      {
        version: 1,
        defaults: { ...DEFAULTS, replicates: 1000 },
        evaluation: {
          id: 'id',
          label: 'y',
          prediction: 'p',
          labels,
          scores: labels.map((each) => `s${each}`),
        },
        rules: names.map((each) => rule(each)),
      },
      'classes-candidate.parquet',
      'classes-baseline.parquet',
    );
    for (const name of names) {
      const { value, baseline, deviation } = reference.classes[name] ?? {};
      const found = overall(evidence, name);
      close(found.value, value, name);
      close(found.baselineValue, baseline, name);
      expect(found.difference, name).toBeDefined();
      if (deviation === undefined) continue;
      close(
        found.difference?.standardError,
        deviation,
        name,
        (name === 'roc-auc' ? 0.35 : 0.12) * Number(deviation),
      );
    }
  });

  it('of average precision', async () => {
    const found = overall(await binary([rule('pr-auc')]), 'pr-auc');
    close(found.value, of('pr-auc')['value'], 'pr-auc');
    close(found.baselineValue, of('pr-auc')['baseline'], 'pr-auc');
    expect(found.difference?.standardError).toBeGreaterThan(0);
  });
});
