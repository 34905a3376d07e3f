import { describe, expect, it } from 'vitest';
import { charts, history, richBody } from '../../test/report/evaluation-fixtures.ts';
import { evaluationBody } from '../../test/report/fixtures.ts';
import type { Block } from './block.ts';
import { historyBlocks, historyNotes } from './history-blocks.ts';
import { plotsBlocks } from './plot-blocks.ts';

const factsOf = (blocks: readonly Block[]): Record<string, string> =>
  Object.fromEntries(
    blocks.flatMap((block) =>
      block.kind === 'facts' ? block.facts.map(({ label, value }) => [label, value.text]) : [],
    ),
  );
const wordsOf = (blocks: readonly Block[]): string[] =>
  blocks.flatMap((block) => (block.kind === 'note' ? [block.text] : []));

describe('the history of the default branch', () => {
  it('is told behind a fold: commits, and how each ruled metric went and varied', () => {
    const facts = factsOf(historyBlocks(richBody()));
    expect(facts['Commits']).toBe(
      '19 gated commits with this evaluation set; 2 more were measured on other rows and are not compared',
    );
    expect(facts['accuracy']).toMatch(/^[▁-█]{20} 0\.9 → 0\.929 in this run; ±0\.0124 .*, over 19$/);
    expect(facts).not.toHaveProperty('once');
    const one = { ...history(), otherSets: 1, noise: [] };
    expect(factsOf(historyBlocks(richBody({ history: one })))).toMatchObject({
      Commits: expect.stringContaining('1 more was measured on other rows and is not compared') as string,
      accuracy: expect.stringMatching(/in this run$/) as string,
    });
    const none = { ...history(), otherSets: 0 };
    expect(factsOf(historyBlocks(richBody({ history: none, charts: null })))['Commits']).toBe(
      '19 gated commits with this evaluation set',
    );
  });

  it('is nothing in a section that knows of none', () => {
    const old = evaluationBody();
    expect(old).not.toHaveProperty('history');
    expect(historyBlocks(old)).toEqual([]);
    expect(historyNotes(old)).toEqual([]);
    expect(historyBlocks(richBody({ history: null }))).toEqual([]);
  });

  it('hints at rules whose margin is smaller than the noise', () => {
    expect(wordsOf(historyNotes(richBody()))).toEqual([
      'Noise: accuracy of the last 19 models of the default branch varied by ±0.0124 from one to the next. accuracy.max-regression turns on 0.01, which is less: another training of the same code may end on the other side.',
    ]);
    const [noise] = history().noise;
    if (noise === undefined) throw new Error('no noise');
    const narrow = [...noise.narrow, { rule: 'accuracy.min-improvement', margin: 0 }];
    const [said] = wordsOf(
      historyNotes(richBody({ history: { ...history(), noise: [{ ...noise, narrow }] } })),
    );
    expect(said).toContain('which is less and accuracy.min-improvement turns on 0: another');
  });
});

describe('plots of what came before', () => {
  const plotsOf = (body = richBody()) =>
    plotsBlocks(body).flatMap((block) => (block.kind === 'plots' ? block.plots : []));

  it('shade what models vary by, around the last commit', () => {
    const trend = plotsOf().find(({ title }) => title === 'Trend: accuracy');
    const last = charts().trend[0]?.points.at(-2)?.[1] ?? NaN;
    expect(trend?.band?.[0]).toBeCloseTo(last - 0.0124, 12);
    expect(trend?.band?.[1]).toBeCloseTo(last + 0.0124, 12);
    expect(trend?.series[0]?.name).toBe('accuracy; shaded: ±0.0124, as models vary');
    const plain = plotsOf(richBody({ history: null })).find(({ title }) => title === 'Trend: accuracy');
    expect(plain).not.toHaveProperty('band');
    expect(plain?.series[0]?.name).toBe('accuracy');
  });

  it('name the limit among the replicates', () => {
    const legend = (at: number | null): string | undefined => {
      const drawn = { ...charts(), bootstrap: charts().bootstrap?.map((each) => ({ ...each, at })) ?? [] };
      return plotsOf(richBody({ charts: drawn })).find(({ title }) => title.startsWith('Bootstrap'))
        ?.series[0]?.name;
    };
    expect(legend(-0.01)).toBe('replicates; dashed: the limit, −0.01');
    expect(legend(-0.5)).toBe('replicates; the limit, −0.5, lies far to the left');
    expect(legend(0.5)).toBe('replicates; the limit, 0.5, lies far to the right');
    expect(legend(null)).toBe('replicates');
  });
});
