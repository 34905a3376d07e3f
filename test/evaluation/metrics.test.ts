import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseGateFile } from '../../actions/evaluate-gate/src/gate-file/parse.ts';
import { measure } from '../../actions/evaluate-gate/src/metrics/measure.ts';
import { predictionFile } from '../../actions/evaluate-gate/src/metrics/prediction-file.ts';
import { LIMITS, openEngine } from './engine.ts';
import { findPython } from './python.ts';

const FORMATS = ['parquet', 'csv', 'jsonl'] as const;
const NAMES = [
  'binary',
  'binary-weighted',
  'multiclass',
  'multiclass-weighted',
  'two-columns',
  'unseen-class',
  'tied-scores',
  'one-prediction',
  'regression',
  'regression-weighted',
  'regression-negative',
  'sets',
  'sets-weighted',
  'sets-undeclared',
  'sets-as-text',
  'logits',
  'logits-weighted',
];

const referencesSchema = z.array(
  z.object({
    name: z.string(),
    evaluation: z.record(z.string(), z.unknown()),
    asked: z.array(z.string()),
    n: z.number(),
    expected: z.record(z.string(), z.number()),
  }),
);

const python = findPython();
const folder = mkdtempSync(join(tmpdir(), 'trainyard-references-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function references(): z.infer<typeof referencesSchema> {
  if (python === undefined) return [];
  execFileSync(python, [join(import.meta.dirname, 'reference.py'), folder], { stdio: 'inherit' });
  return referencesSchema.parse(JSON.parse(readFileSync(join(folder, 'references.json'), 'utf8')));
}

if (python === undefined && process.env['CI'] !== undefined) {
  throw new Error(
    `No .venv under ${resolve(import.meta.dirname, '../..')}; in CI the references must be made.`,
  );
}

describe.skipIf(python === undefined)(
  'metrics by SQL against scikit-learn (needs .venv, made by set-up)',
  () => {
    const cases = references();

    it('has all cases', () => {
      expect(cases.map(({ name }) => name)).toEqual(NAMES);
    });

    for (const { name, evaluation, asked, n, expected } of cases) {
      it.each(FORMATS)(`${name} as %s`, async (format) => {
        await using engine = await openEngine();
        const gate = parseGateFile(
          JSON.stringify({
            version: 1,
            evaluation: { id: 'id', label: 'y', prediction: 'p', ...evaluation },
            rules: [{ metric: 'own', direction: 'higher', min: 0, test: 'none' }],
          }),
          'gate.yml',
        );
        if (gate.evaluation === undefined) throw new Error('no evaluation');
        const [rule] = gate.rules;
        if (rule === undefined) throw new Error('no rule');
        const file = predictionFile(join(folder, `${name}.${format}`), `${name}.${format}`);
        const measured = await measure({
          engine,
          limits: { ...LIMITS, temporaryDirectory: folder },
          gate: {
            ...gate,
            rules: [rule, ...asked.map((metric) => ({ ...rule, metric }))],
            evaluation: gate.evaluation,
          },
          gatePath: 'gate.yml',
          candidate: file,
          baseline: predictionFile(join(folder, `${name}.parquet`), 'baseline.parquet'),
          signal: new AbortController().signal,
        });
        expect(measured.candidate.n).toBe(n);
        const known = [...measured.candidate.metrics].filter(([, { value }]) => value !== null);
        expect(known.map(([metric]) => metric).sort()).toEqual(Object.keys(expected).sort());
        for (const [metric, value] of Object.entries(expected)) {
          const computed = measured.candidate.metrics.get(metric)?.value ?? NaN;
          expect(Math.abs(computed - value), `${metric}: ${computed}, scikit-learn ${value}`).toBeLessThan(
            1e-9,
          );
        }
        // The same rows in another format are the same rows.
        expect(measured.baseline).toMatchObject({ n });
      });
    }
  },
);
