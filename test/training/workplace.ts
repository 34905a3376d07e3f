import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { action } from '../../actions/train-model/src/main.ts';
import type { ActionContext, Outcome } from '../../shared/action/action.ts';
import { openInputs, variableOf } from '../../shared/action/inputs.ts';
import type { CodeHost, Origin } from '../../shared/github/code-host.ts';
import { createDiskStore } from '../../shared/record/disk-store.ts';
import { keepLogs } from '../record/logs.ts';
import { commitOf, runOf, TREE } from '../record/sections.ts';
import { terminalOrigin } from '../terminal-origin.ts';

export { isAlive, until } from './wait.ts';

/** As action.yml has them. */
const DEFAULTS: Readonly<Record<string, string>> = {
  model: 'digits',
  engine: 'local',
  mode: 'follow',
  deterministic: 'false',
  'stop-on': 'nan\ndivergence',
  reuse: 'never',
  'checkpoint-minutes': '30',
  'queue-minutes': '60',
  'max-attempts': '3',
  'on-superseded': 'stop',
  'worker-workflow': 'trainyard-worker.yml',
  'artifact-limit-mb': '4096',
  'grace-seconds': '4',
  'working-directory': '.',
  'on-inconclusive': 'warn',
};

export interface TrainOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly origin?: Partial<Origin>;
}

/** A folder in which something is trained; disposing removes it. */
export interface Workplace extends AsyncDisposable {
  readonly directory: string;
  readonly lines: string[];
  readonly state: Map<string, string>;
  readonly context: (options?: TrainOptions) => ActionContext;
  write(path: string, text: string): Promise<string>;
  /** Trains with the inputs given, as the shell would. */
  train(inputs: Readonly<Record<string, string>>, options?: TrainOptions): Promise<Outcome<'training'>>;
  /** Trains with a script of Node.js. */
  script(
    code: string,
    inputs?: Readonly<Record<string, string>>,
    options?: TrainOptions,
  ): Promise<Outcome<'training'>>;
}

const unused = (): never => {
  throw new Error('a training asks the host for nothing');
};

export async function openWorkplace(): Promise<Workplace> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'ty-train-')));
  const { logger, lines } = keepLogs();
  const state = new Map<string, string>();
  const host: CodeHost = {
    kind: 'terminal',
    hasArtifacts: false,
    origin: unused,
    fileAt: unused,
    treeOf: unused,
    setStatus: unused,
    comment: unused,
  };
  const context = ({ environment, signal, origin }: TrainOptions = {}): ActionContext => ({
    action: 'train-model',
    logger,
    host,
    origin: terminalOrigin(origin),
    commit: commitOf({ repository: null }),
    run: runOf({ id: 'terminal', key: 'terminal' }),
    store: createDiskStore({
      workingDirectory: directory,
      repository: null,
      treeHash: TREE,
      runId: 'terminal',
      attempt: 1,
      key: 'terminal',
      logger,
    }),
    workspace: directory,
    workingDirectory: directory,
    temporaryDirectory: directory,
    environment: environment ?? { PATH: process.env['PATH'] },
    signal: signal ?? new AbortController().signal,
    saveState: (name, value) => void state.set(name, value),
    showProgress: () => Promise.resolve(),
  });
  const workplace: Workplace = {
    directory,
    lines,
    state,
    context,
    async write(path, text) {
      const place = join(directory, path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, text);
      return place;
    },
    async train(inputs, options) {
      const given = Object.entries({ ...DEFAULTS, ...inputs }).map(([name, value]) => [
        variableOf(name),
        value,
      ]);
      const reader = openInputs(action.inputs, Object.fromEntries(given) as NodeJS.ProcessEnv, directory);
      return await action.run(action.readInputs(reader), context(options));
    },
    async script(code, inputs, options) {
      const path = await workplace.write('train.mjs', code);
      return await workplace.train({ command: JSON.stringify([process.execPath, path]), ...inputs }, options);
    },
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
    },
  };
  return workplace;
}
