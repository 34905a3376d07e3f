import type { Config, TopLevelSpec } from 'vega-lite';
import { escapeHtml } from './escape-html.ts';

/** Colours are CSS variables of the page, so that one picture serves light and dark. */
export const PALETTE = ['var(--series-1)', 'var(--series-2)', 'var(--series-3)', 'var(--series-4)'];
const GRID = 'var(--line)';
const INK = 'var(--ink-soft)';

/** In the picture's own units: it is scaled to its box. Narrow enough to be read on a phone. */
export const WIDTH = 290;
export const HEIGHT = 140;
/** More lines than this in one picture cannot be told apart. */
export const MAX_LINES = PALETTE.length;

export const CONFIG: Config = {
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
};

/** Draws one plot as an SVG picture; `label` is its name for those who do not see it. */
export type Draw = (spec: TopLevelSpec, label: string) => Promise<string>;

/** Loads what draws pictures. They have no scripts, ids or remote parts; the same plot gives the same bytes. */
export async function drawer(): Promise<Draw> {
  const [vega, { compile }, { expressionInterpreter }] = await Promise.all([
    import('vega'),
    import('vega-lite'),
    import('vega-interpreter'),
  ]);
  return async (spec, label) => {
    // With ast and the interpreter, no expression of the plot becomes a Function (facts: text is hostile).
    const runtime = vega.parse(compile(spec).spec, undefined, { ast: true });
    const view = new vega.View(runtime, {
      expr: expressionInterpreter,
      renderer: 'none',
      logLevel: vega.Error,
    });
    const svg = await view.toSVG();
    view.finalize();
    return adapt(svg, label);
  };
}

/** Makes vega's picture a responsive one with a name for those who do not see it. */
function adapt(svg: string, label: string): string {
  return svg.replace(
    /^<svg[^>]*?viewBox="([^"]*)"[^>]*>/,
    (_, box: string) => `<svg class="chart" viewBox="${box}" role="img" aria-label="${escapeHtml(label)}">`,
  );
}
