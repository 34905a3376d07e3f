import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Inputs } from '../../actions/deploy-endpoint/src/inputs.ts';
import { deployEndpoint } from '../../actions/deploy-endpoint/src/main.ts';
import { runPost } from '../../actions/deploy-endpoint/src/post-step.ts';
import { createPlainLogger } from '../../actions/deploy-endpoint/src/server/plain-logger.ts';
import type { Programs } from '../../actions/deploy-endpoint/src/server/launch.ts';
import { stopEndpoint } from '../../actions/deploy-endpoint/src/stop.ts';
import type { ActionContext, Outcome } from '../../shared/action/action.ts';
import type { FileReference } from '../../shared/record/common.ts';
import { hashFile, modelDigest } from '../../shared/record/digest.ts';
import type { Section } from '../../shared/record/section.ts';
import type { RecordStore } from '../../shared/record/store.ts';
import { DirectoryRegistry } from '../../shared/registries/directory.ts';
import type { Version } from '../../shared/registries/registry.ts';
import { processesIn, until } from './processes.ts';
import { evaluation } from './sections.ts';
import { terminalOrigin } from '../terminal-origin.ts';

const SOURCE = fileURLToPath(new URL('../../actions/deploy-endpoint/src/', import.meta.url));
export const PROGRAMS: Programs = {
  supervisor: join(SOURCE, 'entries', 'supervisor.ts'),
  worker: join(SOURCE, 'entries', 'worker.ts'),
};

/** Three rows that the classifier of onnx-model.ts answers with 10, 20, 30. */
export const GOLDEN_ROWS = [
  '{"inputs": {"x": [1, 0]}, "outputs": {"label": 10}}',
  '{"id": "second", "inputs": {"x": [[0, 1]]}, "outputs": {"label": [20]}}',
  '{"inputs": {"x": [-1, -1]}, "outputs": {"label": 30}}',
].join('\n');

export interface Deployment {
  readonly outcome: Outcome<'deployment'>;
  /** What the post step is given. */
  readonly state: ReadonlyMap<string, string>;
}

/** A workspace with a registry, in which endpoints are deployed by real processes. */
export class Scene implements AsyncDisposable {
  readonly folder: string;
  readonly workspace: string;
  readonly registry: DirectoryRegistry;
  readonly log: string[] = [];
  readonly logger = createPlainLogger((line) => this.log.push(line));
  /** The record of the run. */
  sections: Section[] = [];
  /** Set on a runner; a terminal has none. */
  environment: NodeJS.ProcessEnv = { ...process.env, SECRET_TOKEN: 'hush', INPUT_TOKEN: 'hush' };

  private constructor(folder: string) {
    this.folder = folder;
    this.workspace = join(folder, 'workspace');
    this.registry = new DirectoryRegistry({
      root: join(this.workspace, 'registry'),
      name: 'directory:registry',
    });
  }

  static async create(): Promise<Scene> {
    const scene = new Scene(await realpath(await mkdtemp(join(tmpdir(), 'trainyard-deploy-'))));
    await mkdir(scene.workspace);
    await writeFile(join(scene.workspace, 'golden.jsonl'), GOLDEN_ROWS);
    return scene;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopEndpoint({ ...this.#common, signal: AbortSignal.timeout(20_000) });
    await until(
      'every process of the scene has ended',
      async () => (await processesIn(this.folder)).length === 0,
    );
    await rm(this.folder, { recursive: true, force: true });
  }

  get #common(): { workspace: string; environment: NodeJS.ProcessEnv; logger: Scene['logger'] } {
    return { workspace: this.workspace, environment: this.environment, logger: this.logger };
  }

  /** Puts a model into the registry with the evaluation that passed it, and points alias `candidate` at it. */
  async publish(model: Buffer, record?: (digest: string) => Section[]): Promise<Version> {
    const signal = new AbortController().signal;
    const { reference, path } = await this.modelFile(model);
    const digest = modelDigest([reference]) ?? '';
    const staged = await this.registry.stage('digits', digest, [{ reference, path }], signal);
    const sections = record?.(digest) ?? [evaluation(digest)];
    const { version } = await this.registry.commit(
      staged,
      { sections, card: '# digits\n', files: [] },
      signal,
    );
    const before = await this.registry.resolve('digits', 'candidate', signal);
    await this.registry.alias('digits', 'candidate', version.version, before?.version ?? null, signal);
    return version;
  }

  /** A file of role model as training leaves it. */
  async modelFile(model: Buffer): Promise<{ reference: FileReference; path: string }> {
    const path = join(this.workspace, 'out', 'model.onnx');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, model);
    const { bytes, sha256 } = await hashFile(path, new AbortController().signal);
    return {
      path,
      reference: {
        path: 'out/model.onnx',
        role: 'model',
        bytes,
        sha256,
        locations: [{ kind: 'file', path }],
      },
    };
  }

  async production(): Promise<string | undefined> {
    return (await this.registry.resolve('digits', 'production', new AbortController().signal))?.version;
  }

  inputs(overrides: Partial<Inputs> = {}): Inputs {
    return {
      subject: 'digits',
      dataset: undefined,
      registry: 'directory:registry',
      endpoint: undefined,
      target: 'local',
      mode: 'deploy',
      version: undefined,
      port: 0,
      goldenRows: join(this.workspace, 'golden.jsonl'),
      tolerance: 1e-4,
      readyTimeoutMs: 30_000,
      keepAlive: false,
      command: undefined,
      requireGate: true,
      requireAttestation: 'auto',
      trustedRoot: undefined,
      fromKey: undefined,
      recordFrom: undefined,
      onnxruntimePath: undefined,
      token: undefined,
      onInconclusive: 'warn',
      ...overrides,
    };
  }

  async deploy(
    overrides: Partial<Inputs> = {},
    {
      signal = new AbortController().signal,
      programs = PROGRAMS,
    }: { signal?: AbortSignal; programs?: Programs } = {},
  ): Promise<Deployment> {
    const state = new Map<string, string>();
    const outcome = await deployEndpoint(this.inputs(overrides), this.context(signal, state), () => programs);
    return { outcome, state };
  }

  context(signal: AbortSignal, state: Map<string, string>): ActionContext {
    const runner = this.environment['GITHUB_ACTIONS'] === 'true';
    const absent = (): never => {
      throw new Error('deploy-endpoint asks the code host for nothing.');
    };
    return {
      action: 'deploy-endpoint',
      logger: this.logger,
      host: {
        kind: runner ? 'github' : 'terminal',
        hasArtifacts: false,
        origin: absent,
        fileAt: absent,
        treeOf: absent,
        setStatus: absent,
        comment: absent,
      },
      origin: terminalOrigin(),
      commit: evaluation(null).commit,
      run: evaluation(null).run,
      store: this.#store(),
      workspace: this.workspace,
      workingDirectory: this.workspace,
      temporaryDirectory: this.folder,
      environment: this.environment,
      signal,
      saveState: (name, value) => void state.set(name, value),
      showProgress: () => Promise.resolve(),
    };
  }

  /** Runs the post step of a deployment. */
  async post(deployment: Pick<Deployment, 'state'>): Promise<void> {
    await runPost({
      getState: (name) => deployment.state.get(name) ?? '',
      environment: this.environment,
      logger: this.logger,
      signal: AbortSignal.timeout(20_000),
    });
  }

  /** `trainyard stop`. */
  stop(endpoint?: string): Promise<string[]> {
    return stopEndpoint({ ...this.#common, endpoint, signal: AbortSignal.timeout(20_000) });
  }

  /** The label that an endpoint answers for one row, or the status where it answers none. */
  async ask(url: string, x: readonly number[]): Promise<unknown> {
    const response = await fetch(`${url}/v2/models/digits/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: x }] }),
    });
    const body = (await response.json()) as { outputs?: { data: unknown[] }[] };
    return response.ok ? body.outputs?.[0]?.data[0] : response.status;
  }

  #store(): RecordStore {
    const absent = (): never => {
      throw new Error('deploy-endpoint writes nothing into the store itself.');
    };
    return {
      save: absent,
      saveFiles: absent,
      saveReport: absent,
      list: () => Promise.resolve(this.sections),
      find: (kind, { subject }) => {
        const found = this.sections.filter(
          (candidate) => candidate.kind === kind && (subject === undefined || candidate.subject === subject),
        );
        return Promise.resolve(found[0] as never);
      },
      fetchFiles: async (files, directory) => {
        const paths: string[] = [];
        for (const file of files) {
          const path = join(directory, file.path);
          await mkdir(dirname(path), { recursive: true });
          const [location] = file.locations;
          if (location?.kind === 'file') await copyFile(location.path, path);
          paths.push(path);
        }
        return paths;
      },
    };
  }
}
