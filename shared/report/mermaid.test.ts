import { describe, expect, it } from 'vitest';
import { mermaidCharts } from './mermaid.ts';

const curve = (metric: string, points: [number, number][]) => ({ metric, points, text: '' });
const line = (metric: string, values: number[], first = 0, gap = 1) =>
  curve(
    metric,
    values.map((value, index) => [first + index * gap, value]),
  );

describe('mermaidCharts', () => {
  it('draws curves of one unit in one chart, each with the sign of its colour', () => {
    const train = line('train.loss', [2, 1, 0.5], 10, 5);
    const validation = line('validation.loss', [2.5, 1.25, -0.000_123_46], 10, 5);
    const charts = mermaidCharts([train, validation], 4);
    expect(charts.map(({ text }) => text)).toEqual([
      [
        '```mermaid',
        '%%{init: {"xyChart":{"width":720,"height":280,"titleFontSize":15},"themeVariables":{"xyChart":{"plotColorPalette":"#1f6feb, #d9730d"}}}}%%',
        'xychart-beta',
        '  title "loss"',
        '  x-axis "step" 10 --> 20',
        '  y-axis -0.0001235 --> 2.5',
        '  line [2, 1, 0.5]',
        '  line [2.5, 1.25, -0.0001235]',
        '```',
      ].join('\n'),
    ]);
    expect([...(charts[0]?.signs ?? [])]).toEqual([
      [train, '🔵'],
      [validation, '🟠'],
    ]);
  });

  it.each([
    ['too few points', [line('loss', [1, 2])]],
    [
      'too many points',
      [
        line(
          'loss',
          Array.from({ length: 101 }, (_, index) => index),
        ),
      ],
    ],
    ['other steps', [line('a.loss', [1, 2, 3]), line('b.loss', [1, 2, 3], 1)]],
    ['other lengths', [line('a.loss', [1, 2, 3]), line('b.loss', [1, 2, 3, 4])]],
    [
      'uneven steps',
      [
        curve('loss', [
          [0, 1],
          [1, 2],
          [10, 3],
        ]),
      ],
    ],
    ['one step', [line('loss', [1, 2, 3], 5, 0)]],
    ['a flat curve', [line('loss', [1, 1, 1])]],
    ['numbers that Mermaid cannot read', [line('loss', [1, 2, 1e21])]],
    ['nothing', []],
    ['no points', [line('loss', [])]],
  ])('leaves %s to the sparkline', (_, curves) => {
    expect(mermaidCharts(curves, 4)).toEqual([]);
  });

  it('draws no more charts than asked', () => {
    expect(mermaidCharts([line('loss', [1, 2, 3]), line('accuracy', [1, 2, 3])], 1)).toHaveLength(1);
  });

  it('lets nothing of a name but letters, digits and marks into the chart', () => {
    const [chart] = mermaidCharts([line('x/"]`|;{}<>%%', [1, 2, 3])], 1);
    expect(chart?.text).toContain('  title "series"');
    const [other] = mermaidCharts([line('Loss"```', [1, 2, 3])], 1);
    expect(other?.text.split('\n')).toHaveLength(8);
    expect(other?.text).toContain('  title "loss"');
  });

  it.each([
    [0, '0'],
    [123_456.789, '123457'],
    [-0.5, '-0.5'],
    [100, '100'],
    [0.000_001_234_56, '0.000001235'],
  ])('writes %d without an exponent as %s', (value, written) => {
    const [chart] = mermaidCharts([line('loss', [value, value + 1, value + 2])], 1);
    expect(chart?.text).toContain(`line [${written}, `);
  });
});
