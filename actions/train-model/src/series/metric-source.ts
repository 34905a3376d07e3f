import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import { containedPath } from '../../../../shared/action/contained-path.ts';
import { UsageError } from '../../../../shared/errors.ts';

export const METRIC_FORMATS = [
  'jsonl',
  'dvclive',
  'tensorboard',
  'lightning',
  'huggingface',
  'mlflow',
  'wandb',
  'stdout',
] as const;
export type MetricFormat = (typeof METRIC_FORMATS)[number];

/** A place where the command writes metrics. */
export interface MetricSource {
  readonly format: MetricFormat;
  /** An absolute path; for an http address of MLflow the address, for `stdout` the pattern. */
  readonly place: string;
  /** How the user knows it, for errors. */
  readonly label: string;
}

const MAX_PATTERN_CHARACTERS = 1_000;

/** Reads one line `<format>=<place>` of the input `metrics-sources`. */
export function parseMetricSource(
  line: string,
  { workspace, workingDirectory }: { readonly workspace: string; readonly workingDirectory: string },
): MetricSource {
  const label = `Input "metrics-sources": "${line}"`;
  const at = line.indexOf('=');
  const name = (at < 1 ? line : line.slice(0, at)).trim();
  const format = METRIC_FORMATS.find((one) => one === name);
  const place = at < 1 ? '' : line.slice(at + 1).trim();
  if (format === undefined || place === '') {
    throw new UsageError(`${label} is no source of metrics.`, {
      remedy: `Accepted: one "<format>=<place>" a line. ${acceptedNames(name, METRIC_FORMATS)}`,
    });
  }
  if (format === 'stdout') return { format, place: checkPattern(place, label), label };
  if (format === 'mlflow' && /^[a-z][a-z0-9+.-]*:/i.test(place)) {
    const file = /^(?:sqlite:\/\/\/|file:)(?!\/\/)(.+)$/i.exec(place)?.[1];
    if (file === undefined) return { format, place: checkAddress(place, label), label };
    return { format, place: containedPath(workspace, workingDirectory, file, label), label };
  }
  return { format, place: containedPath(workspace, workingDirectory, place, label), label };
}

function checkPattern(pattern: string, label: string): string {
  if (pattern.length > MAX_PATTERN_CHARACTERS) {
    throw new UsageError(`${label} is longer than ${MAX_PATTERN_CHARACTERS} characters.`);
  }
  if (!/\(\?P?<[A-Za-z]/.test(pattern)) {
    throw new UsageError(`${label} has no named group.`, {
      remedy: 'Name what is a metric: stdout=epoch (?P<step>\\d+).*loss: (?P<loss>\\S+).',
    });
  }
  return pattern;
}

function checkAddress(place: string, label: string): string {
  const url = URL.canParse(place) ? new URL(place) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new UsageError(`${label} is no place of MLflow's.`, {
      remedy: 'Accepted: a SQLite file such as mlflow.db, an mlruns folder, or an http or https address.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('Input "metrics-sources": the address of MLflow holds a user name or password.', {
      remedy:
        'Give them by "secret-environment": MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.',
    });
  }
  return place;
}
