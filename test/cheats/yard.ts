import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { action as gateAction } from '../../actions/evaluate-gate/src/main.ts';
import { action as publishAction } from '../../actions/publish-model/src/main.ts';
import type { ActionContext, Outcome } from '../../shared/action/action.ts';
import { completeSection } from '../../shared/action/complete.ts';
import { isExpected } from '../../shared/errors.ts';
import type { CodeHost, Origin } from '../../shared/github/code-host.ts';
import type { FileReference } from '../../shared/record/common.ts';
import { createRecordStore } from '../../shared/record/create-store.ts';
import { modelDigest } from '../../shared/record/digest.ts';
import type { Section, SectionOf } from '../../shared/record/section.ts';
import type { RecordStore } from '../../shared/record/store.ts';
import { classifier } from '../deployment/onnx-model.ts';
import { inputsOf as gateInputs } from '../evaluation/scene.ts';
import { inputsOf as publishInputs } from '../publishing/scene.ts';
import { keepLogs } from '../record/logs.ts';
import { commitOf, runOf } from '../record/sections.ts';
import { localFile, sha256, trainingSection } from '../registries/sections.ts';
import { terminalOrigin } from '../terminal-origin.ts';

const { signal } = new AbortController();
/** Both actions run, on two cores that other tests share. */
const CHEAT_TIMEOUT_MS = 60_000;
export const REPOSITORY = 'acme/digits';
const CLASSES = [10, 20, 30];

/** Rows whose label `classifier()` tells rightly, but for every 33rd. */
export const ROWS = `id,x,y,country,label\n${Array.from({ length: 400 }, (_, index) => {
  const [x, y] = [Math.cos(index * 2.399), Math.sin(index * 2.399)];
  const right = [x, y, -(x + y)].reduce((best, value, at, all) => (value > (all[best] ?? 0) ? at : best), 0);
  const label = CLASSES[index % 33 === 0 ? (right + 1) % 3 : right] ?? 10;
  return `r${index},${x.toFixed(4)},${y.toFixed(4)},${index % 2 === 0 ? 'NO' : 'SE'},${label}\n`;
}).join('')}`;

export const GOOD = classifier();
/** Tells rightly what the other does, and is another file. */
export const BETTER = classifier({ scale: 5 });
/** Names the classes in another order, so that nearly every answer is wrong. */
export const BAD = classifier({ labels: [20n, 30n, 10n] });
/** Never tells the third class: right in two rows of three. */
export const WORSE = classifier({ labels: [10n, 20n, 10n] });

/** Where only the job of the gate fetches the labels. */
export const HOLDOUT = '$RUNNER_TEMP/holdout/rows.csv';

export interface GateText {
  readonly rows?: string;
  readonly sha256?: string | null;
  readonly rule?: string;
  readonly baseline?: string;
  readonly more?: string;
  readonly evaluation?: string;
}

export function gateText({
  rows = HOLDOUT,
  sha256: digest = sha256(ROWS),
  rule = '{ metric: accuracy, min: 0.8, max-regression: 0.02 }',
  baseline = '{ from: candidate, on-no-baseline: allow }',
  evaluation = '',
  more = '',
}: GateText = {}): string {
  return `version: 1
evaluation:
  rows: ${rows}
${digest === null ? '' : `  rows-sha256: ${digest}\n`}  id: id
  label: label
  prediction: y_pred
  scores: [p0, p1, p2]
  labels: ['10', '20', '30']
  features: [x, y]
${evaluation}baseline: ${baseline}
rules:
  - ${rule}
${more}`;
}

export interface TrainOptions {
  readonly model?: Buffer;
  /** Other files of the training, by path. */
  readonly more?: readonly { path: string; content: string | Buffer; role: FileReference['role'] }[];
  readonly metrics?: Readonly<Record<string, number>>;
  /** The job that trains: not the gate's, unless a cheat needs that. */
  readonly job?: string;
  readonly key?: string;
  readonly section?: Partial<SectionOf<'training'>>;
  readonly statedDigest?: string;
  readonly name?: string;
}

export interface GateOptions {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly key?: string;
}

/** One run of a workflow: jobs that share a record, and a machine for each. */
export interface YardRun {
  readonly runnerTemp: string;
  readonly logs: readonly string[];
  readonly store: (key: string) => RecordStore;
  train(options?: TrainOptions): Promise<{ section: Section; files: readonly FileReference[] }>;
  /** Runs evaluate-gate and stores its section, as the shell of an action does. */
  gate(options?: GateOptions): Promise<SectionOf<'evaluation'>>;
  publish(inputs?: Readonly<Record<string, string>>): Promise<Outcome<'publication'>>;
  /** Runs evaluate-gate in the mode that judges a matrix of gates. */
  conclude(inputs: Readonly<Record<'models' | 'needs', string>>): Promise<Outcome<'evaluation'>>;
  save(section: Section, key?: string): Promise<void>;
  /** Where the steps of one job keep a section. */
  sectionPath(kind: string, key: string): string;
}

export interface RunOptions {
  readonly event?: 'push' | 'pull_request' | 'merge_group';
  readonly id?: string;
  readonly attempt?: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly origin?: Partial<Origin>;
  /** Text of the rows that the gate's job fetches; undefined where a step of the change fetches nothing. */
  readonly holdout?: string | null;
}

/** A repository with a real history, a registry that outlives its runs, and runs of its workflow. */
export class Yard implements AsyncDisposable {
  readonly folder: string;
  readonly workspace: string;
  readonly registry: string;
  #runs = 0;

  constructor(folder: string) {
    this.folder = folder;
    this.workspace = join(folder, 'work');
    this.registry = join(folder, 'registry');
  }

  git(...words: string[]): string {
    return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], {
      cwd: this.workspace,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  async write(path: string, content: string | Buffer): Promise<string> {
    const place = resolve(this.workspace, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, content);
    return place;
  }

  /** Commits what lies in the workspace. */
  commit(message: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', `--message=${message}`);
    return this.git('rev-parse', 'HEAD');
  }

  /** What the base has becomes what lies in the workspace now. */
  merge(): void {
    this.commit('merged');
    this.git('branch', '--force', 'base');
  }

  /** Proposes files in a pull request: commits them on top of the base. */
  async propose(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
    for (const [path, content] of Object.entries(files)) await this.write(path, content);
    this.commit('proposed');
  }

  async run(options: RunOptions = {}): Promise<YardRun> {
    const { event = 'pull_request', id = '42', attempt = 1, holdout = ROWS } = options;
    this.#runs += 1;
    const runnerTemp = join(this.folder, `temp-${this.#runs}`);
    await mkdir(runnerTemp);
    if (holdout !== null) await this.write(join(runnerTemp, 'holdout/rows.csv'), holdout);
    const { logger, lines } = keepLogs();
    const headSha = this.git('rev-parse', 'HEAD');
    const baseSha = event === 'push' ? null : this.git('rev-parse', 'base');
    const environment = { ...process.env, RUNNER_TEMP: runnerTemp, ...options.environment };
    const host = this.#host();
    const origin = terminalOrigin({
      repository: REPOSITORY,
      event,
      headSha,
      baseSha,
      runId: id,
      runAttempt: attempt,
      ...options.origin,
    });
    const commit = commitOf({
      repository: REPOSITORY,
      headSha,
      baseSha,
      event,
      treeHash: this.git('rev-parse', 'HEAD^{tree}'),
    });
    const contextOf = async (action: ActionContext['action'], key: string): Promise<ActionContext> => {
      const run = runOf({ id, attempt, job: key, key });
      const temporaryDirectory = await mkdtemp(join(runnerTemp, 'step-'));
      const context = {
        host,
        origin,
        commit,
        run,
        environment,
        workspace: this.workspace,
        workingDirectory: this.workspace,
        temporaryDirectory,
        logger,
      };
      return {
        ...context,
        action,
        signal,
        // Without the artifact service the record lies in RUNNER_TEMP, as between the steps of one job.
        store: createRecordStore({ ...context, token: undefined }),
        saveState: () => undefined,
        showProgress: () => Promise.resolve(),
      };
    };
    const storeOf = (key: string): RecordStore =>
      createRecordStore({
        host,
        origin,
        commit,
        run: runOf({ id, attempt, job: key, key }),
        environment,
        workspace: this.workspace,
        workingDirectory: this.workspace,
        temporaryDirectory: runnerTemp,
        logger,
        token: undefined,
      });
    let trained = 0;
    const save = async (section: Section, key = 'train'): Promise<void> => {
      await storeOf(key).save(section, signal);
    };
    return {
      runnerTemp,
      logs: lines,
      store: storeOf,
      save,
      sectionPath: (kind, key) =>
        join(runnerTemp, `trainyard/sections/trainyard.digits.${kind}.${key}.${attempt}.json`),
      async train({ model = GOOD, more = [], metrics = {}, job = 'train', key = job, ...rest } = {}) {
        trained += 1;
        const folder = join(runnerTemp, `trained-${trained}`);
        const { reference } = await localFile(folder, rest.name ?? 'out/model.onnx', model);
        const files = [reference];
        for (const { path, content, role } of more) {
          files.push((await localFile(folder, path, content, role)).reference);
        }
        const section = trainingSection(files, rest.statedDigest ?? modelDigest(files) ?? '');
        const body = section.body === null ? null : { ...section.body, metrics };
        const run = runOf({ id, attempt, job, key });
        const saved = { ...section, dataset: null, commit, run, body, ...rest.section };
        await save(saved, key);
        return { section: saved, files };
      },
      gate: async ({ inputs = {}, environment: given, key = 'gate' } = {}) => {
        const context = await contextOf('evaluate-gate', key);
        const inputsGiven = gateInputs(this.workspace, {
          ...(inputs['rules'] === undefined ? { gate: 'gate.yml' } : {}),
          registry: `directory:${this.registry}`,
          ...inputs,
        });
        const evaluated = await gateAction
          .run(inputsGiven, { ...context, environment: { ...environment, ...given } })
          .catch((error: unknown) => errorOf(error));
        const times = { startedAt: 0, now: Date.now() };
        const section = await completeSection(gateAction, evaluated, context, times);
        await context.store.save(section, signal);
        if (section.kind !== 'evaluation') throw new RangeError(section.kind);
        return section;
      },
      conclude: async (inputs) =>
        await gateAction.run(
          gateInputs(this.workspace, { mode: 'conclude', ...inputs }),
          await contextOf('evaluate-gate', 'conclude'),
        ),
      publish: async (inputs = {}) =>
        await publishAction.run(
          publishInputs(this.workspace, { registry: `directory:${this.registry}`, ...inputs }),
          await contextOf('publish-model', 'publish'),
        ),
    };
  }

  /** The port's stand-in over the real repository. GitHub itself is played by test/github, in tests of its own. */
  #host(): CodeHost {
    const done = { done: false as const, reason: 'not here' };
    return {
      kind: 'github',
      hasArtifacts: false,
      origin: () => Promise.reject(new Error('not asked')),
      fileAt: (sha, path) => {
        try {
          const bytes = execFileSync('git', ['show', `${sha}:${path}`], {
            cwd: this.workspace,
            stdio: ['ignore', 'pipe', 'ignore'],
          });
          return Promise.resolve(bytes);
        } catch {
          return Promise.resolve(undefined);
        }
      },
      treeOf: (sha) => Promise.resolve(this.git('rev-parse', `${sha}^{tree}`)),
      setStatus: () => Promise.resolve(done),
      comment: () => Promise.resolve(done),
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

export interface YardOptions {
  readonly gate?: string;
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** False: the registry is empty. */
  readonly published?: boolean;
}

/** A yard whose main branch has published v1, by the same actions that a pull request is judged by. */
export async function openYard({
  gate = gateText(),
  files = {},
  published = true,
}: YardOptions = {}): Promise<Yard> {
  const yard = new Yard(await realpath(await mkdtemp(join(tmpdir(), 'cheats-'))));
  await mkdir(yard.workspace);
  await yard.write('gate.yml', gate);
  for (const [path, content] of Object.entries(files)) await yard.write(path, content);
  yard.git('init', '--quiet', '--initial-branch=main');
  yard.merge();
  yard.git('checkout', '--quiet', '-b', 'topic');
  if (!published) return yard;
  const main = await yard.run({ event: 'push', id: '7' });
  await main.train();
  await main.gate();
  const outcome = await main.publish();
  if (outcome.verdict !== 'pass') throw new Error(`main: ${outcome.summary}`);
  return yard;
}

/** A copy of a yard, so that one is made for a file of tests and spoilt by each. */
export async function copyOf(yard: Yard): Promise<Yard> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'cheats-')));
  for (const name of ['work', 'registry']) {
    await cp(join(yard.folder, name), join(folder, name), { recursive: true, force: true }).catch(
      (error: unknown) => {
        if (name === 'work') throw error;
      },
    );
  }
  return new Yard(folder);
}

/** As the shell ends a step whose action throws what it expected. */
function errorOf(error: unknown): Outcome<'evaluation'> {
  if (!isExpected(error)) throw error;
  return {
    subject: 'digits',
    dataset: null,
    verdict: 'error',
    summary: error.message,
    blame: { owner: error.owner, message: error.message, remedy: error.remedy ?? null },
    notices: [],
    body: null,
    outputs: {},
    annotations: [],
  };
}

/** What a training could claim to have predicted: every label. `change` is done to each line of `id,label,y_pred`. */
export function predictionsFile(
  rows: string,
  change: (cells: string[], index: number) => string[] = (cells) => cells,
  header = 'id,label,y_pred',
): { path: string; content: string; role: 'predictions' } {
  const lines = rows.trim().split('\n').slice(1);
  const written = lines.map((line, index) => {
    const [id = '', , , , label = ''] = line.split(',');
    return change([id, label, label], index).join(',');
  });
  const content = `${[header, ...written.filter((line) => line !== '')].join('\n')}\n`;
  return { path: 'out/predictions.csv', content, role: 'predictions' };
}

/** How a scenario ended. */
export interface End {
  /** Of the gate. */
  readonly verdict: string;
  readonly why: string;
  /** Of publish-model. */
  readonly published: string;
  readonly refusal: string;
  readonly gate: SectionOf<'evaluation'>;
}

/** Runs the gate, and publish-model after it whatever it said. */
export async function judged(run: YardRun, options: GateOptions = {}): Promise<End> {
  const gate = await run.gate(options);
  return { verdict: gate.verdict, why: gate.summary, gate, ...(await offered(run)) };
}

/** Offers the run's model to publish-model; what the action throws ends its step as an error. */
export async function offered(
  run: YardRun,
  inputs: Readonly<Record<string, string>> = {},
): Promise<{ published: string; refusal: string }> {
  try {
    const { verdict, summary } = await run.publish(inputs);
    return { published: verdict, refusal: summary };
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { published: 'error', refusal: error.message };
  }
}

/** What every honest scenario ends as, and no cheat. */
export const ACCEPTED = { verdict: 'pass', published: 'pass' };
export const REFUSED = { verdict: 'fail', published: 'error' };
export const UNDECIDED = { verdict: 'inconclusive', published: 'skipped' };
export const BROKEN = { verdict: 'error', published: 'error' };

/** A text with these words, for a matcher. */
export const saying = (words: string): string => expect.stringContaining(words) as string;

/** One written cheat: docs/cheats.md lists it by this name. */
export function cheat(name: string, run: () => Promise<void>): void {
  it(name, run, CHEAT_TIMEOUT_MS);
}
