import type { Charts, EvaluationBody } from '../record/evaluation-section.ts';
import type { Block, Plot } from './block.ts';

/** Curves and histograms of the models. */
export function plotsBlocks({ charts = null }: EvaluationBody): Block[] {
  if (charts === null) return [];
  const plots = [
    ...curvePlot('ROC', 'false positive rate', 'true positive rate', charts.roc, true),
    ...curvePlot('Precision and recall', 'recall', 'precision', charts.precisionRecall, false),
    ...curvePlot('Calibration', 'mean score', 'share of positives', charts.calibration, true),
    ...histogram('Residuals', 'prediction − label', charts.residuals),
    ...(charts.bootstrap ?? []).map((each) => distribution(each)),
    ...charts.trend.filter(({ points }) => points.length > 1).map((each) => trend(each)),
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
  return {
    shape: 'histogram',
    title: `Bootstrap: ${name}`,
    x: 'candidate − baseline',
    y: 'replicates',
    series: [{ name, points }],
    unit: false,
    diagonal: false,
    width,
    at,
    ends: null,
  };
}

function trend({ metric, points }: Charts['trend'][number]): Plot {
  const names = points.map(([name]) => name);
  return {
    shape: 'line',
    title: `Trend: ${metric}`,
    x: 'version',
    y: metric,
    series: [{ name: metric, points: points.map(([, value], index) => [index, value]) }],
    unit: false,
    diagonal: false,
    width: null,
    at: null,
    ends: [names[0] ?? '', names.at(-1) ?? ''],
  };
}
