import type { Charts, EvaluationBody, HistoryRecord } from '../record/evaluation-section.ts';
import type { Block, Plot } from './block.ts';
import { formatNumber } from './format.ts';

/** Curves and histograms of the models. */
export function plotsBlocks({ charts = null, history = null }: EvaluationBody): Block[] {
  if (charts === null) return [];
  const plots = [
    ...curvePlot('ROC', 'false positive rate', 'true positive rate', charts.roc, true),
    ...curvePlot('Precision and recall', 'recall', 'precision', charts.precisionRecall, false),
    ...curvePlot('Calibration', 'mean score', 'share of positives', charts.calibration, true),
    ...histogram('Residuals', 'prediction − label', charts.residuals),
    ...(charts.bootstrap ?? []).map((each) => distribution(each)),
    ...charts.trend.filter(({ points }) => points.length > 1).map((each) => trend(each, history)),
  ];
  if (plots.length === 0) return [];
  return [{ kind: 'plots', title: 'Charts', folded: false, plots }];
}

function curvePlot(title: string, x: string, y: string, series: Charts['roc'], diagonal: boolean): Plot[] {
  // A score that is no probability has a rank, but no calibration.
  const within = (value: number): boolean => value >= 0 && value <= 1;
  const drawable = series.filter(
    ({ points }) => points.length > 1 && points.every(([left, up]) => within(left) && within(up)),
  );
  if (drawable.length === 0) return [];
  return [
    { shape: 'line', title, x, y, series: drawable, unit: true, diagonal, width: null, at: null, ends: null },
  ];
}

function histogram(title: string, x: string, series: Charts['residuals']): Plot[] {
  // Bars of one width share a picture.
  const widths = [...new Set(series.filter(({ points }) => points.length > 0).map(({ width }) => width))];
  return widths.map((width) => ({
    shape: 'histogram',
    title,
    x,
    y: 'rows',
    series: series.filter((each) => each.width === width && each.points.length > 0),
    unit: false,
    diagonal: false,
    width,
    at: 0,
    ends: null,
  }));
}

function distribution({ name, width, points, at }: NonNullable<Charts['bootstrap']>[number]): Plot {
  const low = points[0]?.[0] ?? 0;
  const high = (points.at(-1)?.[0] ?? low) + width;
  const limit = at === null ? '' : `the limit, ${formatNumber(at)}`;
  // Bars beside a limit many times their span away would be hairlines.
  const near = at !== null && at > low - (high - low) && at < high + (high - low);
  const side = at !== null && at < low ? 'left' : 'right';
  const words = at === null ? '' : near ? `; dashed: ${limit}` : `; ${limit}, lies far to the ${side}`;
  return {
    shape: 'histogram',
    title: `Bootstrap: ${name}`,
    x: 'candidate − baseline',
    y: 'replicates',
    series: [{ name: `replicates${words}`, points }],
    unit: false,
    diagonal: false,
    width,
    at: near ? at : null,
    ends: null,
  };
}

function trend({ metric, points }: Charts['trend'][number], history: HistoryRecord | null): Plot {
  const names = points.map(([name]) => name);
  const before = points.at(-2)?.[1];
  const varied = history?.noise.find((each) => each.metric === metric)?.deviation;
  const band: Plot['band'] =
    before === undefined || varied === undefined ? undefined : [before - varied, before + varied];
  const legend =
    varied === undefined ? metric : `${metric}; shaded: ±${formatNumber(varied)}, as models vary`;
  return {
    shape: 'line',
    title: `Trend: ${metric}`,
    x: 'commit',
    y: metric,
    series: [{ name: legend, points: points.map(([, value], index) => [index, value]) }],
    unit: false,
    diagonal: false,
    width: null,
    at: null,
    ends: [names[0] ?? '', names.at(-1) ?? ''],
    ...(band === undefined ? {} : { band }),
  };
}
