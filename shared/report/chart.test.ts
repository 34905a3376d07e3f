import { describe, expect, it } from 'vitest';
import { drawCurves, groupCurves } from './chart.ts';

const curve = (
  metric: string,
  points: [number, number][] = [
    [0, 1],
    [1, 0.5],
    [2, 0.25],
  ],
) => ({ metric, points, text: '1 → 0.25' });

describe('groupCurves', () => {
  it('puts curves of one unit into one picture, four at most', () => {
    const names = ['train.loss', 'val_loss', 'Accuracy', 'a/loss', 'b/loss', 'c/loss', '..'];
    expect(
      groupCurves(names.map((name) => curve(name))).map((group) => [group.title, group.curves.length]),
    ).toEqual([
      ['loss', 4],
      ['loss', 1],
      ['accuracy', 1],
      ['..', 1],
    ]);
  });
});

describe('drawCurves', () => {
  it('draws the same bytes for the same curves, without ids, scripts or references', async () => {
    const [first] = await drawCurves([curve('train.loss'), curve('validation.loss')]);
    const [second] = await drawCurves([curve('train.loss'), curve('validation.loss')]);
    expect(first?.svg).toBe(second?.svg);
    expect(first?.svg).toMatch(
      /^<svg class="chart" viewBox="[\d ]+" role="img" aria-label="Line chart of loss\./,
    );
    expect(first?.svg).not.toMatch(/ id=|<script|href|url\(|#[0-9a-f]{3}/);
    expect(first?.svg).toContain('var(--series-2)');
  });

  it('lets no name of a series into the picture but escaped into its label', async () => {
    const [chart] = await drawCurves([curve('<img src=x onerror="alert(1)">'), curve('datum["x"]')]);
    expect(chart?.svg).not.toContain('<img');
    expect(chart?.svg).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;');
  });

  it('draws nothing of series that have no line, and dots only of short ones', async () => {
    expect(await drawCurves([curve('loss', [[1, 2]]), curve('loss', [])])).toEqual([]);
    const long = Array.from({ length: 100 }, (_, step): [number, number] => [step, step]);
    const [chart] = await drawCurves([curve('loss', long)]);
    expect(chart?.svg).not.toContain('mark-symbol');
  });
});
