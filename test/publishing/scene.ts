import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { INPUTS, readInputs } from '../../actions/publish-model/src/inputs.ts';
import { action } from '../../actions/publish-model/src/main.ts';
import type { ActionContext, Outcome } from '../../shared/action/action.ts';
import { openInputs, variableOf } from '../../shared/action/inputs.ts';
import type { Logger } from '../../shared/action/logger.ts';
import { createTerminalHost } from '../../shared/github/terminal-host.ts';
import { modelDigest } from '../../shared/record/digest.ts';
import { createDiskStore } from '../../shared/record/disk-store.ts';
import type { Section, SectionOf } from '../../shared/record/section.ts';
import { DirectoryRegistry } from '../../shared/registries/directory.ts';
import type { LocalFile } from '../../shared/registries/registry.ts';
import { readActionFile } from '../harness/action-file.ts';
import { commitOf, runOf, TREE } from '../record/sections.ts';
import { dataSection, evaluationSection, localFile, trainingSection } from '../registries/sections.ts';

export interface Scene extends AsyncDisposable {
  readonly workspace: string;
  readonly logs: string[];
  readonly registry: DirectoryRegistry;
  write(path: string, content: string | Buffer): Promise<string>;
  /** Writes a model and the sections of a training and of a gate that passed it; returns the model digest. */
  train(options?: TrainOptions): Promise<string>;
  save(section: Section): Promise<void>;
  publish(inputs?: Readonly<Record<string, string>>): Promise<Outcome<'publication'>>;
}

export interface TrainOptions {
  readonly content?: Buffer | string;
  readonly path?: string;
  readonly statedDigest?: string;
  readonly training?: Partial<SectionOf<'training'>>;
  /** Null: no gate has run. */
  readonly evaluation?: Partial<SectionOf<'evaluation'>> | null;
  readonly data?: Partial<SectionOf<'data'>> | null;
}

const { signal } = new AbortController();

/** The smallest file that has the fields of an ONNX model: ir_version 8 and a graph with a name. */
export function onnxBytes(name: string): Buffer {
  const text = Buffer.from(name);
  return Buffer.concat([Buffer.from([0x08, 0x08, 0x3a, text.length + 2, 0x12, text.length]), text]);
}

function keepingLogger(logs: string[]): Logger {
  const keep = (message: string): void => void logs.push(message);
  return {
    info: keep,
    debug: keep,
    warning: keep,
    annotate: ({ message }) => keep(message),
    group: (title, phase) => {
      keep(title);
      return phase();
    },
    progress: () => ({ update: () => undefined, end: () => undefined }),
    mask: () => undefined,
    untrusted: (phase) => phase(keep),
  };
}

/** A workspace with a real record on disk and a real registry, in which the action runs in this process. */
export async function openScene(): Promise<Scene> {
  const workspace = await realpath(await mkdtemp(join(tmpdir(), 'publishing-')));
  const logs: string[] = [];
  const logger = keepingLogger(logs);
  const commit = commitOf({ repository: null, event: 'terminal' });
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
  const host = createTerminalHost({ workspace, environment: {} });
  const temporaryDirectory = join(workspace, '.temporary');
  await mkdir(temporaryDirectory);
  const save = (section: Section): Promise<void> => store.save({ ...section, commit, run }, signal);

  return {
    workspace,
    logs,
    registry: new DirectoryRegistry({ root: join(workspace, 'registry'), name: 'directory:registry' }),
    save,
    async write(path, content) {
      const place = join(workspace, path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, content);
      return place;
    },
    async train({
      content = onnxBytes('first'),
      path = 'out/model.onnx',
      statedDigest,
      training,
      evaluation,
      data,
    } = {}) {
      const files: LocalFile[] = [
        await localFile(workspace, path, content),
        await localFile(workspace, 'out/predictions.csv', `id,p\n1,${content.length}\n`, 'predictions'),
        await localFile(workspace, 'out/last.ckpt', 'heavy', 'checkpoint'),
      ];
      const references = files.map(({ reference }) => reference);
      const digest = statedDigest ?? modelDigest(references) ?? '';
      await save({ ...trainingSection(references, digest), ...training });
      if (evaluation !== null) await save({ ...evaluationSection(digest), ...evaluation });
      if (data !== null) await save({ ...dataSection(), ...data });
      return digest;
    },
    async publish(inputs = {}) {
      const origin = await host.origin(signal);
      const context: ActionContext = {
        action: 'publish-model',
        logger,
        host,
        origin,
        commit,
        run,
        store,
        workspace,
        workingDirectory: workspace,
        temporaryDirectory,
        environment: {},
        signal,
        saveState: () => undefined,
        showProgress: () => Promise.resolve(),
      };
      return action.run(inputsOf(workspace, { registry: 'directory:registry', ...inputs }), context);
    },
    [Symbol.asyncDispose]: () => rm(workspace, { recursive: true, force: true }),
  };
}

/** The inputs as the runner gives them, with the defaults of action.yml. */
export function inputsOf(
  workspace: string,
  given: Readonly<Record<string, string>>,
): ReturnType<typeof readInputs> {
  const defaults = Object.entries(readActionFile('publish-model').inputs).map(
    ([name, { default: value = '' }]) => [name, value.startsWith('${{') ? '' : value] as const,
  );
  const environment = Object.fromEntries(
    [...defaults, ...Object.entries(given)].map(([name, value]) => [variableOf(name), value]),
  );
  return readInputs(openInputs(INPUTS, environment, workspace));
}
