import { z } from 'zod';
import type { CommonInputs } from '../../../shared/action/action.ts';
import { acceptedNames } from '../../../shared/action/accepted-names.ts';
import { containedPath } from '../../../shared/action/contained-path.ts';
import type { InputReader } from '../../../shared/action/inputs.ts';
import { UsageError } from '../../../shared/errors.ts';
import { FILE_ROLES } from '../../../shared/record/common.ts';
import { ENGINES } from '../../../shared/record/training-section.ts';
import type { DeclaredOutput } from './engines/engine.ts';

export const INPUTS = [
  'model',
  'dataset',
  'engine',
  'command',
  'outputs',
  'metrics',
  'metrics-series',
  'parameters',
  'seed',
  'paths',
  'max-minutes',
  'grace-seconds',
  'from-key',
  'record-from',
  'working-directory',
  'id',
  'matrix',
  'token',
  'comment',
  'status',
  'on-inconclusive',
] as const;

export const OUTPUTS = ['verdict', 'passed', 'report-path', 'model-digest', 'exit-code', 'files'] as const;

/** PYTHONHASHSEED takes no other (python(1)). */
const MAX_SEED = 4_294_967_295;
/** A job of a self-hosted runner lasts five days at most. */
const MAX_MINUTES = 5 * 24 * 60;
const MAX_GRACE_SECONDS = 3_600;

const parametersSchema = z.record(
  z.string().min(1),
  z.union([z.string(), z.number(), z.boolean(), z.null()]),
);

export type Parameters = Readonly<z.infer<typeof parametersSchema>>;

/** What train-model is told. */
export interface Inputs extends CommonInputs {
  /** The model's name, unique in the repository. */
  readonly subject: string;
  /** The dataset whose section tells the data fingerprint; undefined: the run's only one. */
  readonly dataset: string | undefined;
  readonly engine: (typeof ENGINES)[number];
  /** Program and words; no shell. */
  readonly command: readonly [string, ...string[]];
  readonly outputs: readonly DeclaredOutput[];
  /** JSON file with the final metrics, absolute. */
  readonly metrics: string | undefined;
  /** JSON Lines file with metrics by step, absolute. */
  readonly metricsSeries: string | undefined;
  readonly parameters: Parameters;
  readonly seed: number | null;
  /** What the code fingerprint covers, absolute. */
  readonly paths: readonly string[];
  /** Undefined: only the job's own limit. */
  readonly limitMs: number | undefined;
  /** From being asked to end until it is killed. */
  readonly graceMs: number;
  readonly fromKey: string | undefined;
  readonly recordFrom: string | undefined;
}

export function readInputs(reader: InputReader): Inputs {
  const [program, ...words] = requiredCommand(reader);
  return {
    subject: reader.requiredSubject('model'),
    dataset: reader.subject('dataset'),
    engine: reader.oneOf('engine', ENGINES),
    command: [program, ...words],
    outputs: reader.list('outputs').map((line) => readOutput(line, reader)),
    metrics: reader.path('metrics', { mustExist: false }),
    metricsSeries: reader.path('metrics-series', { mustExist: false }),
    parameters: readParameters(reader),
    seed: reader.integer('seed', { min: 0, max: MAX_SEED }) ?? null,
    paths: readPaths(reader),
    limitMs: reader.minutes('max-minutes', { min: 0.01, max: MAX_MINUTES }),
    graceMs: (reader.number('grace-seconds', { min: 0, max: MAX_GRACE_SECONDS }) ?? 0) * 1000,
    fromKey: reader.key('from-key'),
    recordFrom: reader.text('record-from'),
    onInconclusive: reader.oneOf('on-inconclusive', ['warn', 'fail']),
  };
}

function requiredCommand(reader: InputReader): [string, ...string[]] {
  reader.requiredText('command');
  const [program, ...words] = reader.command('command') ?? [];
  if (program === undefined) throw new UsageError('Input "command" names no program.');
  return [program, ...words];
}

function readOutput(line: string, { workspace, workingDirectory }: InputReader): DeclaredOutput {
  const label = `Input "outputs": "${line}"`;
  const at = line.indexOf('=');
  const role = FILE_ROLES.find((candidate) => candidate === line.slice(0, at).trim());
  const glob = line.slice(at + 1).trim();
  if (at < 1 || role === undefined || glob === '') {
    throw new UsageError(`${label} is no output.`, {
      remedy: `Accepted: one "<role>=<path or pattern>" a line. ${acceptedNames(at < 1 ? line : line.slice(0, at).trim(), FILE_ROLES)}`,
    });
  }
  // A pattern that leads out of the folder would publish what is not the training's.
  containedPath(workspace, workingDirectory, glob, label);
  if (containedPath(workingDirectory, workingDirectory, glob, label) === workingDirectory) {
    throw new UsageError(`${label} is the whole working directory.`, {
      remedy: 'Name what the command writes.',
    });
  }
  return { role, glob, label };
}

function readParameters(reader: InputReader): Parameters {
  const value = reader.yaml('parameters');
  if (value === undefined || value === null) return {};
  const parsed = parametersSchema.safeParse(value);
  if (parsed.success) {
    const infinite = Object.entries(parsed.data).find(
      ([, one]) => typeof one === 'number' && !Number.isFinite(one),
    );
    if (infinite === undefined) return parsed.data;
    throw new UsageError(`Input "parameters": "${infinite[0]}" is ${String(infinite[1])}.`, {
      remedy: 'Give a number that JSON can hold.',
    });
  }
  const place = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new UsageError(`Input "parameters" is not valid${place === '' ? '' : ` at "${place}"`}.`, {
    remedy:
      'Accepted: a YAML map of names to text, numbers, true, false or null; no lists and no maps inside.',
  });
}

function readPaths(reader: InputReader): string[] {
  const { workspace, workingDirectory } = reader;
  const given = reader.list('paths');
  if (given.length === 0) return [workingDirectory];
  return given.map((path) => containedPath(workspace, workingDirectory, path, 'Input "paths"'));
}
