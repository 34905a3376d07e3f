import type { CostItem, GpuUse, TrainingBody } from '../record/training-section.ts';
import { type Block, type Cell, text } from './block.ts';
import { formatNumber, formatShare, formatUsd } from './format.ts';

/** As train-model's own notice has it: a GPU that does next to nothing is paid for in vain. */
const IDLE_SHARE = 0.8;
const IDLE_MEAN_PERCENT = 10;

const UNTOLD = text('not told', 'muted');
const NO_PRICE = text('price not known', 'doubt');

/** What the GPUs did and what it all cost. */
export function useBlocks(body: TrainingBody): Block[] {
  return [...gpus(body), ...costs(body.costs)];
}

function gpus({ gpuUse, hardware, energyKwh }: TrainingBody): Block[] {
  if (gpuUse.length === 0) return [];
  return [
    {
      kind: 'table',
      title: `Use of the ${gpuUse.length === 1 ? 'GPU' : `${formatNumber(gpuUse.length)} GPUs`}${
        energyKwh === null ? '' : `: ${formatNumber(energyKwh)} kWh`
      }`,
      folded: !gpuUse.some(idled),
      columns: [
        { header: 'GPU' },
        { header: 'Utilisation', numeric: true },
        { header: 'Idle', numeric: true },
        { header: 'Peak memory', numeric: true },
        { header: 'Mean power', numeric: true },
        { header: 'Samples', numeric: true },
      ],
      rows: gpuUse.map((use, index) => [
        text(`${index}: ${use.name}`),
        standing(use, use.meanUtilisation === null ? null : `${formatNumber(use.meanUtilisation, 3)} %`),
        standing(use, use.idleShare === null ? null : formatShare(use.idleShare, 1)),
        memory(use, hardware.gpus[index]?.memoryMiB ?? null),
        use.meanPowerWatts === null ? UNTOLD : text(`${formatNumber(use.meanPowerWatts, 3)} W`),
        text(formatNumber(use.samples)),
      ]),
    },
  ];
}

function idled({ idleShare, meanUtilisation }: GpuUse): boolean {
  return (
    (idleShare !== null && idleShare > IDLE_SHARE) ||
    (meanUtilisation !== null && meanUtilisation < IDLE_MEAN_PERCENT)
  );
}

/** What tells whether a GPU was used, marked where it was not. */
function standing(use: GpuUse, words: string | null): Cell {
  if (words === null) return UNTOLD;
  return text(words, idled(use) ? 'doubt' : undefined);
}

function memory({ maxMemoryMiB }: GpuUse, ofMiB: number | null): Cell {
  if (maxMemoryMiB === null) return UNTOLD;
  const used = formatNumber(maxMemoryMiB);
  return text(ofMiB === null ? `${used} MiB` : `${used} of ${formatNumber(ofMiB)} MiB`);
}

function costs({ estimate, items }: TrainingBody['costs']): Block[] {
  if (estimate === null && items.length === 0) return [];
  const unknown = items.filter(({ usd }) => usd === null).length;
  const sum = items.reduce((all, { usd }) => all + (usd ?? 0), 0);
  const total =
    unknown === items.length ? 'not known' : `${unknown === 0 ? '' : 'at least '}${formatUsd(sum)}`;
  const row = (label: string, { usd, basis }: CostItem): Cell[] => [
    text(label),
    usd === null ? NO_PRICE : text(formatUsd(usd)),
    text(basis),
  ];
  const actual: Cell[] = [
    text('In all'),
    text(total, unknown > 0 ? 'doubt' : undefined),
    text(unknown === 0 ? '–' : 'without what has no known price; the input "prices" can tell it'),
  ];
  return [
    {
      kind: 'table',
      title: items.length === 0 ? 'Cost, estimated before it began' : `Cost: ${total}`,
      folded: true,
      columns: [{ header: 'For' }, { header: 'Cost', numeric: true }, { header: 'How it was computed' }],
      rows: [
        ...items.map((item) => row(item.what, item)),
        ...(items.length === 0 ? [] : [actual]),
        ...(estimate === null ? [] : [row('Estimated before it began', estimate)]),
      ],
    },
  ];
}
