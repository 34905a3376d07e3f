import type { TrainingBody } from '../record/training-section.ts';
import type { Verdict } from '../verdict.ts';
import { type Block, code, type Curve, text } from './block.ts';
import { counted, formatBytes, formatNumber, shortDigest } from './format.ts';
import type { Linker } from './links.ts';
import { attemptBlocks, dispatchBlocks } from './training-attempts.ts';
import { trainingNotes } from './training-notes.ts';
import { placesOf, settingBlocks } from './training-setting.ts';
import { useBlocks } from './training-use.ts';

/** What training-section.ts holds; of a training that is pending, how far it has come. */
export function trainingBlocks(body: TrainingBody, verdict: Verdict, link: Linker): Block[] {
  const pending = verdict === 'pending';
  return [
    ...trainingNotes(body, verdict),
    ...metrics(body, pending),
    ...(body.series.length === 0
      ? []
      : [
          {
            kind: 'curves' as const,
            title: pending ? 'Learning curves so far' : 'Learning curves',
            curves: body.series.map(curve),
          },
        ]),
    ...dispatchBlocks(body, link).map((block) =>
      body.attempts.length === 0 ? block : { ...block, folded: true },
    ),
    ...attemptBlocks(body, link),
    ...useBlocks(body),
    ...files(body),
    ...settingBlocks(body),
  ];
}

function metrics({ metrics: found }: TrainingBody, pending: boolean): Block[] {
  const values = Object.entries(found);
  if (values.length === 0) return [];
  return [
    {
      kind: 'metrics',
      title: pending ? 'Last values' : 'Final metrics (self-reported by the training)',
      baselineName: null,
      metrics: values.map(([name, value]) => ({
        name,
        value: formatNumber(value),
        baseline: null,
        change: null,
        n: null,
      })),
    },
  ];
}

function curve({ metric, points }: TrainingBody['series'][number]): Curve {
  const values = points.map(([, value]) => value);
  const first = values[0];
  const last = values.at(-1);
  const steps = [points[0]?.[0], points.at(-1)?.[0]];
  return {
    metric,
    points,
    text:
      first === undefined || last === undefined
        ? 'no points'
        : `${formatNumber(first)} → ${formatNumber(last)} over steps ${formatNumber(steps[0] ?? 0)} to ${formatNumber(
            steps[1] ?? 0,
          )}, lowest ${formatNumber(Math.min(...values))}, highest ${formatNumber(Math.max(...values))}`,
  };
}

function files(body: TrainingBody): Block[] {
  if (body.files.length === 0) return [];
  // What lies nowhere but here is found by its path alone.
  const travels = body.files.some(({ locations }) => locations.some(({ kind }) => kind !== 'file'));
  return [
    {
      kind: 'table',
      title: `Outputs (${counted(body.files.length, 'file')})`,
      folded: true,
      columns: [
        { header: 'File' },
        { header: 'Role' },
        { header: 'Size', numeric: true },
        { header: 'SHA-256' },
        ...(travels ? [{ header: 'Where' }] : []),
      ],
      rows: body.files.map((file) => [
        code(file.path),
        text(file.role),
        text(formatBytes(file.bytes)),
        code(shortDigest(file.sha256)),
        ...(travels ? [text(placesOf(file.locations))] : []),
      ]),
    },
  ];
}
