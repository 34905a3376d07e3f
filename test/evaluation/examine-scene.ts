import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { examine } from '../../actions/evaluate-gate/src/examine/examine.ts';
import type {
  Examined,
  ExamineInputs,
  ExamineOptions,
} from '../../actions/evaluate-gate/src/examine/options.ts';
import type {
  EvaluationColumns,
  Examination,
  GateFile,
} from '../../actions/evaluate-gate/src/gate-file/gate-file.ts';
import type { PredictionFile } from '../../actions/evaluate-gate/src/metrics/prediction-file.ts';
import type { Row } from '../../shared/data/engine.ts';
import { createDiskStore } from '../../shared/record/disk-store.ts';
import { commitOf, runOf, TREE } from '../record/sections.ts';
import { localFile } from '../registries/sections.ts';
import { keepingLogger, LIMITS, openEngine } from './engine.ts';
import { findPython } from './python.ts';

const execute = promisify(execFile);
const EXAMPLE = resolve(import.meta.dirname, '../../examples/digits');
const { signal } = new AbortController();

/** Runs the example's Python in a folder. */
export async function python(folder: string, ...words: string[]): Promise<string> {
  const { stdout } = await execute(findPython() ?? 'python3', words, { cwd: folder });
  return stdout;
}

/** The digits example, prepared and trained in a folder: right, and exported with its classes reversed. */
export async function trainDigits(folder: string): Promise<void> {
  await python(folder, join(EXAMPLE, 'prepare.py'), '--output', 'data');
  await writeFile(
    join(folder, 'parameters.json'),
    JSON.stringify({
      seed: 7,
      hidden: 64,
      epochs: 15,
      'learning-rate': 0.001,
      'label-noise': 0,
      'export-classes': 'as-trained',
    }),
  );
  await python(folder, join(EXAMPLE, 'train.py'));
  await python(folder, join(EXAMPLE, 'train.py'), '--export-classes', 'reversed', '--output', 'reversed');
}

export function gateOf(
  evaluation: Partial<EvaluationColumns>,
  examination: Partial<Examination> = {},
  rest: Partial<GateFile> = {},
): GateFile {
  return {
    minCellSize: 0,
    defaults: { alpha: 0.05, power: 0.8, seed: 7, replicates: 2000 },
    evaluation: {
      predictions: undefined,
      id: 'id',
      label: 'label',
      prediction: 'y_pred',
      scores: [],
      positive: undefined,
      labels: undefined,
      weight: undefined,
      group: undefined,
      lines: {},
      ...evaluation,
    },
    examination: {
      rows: 'data/test.csv',
      sha256: undefined,
      features: undefined,
      outputs: { prediction: undefined, scores: undefined },
      line: 3,
      ...examination,
    },
    baseline: {
      from: { kind: 'alias', alias: 'production', text: 'production' },
      onNoBaseline: 'allow',
      line: 1,
    },
    slices: [],
    metrics: [],
    utility: undefined,
    rules: [],
    evidence: 'artifacts',
    negativeControl: true,
    selfWaiver: false,
    acceptSelfReported: true,
    ...rest,
  };
}

export interface Given {
  readonly gate: GateFile;
  /** Files of the model by their path; of the example, bytes that were read. */
  readonly candidate: Readonly<Record<string, string | Buffer>>;
  readonly baseline?: Readonly<Record<string, string | Buffer>>;
  readonly inputs?: Partial<ExamineInputs>;
  readonly event?: string;
  readonly baselineRows?: string | null;
  readonly training?: ExamineOptions['training'];
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Done to the baseline's first file after it was fetched. */
  readonly grow?: (path: string) => Promise<void>;
}

export interface ExamineScene extends AsyncDisposable {
  readonly workspace: string;
  /** The runner's folder for what ends with the job. */
  readonly runnerTemp: string;
  readonly lines: string[];
  write(path: string, content: string | Buffer): Promise<string>;
  examine(given: Given): Promise<Examined>;
  /** Asks a file of predictions, as the table `p`. */
  ask(file: PredictionFile, sql: string): Promise<readonly Row[]>;
}

/** A workspace and a RUNNER_TEMP in which models are examined by the real parts. */
export async function openExamineScene(): Promise<ExamineScene> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'trainyard-examine-')));
  const [workspace, runnerTemp] = [join(folder, 'work'), join(folder, 'temp')];
  await mkdir(workspace);
  await mkdir(runnerTemp);
  const logger = keepingLogger();
  let examined = 0;
  const write = async (path: string, content: string | Buffer): Promise<string> => {
    const place = resolve(workspace, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, content);
    return place;
  };
  const filesOf = async (name: string, files: Given['candidate']) =>
    await Promise.all(
      Object.entries(files).map(([path, content]) => localFile(join(folder, name), path, content)),
    );
  const run = runOf({ job: 'gate', key: 'gate' });
  return {
    workspace,
    runnerTemp,
    lines: logger.lines,
    write,
    async examine(given) {
      examined += 1;
      const temporaryDirectory = join(runnerTemp, `trainyard-${examined}`);
      await mkdir(temporaryDirectory);
      const candidate = await filesOf(`trained-${examined}`, given.candidate);
      const baseline = given.baseline && (await filesOf(`published-${examined}`, given.baseline));
      await given.grow?.(baseline?.[0]?.path ?? '');
      const store = createDiskStore({
        workingDirectory: workspace,
        repository: null,
        treeHash: TREE,
        runId: run.id,
        attempt: 1,
        key: run.key,
        logger,
      });
      return await examine({
        gate: given.gate,
        gatePath: 'gate.yml',
        inputs: {
          scoreCommand: undefined,
          duckdbPath: undefined,
          onnxruntimePath: undefined,
          maxMemoryMiB: 512,
          policyFrom: 'base',
          ...given.inputs,
        },
        candidateModel: candidate.map(({ reference }) => reference),
        baselineModel: baseline === undefined ? undefined : { files: baseline, what: 'production v1' },
        baselineEvaluation: given.baselineRows === undefined ? undefined : { rowsSha256: given.baselineRows },
        training: given.training ?? { id: run.id, job: 'train', here: true },
        context: {
          logger,
          environment: { ...process.env, RUNNER_TEMP: runnerTemp, ...given.environment },
          signal,
          workspace,
          workingDirectory: workspace,
          temporaryDirectory,
          store,
          commit: commitOf({ event: given.event ?? 'push' }),
          run,
        },
        signal: given.signal ?? signal,
      });
    },
    async ask({ path, format }, sql) {
      await using engine = await openEngine();
      const source = { table: 'p', path, label: 'p', format };
      await engine.open([source], { ...LIMITS, temporaryDirectory: folder }, signal);
      return (await engine.run([{ name: 'q', sql }], signal)).get('q') ?? [];
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The files of a result that is there. */
export function fileOf(result: Examined['baseline']): PredictionFile {
  if (result === undefined || 'unusable' in result) {
    throw new Error(`no predictions: ${JSON.stringify(result)}`);
  }
  return result;
}
