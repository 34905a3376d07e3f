import type { Plot, PlotsBlock } from './block.ts';
import { escapeHtml } from './escape-html.ts';
import { type Draw, drawer, PALETTE } from './picture.ts';
import { drawPlot, partPlot } from './plot.ts';

/** Pictures of one evaluation, beside each other where there is room. */
export async function plotsHtml({ plots }: PlotsBlock): Promise<string> {
  const draw = await drawer();
  const figures: string[] = [];
  for (const plot of plots.flatMap(partPlot)) figures.push(await figure(plot, draw));
  return `<div class="charts">${figures.join('')}</div>`;
}

async function figure(plot: Plot, draw: Draw): Promise<string> {
  const ends =
    plot.ends === null
      ? ''
      : `<div class="ends"><span>${escapeHtml(plot.ends[0])}</span><span>${escapeHtml(plot.ends[1])}</span></div>`;
  const legend = plot.series.map(
    ({ name }, index) =>
      `<li><i style="--swatch:${PALETTE[index] ?? ''}"></i><span>${escapeHtml(name)}</span></li>`,
  );
  return `<figure><figcaption><b>${escapeHtml(plot.title)}</b></figcaption>${await drawPlot(plot, draw)}${ends}<figcaption><ul class="legend">${legend.join('')}</ul></figcaption></figure>`;
}
