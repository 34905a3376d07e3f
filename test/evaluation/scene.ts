import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readInputs, type Inputs, INPUTS } from '../../actions/evaluate-gate/src/inputs.ts';
import { action } from '../../actions/evaluate-gate/src/main.ts';
import type { ActionContext, Outcome } from '../../shared/action/action.ts';
import { openInputs, variableOf } from '../../shared/action/inputs.ts';
import type { CodeHost, Origin } from '../../shared/github/code-host.ts';
import { modelDigest } from '../../shared/record/digest.ts';
import { createDiskStore } from '../../shared/record/disk-store.ts';
import type { Section, SectionOf } from '../../shared/record/section.ts';
import { DirectoryRegistry } from '../../shared/registries/directory.ts';
import { readActionFile } from '../harness/action-file.ts';
import { commitOf, runOf, TREE } from '../record/sections.ts';
import { evaluationSection, localFile, trainingSection } from '../registries/sections.ts';
import { keepingLogger, temporaryFolder } from './engine.ts';

const { signal } = new AbortController();

export interface Training {
  /** Text of the model's file: another text is another model. */
  readonly model?: string | Buffer;
  /** CSV; none where undefined. */
  readonly predictions?: string | undefined;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly section?: Partial<SectionOf<'training'>>;
  /** The section states another model digest than its files have. */
  readonly tamper?: boolean;
}

export interface Published extends Training {
  readonly aliases?: readonly string[];
  readonly sections?: (digest: string) => Section[];
}

export interface Scene extends AsyncDisposable {
  readonly folder: string;
  readonly logs: readonly string[];
  write(path: string, content: string | Buffer): Promise<string>;
  train(training: Training): Promise<void>;
  publish(published: Published): Promise<void>;
  /** Runs the action in this process on real files, a real record and a real registry. */
  evaluate(inputs?: Readonly<Record<string, string>>): Promise<Outcome<'evaluation'>>;
}

export interface Options {
  readonly gate?: string;
  readonly event?: string;
  /** Beyond that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Files of the base commit, by their path; only for a pull request. */
  readonly base?: Readonly<Record<string, string>>;
}

/** A workspace with a gate file, in which one can train, publish and evaluate. */
export async function openScene({ gate, event = 'terminal', base, environment }: Options): Promise<Scene> {
  const temporary = await temporaryFolder();
  const workspace = await realpath(temporary.path);
  const logger = keepingLogger();
  const write = async (path: string, content: string | Buffer): Promise<string> => {
    const place = join(workspace, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, content);
    return place;
  };
  if (gate !== undefined) await write('gate.yml', gate);
  const commit = commitOf({ repository: null, event });
  const run = runOf({ id: 'terminal', key: 'terminal' });
  const store = createDiskStore({
    workingDirectory: workspace,
    repository: null,
    treeHash: TREE,
    runId: 'terminal',
    attempt: 1,
    key: 'terminal',
    logger,
  });
  const registry = new DirectoryRegistry({ root: join(workspace, 'registry'), name: 'directory:registry' });

  const files = async (folder: string, { model = 'weights', predictions }: Training) => [
    await localFile(join(workspace, folder), 'out/model.onnx', model),
    ...(predictions === undefined
      ? []
      : [await localFile(join(workspace, folder), 'out/predictions.csv', predictions, 'predictions')]),
  ];
  const sectionOf = (training: Training, references: Parameters<typeof trainingSection>[0]) => {
    const section = trainingSection(
      references,
      training.tamper === true ? '7'.repeat(64) : (modelDigest(references) ?? ''),
    );
    const body = section.body === null ? null : { ...section.body, metrics: { ...training.metrics } };
    return { ...section, commit, run, body, ...training.section };
  };

  return {
    folder: workspace,
    logs: logger.lines,
    write,
    async train(training) {
      const local = await files('work', training);
      await store.save(
        sectionOf(
          training,
          local.map(({ reference }) => reference),
        ),
        signal,
      );
    },
    async publish(published) {
      const local = await files('old', published);
      const references = local.map(({ reference }) => reference);
      const digest = modelDigest(references) ?? '';
      const model = local.filter(({ reference }) => reference.role === 'model');
      const staged = await registry.stage('digits', digest, model, signal);
      const sections = published.sections?.(digest) ?? [sectionOf(published, references)];
      const beside = local.filter(({ reference }) => reference.role === 'predictions');
      const { version } = await registry.commit(
        staged,
        { sections, card: '# digits', files: beside },
        signal,
      );
      for (const alias of published.aliases ?? ['candidate', 'production']) {
        const before = await registry.resolve('digits', alias, signal);
        await registry.alias('digits', alias, version.version, before?.version ?? null, signal);
      }
    },
    async evaluate(inputs = {}) {
      const context: ActionContext = {
        action: 'evaluate-gate',
        logger,
        host: hostOf(base),
        origin: originOf(event, base),
        commit,
        run,
        store,
        workspace,
        workingDirectory: workspace,
        temporaryDirectory: await write('.temporary/kept', '').then(dirname),
        environment: { ...process.env, ...environment },
        signal,
        saveState: () => undefined,
        showProgress: () => Promise.resolve(),
      };
      return action.run(inputsOf(workspace, { gate: 'gate.yml', ...inputs }), context);
    },
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

/** The inputs as the runner gives them, with the defaults of action.yml. */
export function inputsOf(workspace: string, given: Readonly<Record<string, string>>): Inputs {
  const defaults = Object.entries(readActionFile('evaluate-gate').inputs).map(
    ([name, { default: value = '' }]) => [name, value.startsWith('${{') ? '' : value] as const,
  );
  const environment = Object.fromEntries(
    [...defaults, ...Object.entries(given)].map(([name, value]) => [variableOf(name), value]),
  );
  return readInputs(openInputs(INPUTS, environment, workspace));
}

const SHA = { head: '1'.repeat(40), base: '2'.repeat(40) };

/** The port's stand-in: files of a base commit. GitHub itself is played by test/github, in tests of its own. */
function hostOf(base: Options['base']): CodeHost {
  const done = { done: false as const, reason: 'not here' };
  return {
    kind: base === undefined ? 'terminal' : 'github',
    hasArtifacts: false,
    origin: () => Promise.reject(new Error('not asked')),
    fileAt: (sha, path) => {
      const text = sha === SHA.base ? base?.[path] : undefined;
      return Promise.resolve(text === undefined ? undefined : Buffer.from(text));
    },
    treeOf: () => Promise.resolve(TREE),
    setStatus: () => Promise.resolve(done),
    comment: () => Promise.resolve(done),
  };
}

function originOf(event: string, base: Options['base']): Origin {
  return {
    repository: base === undefined ? null : 'acme/digits',
    serverUrl: null,
    event,
    ref: null,
    headSha: base === undefined ? null : SHA.head,
    baseSha: base === undefined ? null : SHA.base,
    pullRequest: null,
    fork: false,
    runId: 'terminal',
    runNumber: 1,
    runAttempt: 1,
    runUrl: null,
    workflow: null,
    job: null,
    actor: null,
    runnerEnvironment: null,
    worker: null,
  };
}

/** CSV of predictions: each row is `id,label,prediction`. */
export function csvOf(rows: readonly (readonly [string, string, string])[]): string {
  return ['row,y,p', ...rows.map((row) => row.join(',')), ''].join('\n');
}

/** `total` rows of two classes, of which the first `right` are predicted right. */
export function predictionsOf(total: number, right: number): string {
  return csvOf(
    Array.from({ length: total }, (_, index) => {
      const label = index % 2 === 0 ? 'cat' : 'dog';
      return [`r${index}`, label, index < right ? label : label === 'cat' ? 'dog' : 'cat'] as const;
    }),
  );
}

export { evaluationSection };
