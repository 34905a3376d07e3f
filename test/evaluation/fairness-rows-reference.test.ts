import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { infer } from './inference-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-fairness-rows-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const numbers = z.array(z.number());
const { least, cases } = z
  .object({
    least: z.number(),
    cases: z.array(
      z.object({
        name: z.string(),
        columns: z.object({
          group: z.array(z.string()),
          y: numbers,
          p: numbers,
          s: numbers,
          w: numbers.optional(),
        }),
        expected: z.record(
          z.string(),
          z.object({
            groups: z.record(z.string(), z.number().nullable()).optional(),
            difference: z.number().nullable(),
            ratio: z.number().nullable(),
          }),
        ),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'fairness-rows-expected.json'), 'utf8')));

function close(found: number | null | undefined, expected: number, what: string): void {
  expect(Math.abs((found ?? NaN) - expected), `${what}: ${found}, expected ${expected}`).toBeLessThan(1e-9);
}

describe('gaps of weighted, scored and degenerate groups against fairlearn (fairness-rows-reference.py)', () => {
  it.each(cases)('$name', async ({ columns, expected }) => {
    const { group, y, p, s, w } = columns;
    const rows = group.map((each, at) => [at, y[at], p[at], s[at], w?.[at] ?? 1, each].join(','));
    writeFileSync(join(folder, 'rows.csv'), ['id,y,p,s,w,team', ...rows, ''].join('\n'));
    const gate = {
      version: 1,
      defaults: { replicates: 200, 'min-slice-size': least },
      evaluation: {
        id: 'id',
        label: 'y',
        prediction: 'p',
        scores: ['s'],
        positive: '1',
        labels: ['0', '1'],
        ...(w === undefined ? {} : { weight: 'w' }),
      },
      slices: { team: { column: 'team', values: [...new Set(group)] } },
      rules: Object.keys(expected).map((metric) => ({
        metric,
        fairness: { by: 'team', 'max-difference': 0.05 },
      })),
    };
    const { fairness } = await infer(folder, gate, 'rows.csv', undefined);
    for (const [metric, { groups, difference, ratio }] of Object.entries(expected)) {
      const found = fairness.get(`${metric} team`);
      for (const [name, value] of Object.entries(groups ?? {})) {
        const own = found?.groups.find((each) => each.name === `team=${name}`)?.value;
        if (value === null) expect(own, `${metric} of ${name}`).toBeNull();
        else close(own, value, `${metric} of ${name}`);
      }
      if (difference === null) {
        expect(found?.reason, metric).toContain('fewer than two groups');
      } else if (found?.difference === undefined) {
        expect(found?.reason, metric).toMatch(/is not defined in \d+ of 200 bootstrap samples/);
      } else {
        close(found.difference.estimate, difference, metric);
        // Where both groups have 0, fairlearn has no ratio: 0 / 0. They are alike.
        close(found.ratio?.estimate, ratio ?? 1, `ratio of ${metric}`);
      }
    }
  });
});
