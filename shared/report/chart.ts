import type { TopLevelSpec } from 'vega-lite';
import type { Curve } from './block.ts';
import { cleanLine } from './clean-text.ts';
import { CONFIG, drawer, HEIGHT, MAX_LINES, PALETTE, WIDTH } from './picture.ts';

export interface Chart {
  readonly title: string;
  readonly curves: readonly Curve[];
  /** Colours of the curves, in their order: for a legend. */
  readonly colours: readonly string[];
  readonly svg: string;
}

/** Gathers curves of one unit, as the last word of their names tells it: `train.loss` and `validation.loss`. */
export function groupCurves(curves: readonly Curve[]): { title: string; curves: Curve[] }[] {
  const groups = new Map<string, Curve[]>();
  for (const curve of curves) {
    const unit = /[^./_\s-]+$/.exec(curve.metric)?.[0].toLowerCase() ?? curve.metric;
    groups.set(unit, [...(groups.get(unit) ?? []), curve]);
  }
  return Array.from(groups, ([title, members]) =>
    Array.from({ length: Math.ceil(members.length / MAX_LINES) }, (_, index) => ({
      title,
      curves: members.slice(index * MAX_LINES, (index + 1) * MAX_LINES),
    })),
  ).flat();
}

/** Draws learning curves as SVG pictures without scripts, ids or remote parts; the same curves give the same bytes. */
export async function drawCurves(curves: readonly Curve[]): Promise<Chart[]> {
  const drawable = curves.filter((curve) => curve.points.length > 1);
  if (drawable.length === 0) return [];
  const draw = await drawer();
  const charts: Chart[] = [];
  for (const group of groupCurves(drawable)) {
    const svg = await draw(specOf(group.curves), labelOf(group.title, group.curves));
    charts.push({ ...group, colours: PALETTE, svg });
  }
  return charts;
}

function specOf(curves: readonly Curve[]): TopLevelSpec {
  return {
    width: WIDTH,
    height: HEIGHT,
    padding: 4,
    background: 'transparent',
    // Series are numbered, not named: no text of the record reaches the plot.
    data: {
      values: curves.flatMap(({ points }, series) =>
        points.map(([step, value]) => ({ series, step, value })),
      ),
    },
    mark: {
      type: 'line',
      strokeWidth: 2,
      strokeCap: 'round',
      strokeJoin: 'round',
      point: curves.every(({ points }) => points.length <= 30) ? { size: 18, filled: true } : false,
    },
    encoding: {
      x: {
        field: 'step',
        type: 'quantitative',
        scale: { zero: false, nice: false },
        axis: { title: 'step', tickCount: 5 },
      },
      y: {
        field: 'value',
        type: 'quantitative',
        scale: { zero: false },
        axis: { title: null, tickCount: 5 },
      },
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: curves.map((_, series) => series), range: PALETTE.slice(0, curves.length) },
        legend: null,
      },
    },
    config: CONFIG,
  };
}

function labelOf(title: string, curves: readonly Curve[]): string {
  return `Line chart of ${cleanLine(title)}. ${curves.map(({ metric, text }) => `${metric}: ${text}`).join('. ')}`;
}
