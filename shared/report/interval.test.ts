import { describe, expect, it } from 'vitest';
import { type Bar, positionOn, scaleOf, textBar, type UnscaledBar } from './interval.ts';
import { axisSvg, intervalSvg } from './html-interval.ts';

const bar = (overrides: Partial<Bar> = {}): Bar => ({
  at: 4,
  low: 2,
  high: 8,
  limit: { at: -4, forbidden: 'below' },
  zero: 0,
  scale: [-4, 10],
  tone: 'good',
  words: '+2 to +8',
  ...overrides,
});

describe('scaleOf', () => {
  it('holds every end, limit and the place of no change, with a margin', () => {
    const first: UnscaledBar = bar();
    const second: UnscaledBar = { ...first, high: 10, limit: null, zero: null, at: null };
    const [low, high] = scaleOf([first, second]);
    expect([low, high]).toEqual([-4 - 14 * 0.04, 10 + 14 * 0.04]);
  });

  it('has a width also for one value, for zero and for nothing', () => {
    const one: UnscaledBar = bar({ at: 5, low: 5, high: 5, limit: null, zero: null });
    expect(scaleOf([one])).toEqual([4.8, 5.2]);
    expect(scaleOf([{ ...one, at: 0, low: 0, high: 0 }])).toEqual([-1, 1]);
    expect(scaleOf([])).toEqual([0, 1]);
  });
});

describe('positionOn', () => {
  it.each([
    [-10, 0],
    [0, 0.5],
    [1, 1],
    [7, 1],
  ])('puts %d at %d of the width', (value, position) => {
    expect(positionOn([-1, 1], value)).toBe(position);
  });
});

describe('textBar', () => {
  it.each([
    ['limit outside', {}, '┃···│·├─●───┤··'],
    ['zero within', { low: -2, limit: null }, '··├─┼───●───┤··'],
    ['limit within', { low: -2, limit: { at: 2, forbidden: 'below' } }, '··├─┼─╂─●───┤··'],
    ['limit at the low end', { limit: { at: 2, forbidden: 'below' } }, '····│·┠─●───┤··'],
    ['limit at the high end', { limit: { at: 8, forbidden: 'above' } }, '····│·├─●───┨··'],
    ['nearly at the low end, and outside', { limit: { at: 1.9, forbidden: 'below' } }, '····│┃├─●───┤··'],
    ['nearly at the high end, and outside', { limit: { at: 8.1, forbidden: 'above' } }, '····│·├─●───┤┃·'],
    ['no estimate', { at: null, zero: null, limit: null }, '······├─────┤··'],
    ['a point', { low: 4, high: 4, limit: null }, '····│···●······'],
  ] as const)('draws %s', (_, overrides, drawn) => {
    expect(textBar(bar(overrides))).toBe(drawn);
  });

  it('keeps a limit on the bar where the interval begins or ends at its edge', () => {
    const all = { scale: [0, 14] as const, zero: null, at: null };
    expect(textBar(bar({ ...all, low: 0.2, high: 13.8, limit: { at: 0.1, forbidden: 'below' } }))).toBe(
      '┠─────────────┤',
    );
    expect(textBar(bar({ ...all, low: 0.2, high: 13.8, limit: { at: 13.9, forbidden: 'above' } }))).toBe(
      '├─────────────┨',
    );
  });
});

describe('the drawn bar', () => {
  it('places all by shares of the width, and shades the side that breaks the rule', () => {
    const below = intervalSvg(bar({ limit: { at: -0.5, forbidden: 'below' } }), 'accuracy <x>');
    expect(below).toContain('<rect class="forbidden" x="0" y="0" width="25%" height="20"/>');
    expect(below).toContain('<circle class="dot" cx="57.14%"');
    expect(below).toContain('aria-label="accuracy &lt;x&gt;: +2 to +8"');
    const above = intervalSvg(bar({ at: null, zero: null, limit: { at: 6.5, forbidden: 'above' } }), 'x');
    expect(above).toContain('<rect class="forbidden" x="75%" y="0" width="25%" height="20"/>');
    expect(above).not.toContain('circle');
    expect(above).not.toContain('"zero"');
    expect(intervalSvg(bar({ limit: null }), 'x')).not.toMatch(/forbidden|"limit"/);
  });

  it('has an axis that names what it marks, else its ends', () => {
    const scale = [-1, 1] as const;
    const axis = axisSvg({ scale, zero: 0, limit: { at: -0.9, forbidden: 'below' } });
    expect(axis).toContain('<text x="50%" y="13" text-anchor="middle">0</text>');
    expect(axis).toContain('<text x="5%" y="28" text-anchor="start">limit −0.9</text>');
    const bare = axisSvg({ scale, zero: null, limit: null });
    expect(bare).toContain('text-anchor="start">−1.0<');
    expect(bare).toContain('text-anchor="end">1.0<');
  });
});
