import type { TrainingBody } from '../record/training-section.ts';
import { type Block, type Cell, code, type Curve, type Fact, fact, text } from './block.ts';
import { counted, formatBytes, formatDuration, formatNumber, listed, shortDigest } from './format.ts';

/** What training-section.ts holds. */
export function trainingBlocks(body: TrainingBody): Block[] {
  const metrics = Object.entries(body.metrics);
  return [
    ...failures(body),
    ...(metrics.length === 0
      ? []
      : [
          {
            kind: 'metrics' as const,
            title: 'Final metrics (self-reported by the training)',
            baselineName: null,
            metrics: metrics.map(([name, value]) => ({
              name,
              value: formatNumber(value),
              baseline: null,
              change: null,
              n: null,
            })),
          },
        ]),
    ...(body.series.length === 0
      ? []
      : [{ kind: 'curves' as const, title: 'Learning curves', curves: body.series.map(curve) }]),
    ...files(body),
    { kind: 'facts', title: 'How it was run', folded: true, facts: howItRan(body) },
    ...attempts(body),
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

function failures(body: TrainingBody): Block[] {
  const last = body.attempts.at(-1);
  if (last?.failureClass === null || last === undefined) return [];
  const ending = endingOf(last);
  return [
    {
      kind: 'note',
      tone: 'bad',
      text: `Failed: ${last.failureClass.replaceAll('-', ' ')} (${ending}).${last.reason === null ? '' : ` ${last.reason}`}`,
    },
  ];
}

function endingOf(attempt: TrainingBody['attempts'][number]): string {
  if (attempt.signal !== null) return `ended by signal ${attempt.signal}`;
  if (attempt.exitCode !== null) return `exit code ${attempt.exitCode}`;
  return 'never ended by itself';
}

function attempts(body: TrainingBody): Block[] {
  if (body.attempts.length === 0) return [];
  return [
    {
      kind: 'table',
      title: `Attempts (${formatNumber(body.attempts.length)})`,
      folded: true,
      columns: [
        { header: 'Attempt', numeric: true },
        { header: 'Ended' },
        { header: 'Duration', numeric: true },
        { header: 'Peak memory', numeric: true },
        { header: 'Started' },
        { header: 'Reason' },
      ],
      rows: body.attempts.map((attempt, index) => [
        text(String(index + 1)),
        ending(attempt),
        text(formatDuration(attempt.durationMs)),
        text(attempt.peakMemoryBytes === null ? 'not measured' : formatBytes(attempt.peakMemoryBytes)),
        text(attempt.startedAt),
        text(attempt.reason ?? '–'),
      ]),
    },
  ];
}

function ending(attempt: TrainingBody['attempts'][number]): Cell {
  return attempt.failureClass === null
    ? { text: endingOf(attempt), mark: 'pass' }
    : { text: `${attempt.failureClass.replaceAll('-', ' ')}, ${endingOf(attempt)}`, mark: 'fail' };
}

function files(body: TrainingBody): Block[] {
  if (body.files.length === 0) return [];
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
      ],
      rows: body.files.map((file) => [
        code(file.path),
        text(file.role),
        text(formatBytes(file.bytes)),
        code(shortDigest(file.sha256)),
      ]),
    },
  ];
}

function howItRan(body: TrainingBody): Fact[] {
  const { environment, hardware } = body;
  const gpus = hardware.gpus.map(
    (gpu) => `${gpu.name}${gpu.memoryMiB === null ? '' : ` (${formatNumber(gpu.memoryMiB)} MiB)`}`,
  );
  const digest = (value: string | null): Cell | null => (value === null ? null : code(shortDigest(value)));
  return [
    ...fact('Engine', body.engine),
    ...fact('Submission', body.submission === null ? null : code(body.submission.id)),
    ...fact('Command', code(body.command.join(' '))),
    ...fact('Seed', body.seed === null ? 'not set' : formatNumber(body.seed)),
    ...Object.entries(body.parameters).flatMap(([name, value]) =>
      fact(`Parameter ${name}`, code(String(value))),
    ),
    ...fact('Operating system', environment.os),
    ...fact(
      'Interpreter',
      environment.interpreter === null
        ? null
        : `${environment.interpreter.name} ${environment.interpreter.version}`,
    ),
    ...environment.lockFiles.flatMap((lock) =>
      fact('Lock file', code(`${lock.path} ${shortDigest(lock.sha256)}`)),
    ),
    ...fact('Image', environment.image === null ? null : code(environment.image)),
    ...fact(
      'Hardware',
      `${counted(hardware.cpus, 'CPU')}${hardware.cpuModel === null ? '' : ` (${hardware.cpuModel})`}, ${formatBytes(hardware.memoryBytes)} of memory`,
    ),
    ...fact('GPU', gpus.length === 0 ? 'none' : listed(gpus)),
    ...fact('Runner', hardware.runner),
    ...fact('Energy', body.energyKwh === null ? null : `${formatNumber(body.energyKwh)} kWh`),
    ...fact('Model digest', digest(body.modelDigest)),
    ...fact('Code fingerprint', digest(body.codeFingerprint)),
    ...fact('Data fingerprint', digest(body.dataFingerprint)),
  ];
}
