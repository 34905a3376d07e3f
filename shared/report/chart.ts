import type { TopLevelSpec } from 'vega-lite';
import type { Curve } from './block.ts';
import { cleanLine } from './clean-text.ts';
import { escapeHtml } from './escape-html.ts';

/** Colours are CSS variables of the page, so that one picture serves light and dark. */
const PALETTE = ['var(--series-1)', 'var(--series-2)', 'var(--series-3)', 'var(--series-4)'];
const INK = 'var(--ink-soft)';
const GRID = 'var(--line)';

/** In the picture's own units: it is scaled to its box. Narrow enough to be read on a phone. */
const WIDTH = 290;
const HEIGHT = 140;
/** More lines than this in one picture cannot be told apart. */
const MAX_LINES = PALETTE.length;

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
  const [vega, { compile }, { expressionInterpreter }] = await Promise.all([
    import('vega'),
    import('vega-lite'),
    import('vega-interpreter'),
  ]);
  const charts: Chart[] = [];
  for (const group of groupCurves(drawable)) {
    // With ast and the interpreter, no expression of the plot becomes a Function (facts: text is hostile).
    const runtime = vega.parse(compile(specOf(group.curves)).spec, undefined, { ast: true });
    const view = new vega.View(runtime, {
      expr: expressionInterpreter,
      renderer: 'none',
      logLevel: vega.Error,
    });
    const svg = await view.toSVG();
    view.finalize();
    charts.push({ ...group, colours: PALETTE, svg: adapt(svg, labelOf(group.title, group.curves)) });
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
    config: {
      aria: false,
      font: 'inherit',
      view: { stroke: null },
      axis: {
        labelColor: INK,
        titleColor: INK,
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: 'normal',
        gridColor: GRID,
        domainColor: GRID,
        tickColor: GRID,
        labelFlush: false,
      },
      axisX: { grid: false },
    },
  };
}

function labelOf(title: string, curves: readonly Curve[]): string {
  return `Line chart of ${cleanLine(title)}. ${curves.map(({ metric, text }) => `${metric}: ${text}`).join('. ')}`;
}

/** Makes vega's picture a responsive one with a name for those who do not see it. */
function adapt(svg: string, label: string): string {
  return svg.replace(
    /^<svg[^>]*?viewBox="([^"]*)"[^>]*>/,
    (_, box: string) => `<svg class="chart" viewBox="${box}" role="img" aria-label="${escapeHtml(label)}">`,
  );
}
