import { describe, expect, it } from 'vitest';
import {
  asSentence,
  counted,
  formatBeside,
  formatBytes,
  formatDuration,
  formatNumber,
  formatRange,
  formatShare,
  formatSigned,
  formatUsd,
  listed,
  sameNumber,
  shortDigest,
} from './format.ts';
import { sparkline } from './sparkline.ts';

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [10_000, '10,000'],
    [-1_234_567, '−1,234,567'],
    [0.983_333_3, '0.9833'],
    [0.95, '0.95'],
    [12.345_6, '12.35'],
    [1_234.56, '1,235'],
    [999_999.9, '1,000,000'],
    [2_345_678.9, '2.346e6'],
    [0.000_012_34, '1.234e-5'],
    [1e-5, '1e-5'],
    [1e21, '1e21'],
    [Number.NaN, 'not a number'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NEGATIVE_INFINITY, '−∞'],
  ])('shows %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('shows a sign where a difference is meant', () => {
    expect([formatSigned(0.5), formatSigned(-0.5), formatSigned(0)]).toEqual(['+0.5', '−0.5', '0']);
  });
});

describe('formatBeside', () => {
  it('takes the last bits of a sum for nothing', () => {
    expect(formatBeside(0.973_240_080_297_719, [0.973_240_080_297_72])).toBe('0.9732');
    expect(sameNumber(0.1 + 0.2, 0.3)).toBe(true);
    expect(sameNumber(0.3, 0.300_001)).toBe(false);
  });

  it.each([
    [0.9, [0.8], '0.9'],
    [0.799_96, [0.8], '0.79996'],
    [0.8, [0.799_96, null], '0.8'],
    [0.5, [0.5], '0.5'],
    [100_000.000_000_000_01, [100_000], '100000.00000000001'],
  ])('shows %d beside %j as %s', (value, others, text) => {
    expect(formatBeside(value, others)).toBe(text);
  });
});

describe('units', () => {
  it.each([
    [0, '0 ms'],
    [1.84, '1.8 ms'],
    [9.97, '10 ms'],
    [820.4, '820 ms'],
    [12_340, '12.3 s'],
    [59_960, '1 min 0 s'],
    [192_000, '3 min 12 s'],
    [7_500_000, '2 h 5 min'],
  ])('shows %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it.each([
    [999, '999 B'],
    [1_000, '1 kB'],
    [98_211, '98.2 kB'],
    [999_600, '1 MB'],
    [16_374_000_000, '16.4 GB'],
    [2e18, '2,000 PB'],
  ])('shows %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, 'USD 0.00'],
    [0.004, '< USD 0.01'],
    [1_234.5, 'USD 1,234.50'],
  ])('shows %d dollars as %s', (usd, text) => {
    expect(formatUsd(usd)).toBe(text);
  });

  it.each([
    [0, 0, '–'],
    [1, 2, '50 %'],
    [1, 100_000, '<0.1 %'],
    [99_999, 100_000, '>99.9 %'],
    [3, 1_797, '0.167 %'],
    [5, 5, '100 %'],
  ])('shows %d of %d as %s', (part, whole, text) => {
    expect(formatShare(part, whole)).toBe(text);
  });
});

describe('words', () => {
  it('counts, lists, shortens and ends', () => {
    expect([counted(1, 'check'), counted(1_200, 'check'), counted(2, 'entry', 'entries')]).toEqual([
      '1 check',
      '1,200 checks',
      '2 entries',
    ]);
    expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
    expect(shortDigest('sha256:0123456789abcdef')).toBe('sha256:0123456789ab');
    expect(shortDigest('0123456789abcdef')).toBe('0123456789ab');
    expect([asSentence('It fails'), asSentence('It fails. '), asSentence('')]).toEqual([
      'It fails.',
      'It fails.',
      '',
    ]);
  });
});

describe('sparkline', () => {
  it.each([
    [[], ''],
    [[1], '▄'],
    [[2, 2, 2], '▄▄▄'],
    [[0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
    [[1, -1], '█▁'],
  ])('draws %j as %s', (values, bars) => {
    expect(sparkline(values)).toBe(bars);
  });

  it('thins a long series and keeps its ends', () => {
    const bars = sparkline(
      Array.from({ length: 1_000 }, (_, index) => index),
      8,
    );
    expect(bars).toBe('▁▂▃▄▅▆▇█');
  });
});

describe('formatRange', () => {
  it.each([
    [0.918_9, 0.937_9, [], ['0.919', '0.938']],
    [-0.058_34, 0.016_74, [], ['−0.058', '0.017']],
    [-0.000_04, 0.02, [], ['0.000', '0.020']],
    [-0.000_04, 0.02, [0], ['−0.00004', '0.02000']],
    [0.010_2, 0.03, [0.01, null], ['0.0102', '0.0300']],
    [-1_234.56, 4_321, [], ['−1,235', '4,321']],
    [0.5, 0.5, [], ['0.5', '0.5']],
    [0, 2e15, [], ['0', '2e15']],
    [0, Number.NaN, [], ['0', 'not a number']],
    [0, 1e-8, [1e-11], ['0.00000000000', '0.00000001000']],
  ] as const)('writes %d to %d beside %j as %j', (low, high, others, words) => {
    expect(formatRange(low, high, others)).toEqual(words);
  });
});
