import { cleanLine, clip } from '../../../shared/report/clean-text.ts';
import { displayWidth, pad } from '../../../shared/report/terminal-text.ts';
import { GROUPS, isReproduced, type Row } from './compare.ts';

const TITLES: Readonly<Record<Row['group'], string>> = {
  inputs: 'Inputs',
  environment: 'Environment',
  metrics: 'Metrics',
  model: 'Model',
};
/** Some hundred packages may differ between two machines; the first of them tell enough. */
const MAX_ROWS = 30;
const MAX_CELL = 48;

const cell = (value: string): string => clip(cleanLine(value), MAX_CELL);

/** What differs, group by group, and a last line that says whether it was reproduced. */
export function renderTable(rows: readonly Row[], tolerance: number): string {
  const groups = GROUPS.flatMap((group) => {
    const own = rows.filter((row) => row.group === group);
    return own.length === 0 ? [] : [linesOf(group, own).join('\n')];
  });
  return `${[...groups, verdictOf(rows, tolerance)].join('\n\n')}\n`;
}

function linesOf(group: Row['group'], rows: readonly Row[]): string[] {
  const shown = rows.filter(({ state }) => state !== 'same');
  const same = rows.length - shown.length;
  if (shown.length === 0)
    return [`${TITLES[group]}: ${rows.length === 1 ? 'the same' : `all ${same} the same`}.`];
  const cells = [
    ['', 'recorded', 'now', ''],
    ...shown
      .slice(0, MAX_ROWS)
      .map(({ what, recorded, now, state }) => [cell(what), cell(recorded), cell(now), state]),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...cells.map((line) => displayWidth(line[column] ?? ''))),
  );
  const lines = cells.map((line) =>
    `  ${line.map((value, column) => pad(value, widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
  const more = shown.length > MAX_ROWS ? [`  … and ${shown.length - MAX_ROWS} more`] : [];
  return [`${TITLES[group]}${same === 0 ? '' : ` (${same} more the same)`}:`, ...lines, ...more];
}

function verdictOf(rows: readonly Row[], tolerance: number): string {
  if (!isReproduced(rows)) {
    const beyond = rows.filter(({ state }) => state === 'beyond tolerance').map(({ what }) => cell(what));
    return `Not reproduced: ${clip(beyond.join(', '), 200)} beyond the tolerance of ${tolerance}.`;
  }
  const metrics = rows.filter(({ group, recorded }) => group === 'metrics' && recorded !== '–').length;
  if (metrics === 0) return 'Reproduced: the model has the same digest, and no metric was recorded.';
  return `Reproduced: ${metrics === 1 ? 'the metric agrees' : `all ${metrics} metrics agree`} within ${tolerance}.`;
}
