import type { Curve } from './block.ts';
import { groupCurves } from './chart.ts';

/** Colours that can be told apart on light and dark, and the signs that a table names them by. */
const COLOURS = ['#1f6feb', '#d9730d', '#1a9e6f', '#9a5fd6'];
const SIGNS = ['🔵', '🟠', '🟢', '🟣'];

/** With fewer points there is no curve; with more a sparkline says as much, and the text stays short. */
const MIN_POINTS = 3;
const MAX_POINTS = 100;
/** Significant digits of a point: more than the eye sees. */
const DIGITS = 4;
/** Beyond these Mermaid's grammar of numbers, which knows no exponent, has no short form. */
const LARGEST = 1e12;
const SMALLEST = 1e-9;

export interface MermaidChart {
  readonly text: string;
  /** The curves that it shows, each with the sign of its colour. */
  readonly signs: ReadonlyMap<Curve, string>;
}

/**
 * Learning curves as charts that GitHub draws itself (Mermaid's xychart-beta). Its lines have no x of their own, so that
 * only curves with the same, evenly spaced steps can be drawn; the others are left to their sparklines.
 */
export function mermaidCharts(curves: readonly Curve[], limit: number): MermaidChart[] {
  return groupCurves(curves)
    .filter((group) => drawable(group.curves))
    .slice(0, limit)
    .map((group) => ({
      text: chartOf(group.title, group.curves),
      signs: new Map(group.curves.map((curve, index) => [curve, SIGNS[index] ?? ''])),
    }));
}

function drawable(curves: readonly Curve[]): boolean {
  const [steps = [], ...others] = curves.map(({ points }) => points.map(([step]) => step));
  if (steps.length < MIN_POINTS || steps.length > MAX_POINTS) return false;
  const first = steps[0] ?? 0;
  const gap = ((steps.at(-1) ?? 0) - first) / (steps.length - 1);
  const even = steps.every((step, index) => Math.abs(first + index * gap - step) <= Math.abs(gap) * 0.01);
  const same = others.every(
    (other) => other.length === steps.length && other.every((step, index) => step === steps[index]),
  );
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const sized = values.every((value) => Math.abs(value) < LARGEST);
  return gap > 0 && even && same && sized && Math.max(...values) - Math.min(...values) > SMALLEST;
}

function chartOf(title: string, curves: readonly Curve[]): string {
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const points = curves[0]?.points ?? [];
  const theme = JSON.stringify({
    xyChart: { width: 720, height: 280, titleFontSize: 15 },
    themeVariables: { xyChart: { plotColorPalette: COLOURS.slice(0, curves.length).join(', ') } },
  });
  return [
    '```mermaid',
    `%%{init: ${theme}}%%`,
    'xychart-beta',
    `  title "${plain(title)}"`,
    `  x-axis "step" ${decimal(points[0]?.[0] ?? 0)} --> ${decimal(points.at(-1)?.[0] ?? 0)}`,
    `  y-axis ${decimal(Math.min(...values))} --> ${decimal(Math.max(...values))}`,
    ...curves.map((curve) => `  line [${curve.points.map(([, value]) => decimal(value)).join(', ')}]`),
    '```',
  ].join('\n');
}

/** Nothing that could end the title, the chart or its fence. */
function plain(title: string): string {
  return title.replaceAll(/[^\p{L}\p{N}_ .-]/gu, '').slice(0, 60) || 'series';
}

function decimal(value: number): string {
  if (value === 0) return '0';
  const decimals = Math.min(12, Math.max(0, DIGITS - 1 - Math.floor(Math.log10(Math.abs(value)))));
  return value
    .toFixed(decimals)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}
