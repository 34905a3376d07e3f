import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { infer } from './inference-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainyard-fairlearn-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const gapSchema = z.object({ difference: z.number().nullable(), ratio: z.number().nullable() });
const { cases } = z
  .object({
    cases: z.array(
      z.object({
        name: z.string(),
        blocks: z.array(z.tuple([z.string(), z.number(), z.number(), z.number()])),
        gaps: z.record(z.string(), gapSchema),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'fairness-expected.json'), 'utf8')));

describe('gaps between groups against fairlearn (fairness-reference.py)', () => {
  it.each(cases)('$name', async ({ blocks, gaps }) => {
    const rows = blocks.flatMap(([group, y, p, n]) => Array.from({ length: n }, () => `${y},${p},${group}`));
    writeFileSync(
      join(folder, 'rows.csv'),
      ['id,y,p,team', ...rows.map((row, at) => `${at},${row}`), ''].join('\n'),
    );
    const gate = {
      version: 1,
      defaults: { replicates: 200, 'min-slice-size': 1 },
      evaluation: { id: 'id', label: 'y', prediction: 'p', positive: '1', labels: ['0', '1'] },
      slices: { team: { column: 'team', values: [...new Set(blocks.map(([group]) => group))] } },
      rules: Object.keys(gaps).map((metric) => ({
        metric,
        fairness: { by: 'team', 'max-difference': 0.05 },
      })),
    };
    const { fairness } = await infer(folder, gate, 'rows.csv', undefined);
    for (const [metric, { difference, ratio }] of Object.entries(gaps)) {
      const found = fairness.get(`${metric} team`);
      expect(found?.reason, metric).toBeUndefined();
      expect(Math.abs((found?.difference?.estimate ?? NaN) - (difference ?? NaN)), metric).toBeLessThan(1e-9);
      // Where both groups have 0, fairlearn has no ratio: 0 / 0. They are alike.
      expect(Math.abs((found?.ratio?.estimate ?? NaN) - (ratio ?? 1)), `ratio of ${metric}`).toBeLessThan(
        1e-9,
      );
    }
  });
});
