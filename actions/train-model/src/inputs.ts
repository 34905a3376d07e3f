import { z } from 'zod';
import type { CommonInputs } from '../../../shared/action/action.ts';
import { acceptedNames } from '../../../shared/action/accepted-names.ts';
import { containedPath } from '../../../shared/action/contained-path.ts';
import type { InputReader } from '../../../shared/action/inputs.ts';
import { UsageError } from '../../../shared/errors.ts';
import { FILE_ROLES } from '../../../shared/record/common.ts';
import type { DispatchedJob } from '../../../shared/github/dispatched-job.ts';
import { ENGINES } from '../../../shared/record/training-section.ts';
import { type Prices, readPrices } from './cost/prices.ts';
import { parseStopRules } from './decide/stop-rules.ts';
import type { DeclaredOutput } from './engines/engine.ts';
import { parseMetricSource } from './series/metric-source.ts';
import { type DispatchInputs, readDispatch } from './inputs/dispatch-inputs.ts';
import { openDispatchedInputs, readDispatchedJob } from './inputs/dispatched-inputs.ts';
import { readSecrets } from './inputs/secret-environment.ts';

export { INPUTS, OUTPUTS } from './inputs/names.ts';

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
  /** `<format>=<place>` each, further places of metrics. */
  readonly metricsSources: readonly string[];
  /** Rules by which to stop early; none where the list is empty. */
  readonly stopOn: readonly string[];
  readonly parameters: Parameters;
  readonly seed: number | null;
  readonly deterministic: boolean;
  /** Variables of the command that appear nowhere else. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What the command reads, absolute; empty where the data section tells it. */
  readonly dataPaths: readonly string[];
  readonly reuse: 'auto' | 'never';
  readonly registry: string | undefined;
  /** The folder of checkpoints, absolute. */
  readonly checkpoints: string | undefined;
  readonly checkpointMs: number;
  readonly resumeFrom: string | undefined;
  readonly maxCostUsd: number | undefined;
  readonly prices: Prices;
  readonly maxAttempts: number;
  readonly store: string | undefined;
  readonly artifactLimitBytes: number;
  /** How it is dispatched; undefined for engine `local`. */
  readonly dispatch: DispatchInputs | undefined;
  /** In a worker: what it was dispatched with. */
  readonly dispatched: DispatchedJob | undefined;
  /** The closing job of a worker trains nothing. */
  readonly closing: boolean;
  /** What the code fingerprint covers, absolute. */
  readonly paths: readonly string[];
  /** Undefined: only the job's own limit. */
  readonly limitMs: number | undefined;
  /** From being asked to end until it is killed. */
  readonly graceMs: number;
  readonly fromKey: string | undefined;
  readonly recordFrom: string | undefined;
}

/** Those of a step that dispatches. */
export type DispatchingInputs = Inputs & { readonly dispatch: DispatchInputs };

export function readInputs(outer: InputReader): Inputs {
  const dispatched = readDispatchedJob(outer);
  const closing = outer.text('mode') === 'close';
  if (closing && dispatched === undefined) {
    throw new UsageError('Input "mode" is "close", and no "dispatched-job" is given.', {
      remedy: 'Accepted in a step of your own: follow, detach.',
    });
  }
  const reader = dispatched === undefined ? outer : openDispatchedInputs(outer, dispatched, { closing });
  const [program, ...words] = requiredCommand(reader);
  const engine = dispatched === undefined ? reader.oneOf('engine', ENGINES) : 'local';
  const mode = dispatched === undefined ? reader.oneOf('mode', ['follow', 'detach']) : 'follow';
  if (engine === 'local' && mode === 'detach') {
    throw new UsageError('Input "mode" is "detach", and the engine is "local".', {
      remedy: 'Only a dispatched training can be left: give "engine: github", or leave "mode" out.',
    });
  }
  return {
    subject: reader.requiredSubject('model'),
    dataset: reader.subject('dataset'),
    engine,
    command: [program, ...words],
    outputs: reader.list('outputs').map((line) => readOutput(line, reader)),
    metrics: reader.path('metrics', { mustExist: false }),
    metricsSeries: reader.path('metrics-series', { mustExist: false }),
    metricsSources: readMetricsSources(reader),
    stopOn: readStopOn(reader),
    parameters: readParameters(reader),
    seed: reader.integer('seed', { min: 0, max: MAX_SEED }) ?? null,
    deterministic: reader.boolean('deterministic'),
    secrets: readSecrets(outer),
    dataPaths: readPathList(reader, 'data-paths'),
    reuse: reader.oneOf('reuse', ['auto', 'never']),
    registry: reader.text('registry'),
    checkpoints: readCheckpoints(reader),
    checkpointMs: reader.minutes('checkpoint-minutes', { min: 0.01, max: MAX_MINUTES }) ?? 0,
    resumeFrom: readResumeFrom(reader),
    maxCostUsd: reader.number('max-cost-usd', { min: 0.01, max: 1_000_000 }),
    prices: readPrices(reader.yaml('prices')),
    maxAttempts: reader.integer('max-attempts', { min: 1, max: 100 }) ?? 1,
    store: outer.text('store') ?? reader.text('store'),
    artifactLimitBytes: (reader.number('artifact-limit-mb', { min: 1, max: 1_000_000 }) ?? 0) * 1_000_000,
    paths: readPaths(reader),
    limitMs: reader.minutes('max-minutes', { min: 0.01, max: MAX_MINUTES }),
    graceMs: (reader.number('grace-seconds', { min: 0, max: MAX_GRACE_SECONDS }) ?? 0) * 1000,
    dispatch: engine === 'github' ? readDispatch(reader) : undefined,
    dispatched,
    closing,
    fromKey: reader.key('from-key'),
    recordFrom: reader.text('record-from'),
    onInconclusive: reader.oneOf('on-inconclusive', ['warn', 'fail']),
  };
}

/** A worker reads the same lines again: what is wrong with them is said here, before anything is spent. */
function readStopOn(reader: InputReader): string[] {
  const given = reader.list('stop-on');
  const lines = given.length === 1 && given[0] === 'none' ? [] : given;
  parseStopRules(lines);
  return lines;
}

function readMetricsSources(reader: InputReader): string[] {
  const lines = reader.list('metrics-sources');
  for (const line of lines) parseMetricSource(line, reader);
  return lines;
}

function readCheckpoints(reader: InputReader): string | undefined {
  const folder = reader.path('checkpoints', { mustExist: false });
  if (folder !== reader.workingDirectory) return folder;
  throw new UsageError('Input "checkpoints" is the whole working directory.', {
    remedy: 'Give a folder in which there are checkpoints and nothing else.',
  });
}

function readResumeFrom(reader: InputReader): string | undefined {
  const from = reader.text('resume-from');
  if (from === undefined || reader.text('checkpoints') !== undefined) return from;
  throw new UsageError(`Input "resume-from" is "${from}", and no folder of checkpoints is named.`, {
    remedy: 'Name the folder that the command reads and writes in the input "checkpoints".',
  });
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
      remedy: `Accepted: one "<role>=<path or pattern>" a line. ${acceptedNames(at < 1 ? '' : line.slice(0, at).trim(), FILE_ROLES)}`,
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

function readPathList(reader: InputReader, name: string): string[] {
  const { workspace, workingDirectory } = reader;
  return reader.list(name).map((path) => containedPath(workspace, workingDirectory, path, `Input "${name}"`));
}

function readPaths(reader: InputReader): string[] {
  const given = readPathList(reader, 'paths');
  return given.length === 0 ? [reader.workingDirectory] : given;
}
