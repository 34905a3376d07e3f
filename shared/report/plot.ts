import type { TopLevelSpec } from 'vega-lite';
import type { Plot } from './block.ts';
import { CONFIG, type Draw, HEIGHT, MAX_LINES, PALETTE, WIDTH } from './picture.ts';

const SQUARE = 210;
/** A line of more points is as smooth without dots. */
const MAX_DOTS = 30;

/** Parts a plot of many series into several of as many as can be told apart. */
export function partPlot(plot: Plot): Plot[] {
  return Array.from({ length: Math.ceil(plot.series.length / MAX_LINES) }, (_, index) => ({
    ...plot,
    series: plot.series.slice(index * MAX_LINES, (index + 1) * MAX_LINES),
  }));
}

/** Draws one plot of a few series. */
export async function drawPlot(plot: Plot, draw: Draw): Promise<string> {
  const names = plot.series.map(({ name }) => name).join(', ');
  return await draw(specOf(plot), `${plot.title}: ${plot.y} by ${plot.x}, of ${names}`);
}

function specOf(plot: Plot): TopLevelSpec {
  return {
    width: plot.unit ? SQUARE : WIDTH,
    height: plot.unit ? SQUARE : HEIGHT,
    padding: 4,
    background: 'transparent',
    layer: [
      ...(plot.band === undefined ? [] : [band(plot.band)]),
      ...(plot.diagonal ? [diagonal()] : []),
      ...(plot.shape === 'histogram' ? [bars(plot)] : [lines(plot)]),
      ...(plot.at === null ? [] : [upright(plot.at)]),
    ],
    config: CONFIG,
  };
}

// Series are numbered, not named: no text of the record reaches the plot.
function colour({ series }: Plot) {
  return {
    field: 'series',
    type: 'nominal' as const,
    scale: { domain: series.map((_, index) => index), range: PALETTE.slice(0, series.length) },
    legend: null,
  };
}

function axes(plot: Plot) {
  const scale = plot.unit ? { domain: [0, 1], nice: false } : { zero: false, nice: false };
  return {
    x: {
      field: 'x',
      type: 'quantitative' as const,
      scale,
      axis:
        plot.ends === null
          ? { title: plot.x, tickCount: 5 }
          : { title: null, labels: false, values: plot.series[0]?.points.map(([x]) => x) ?? [] },
    },
    y: {
      field: 'y',
      type: 'quantitative' as const,
      scale: plot.unit ? scale : { zero: plot.shape === 'histogram' },
      axis: { title: plot.unit ? plot.y : null, tickCount: 5 },
    },
  };
}

function lines(plot: Plot) {
  const dotted = plot.series.every(({ points }) => points.length <= MAX_DOTS);
  return {
    data: {
      values: plot.series.flatMap(({ points }, series) =>
        points.map(([x, y], order) => ({ series, order, x, y })),
      ),
    },
    mark: {
      type: 'line' as const,
      strokeWidth: 2,
      strokeCap: 'round' as const,
      strokeJoin: 'round' as const,
      point: dotted ? { size: 18, filled: true } : false,
    },
    // The order of the points counts: ROC and precision-recall curves have steep parts.
    encoding: {
      ...axes(plot),
      color: colour(plot),
      order: { field: 'order', type: 'quantitative' as const },
    },
  };
}

function bars(plot: Plot) {
  const { x, y } = axes(plot);
  const width = plot.width ?? 0;
  return {
    data: {
      values: plot.series.flatMap(({ points }, series) =>
        points.map(([from, count]) => ({ series, x: from, to: from + width, y: count })),
      ),
    },
    mark: { type: 'bar' as const, fillOpacity: plot.series.length > 1 ? 0.45 : 0.8, binSpacing: 1 },
    encoding: {
      x: { ...x, bin: 'binned' as const },
      x2: { field: 'to' },
      y: { ...y, stack: null },
      color: colour(plot),
    },
  };
}

function diagonal() {
  return {
    data: { values: [0, 1].map((value) => ({ x: value, y: value })) },
    mark: { type: 'line' as const, stroke: 'var(--rail)', strokeDash: [4, 4], strokeWidth: 1.5 },
    encoding: {
      x: { field: 'x', type: 'quantitative' as const },
      y: { field: 'y', type: 'quantitative' as const },
    },
  };
}

function band([low, high]: NonNullable<Plot['band']>) {
  return {
    data: { values: [{ low, high }] },
    mark: { type: 'rect' as const, fill: 'var(--rail)', fillOpacity: 0.35 },
    encoding: { y: { field: 'low', type: 'quantitative' as const }, y2: { field: 'high' } },
  };
}

function upright(at: number) {
  return {
    data: { values: [{ x: at }] },
    mark: { type: 'rule' as const, stroke: 'var(--ink-soft)', strokeDash: [4, 3], strokeWidth: 1.5 },
    encoding: { x: { field: 'x', type: 'quantitative' as const } },
  };
}
