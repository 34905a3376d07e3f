import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionName } from '../../shared/names.ts';
import { classifier } from '../deployment/onnx-model.ts';
import type { FakeGitHub } from '../github/fake-github.ts';
import { pullRequestPayload, pushPayload } from '../github/payloads.ts';
import { readActionFile } from '../harness/action-file.ts';
import { runStep, type StepOptions, type StepOutcome } from '../harness/step.ts';

const ROWS = 60;
const LABELS = [10, 20, 30];

const CONTRACT = `apiVersion: v3.1.0
kind: DataContract
id: points
name: Points
version: 1.0.0
status: active
team: { name: data-team, members: [{ username: data@example.org, role: owner }] }
schema:
  - name: points
    properties:
      - { name: id, logicalType: integer, required: true, unique: true }
      - { name: x, logicalType: number, required: true, logicalTypeOptions: { minimum: -1, maximum: 1 } }
      - { name: y, logicalType: number, required: true }
      - { name: label, logicalType: integer, required: true }
`;

export const GATE = `version: 1
defaults: { min-cell-size: 1 }
evaluation: { id: id, label: y_true, prediction: y_pred, labels: [10, 20, 30] }
baseline: { from: production, on-no-baseline: allow }
rules:
  - { metric: accuracy, min: 0.8, max-regression: 0.01, test: none }
`;

/** Stands for a training: takes the model as it was made, and answers as many rows rightly as it is told. */
const TRAIN = `import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const { right } = JSON.parse(readFileSync('parameters.json', 'utf8'));
const rows = readFileSync('points.csv', 'utf8').trim().split('\\n').slice(1).map((line) => line.split(','));
const answer = (label, index) => (index < right ? label : label === '10' ? '20' : '10');
mkdirSync('out', { recursive: true });
copyFileSync('model.bin', 'out/model.onnx');
writeFileSync('out/predictions.csv', ['id,y_true,y_pred', ...rows.map(([id, , , label], index) => [id, label, answer(label, index)].join(','))].join('\\n') + '\\n');
writeFileSync('out/metrics.json', JSON.stringify({ rows: rows.length, right }));
console.log('::set-output name=stolen::yes');
console.log('environment', Object.keys(process.env).filter((name) => /TOKEN|^INPUT_|^ACTIONS_/.test(name)).join(' ') || 'clean');
`;

const GOLDEN = [
  '{"inputs": {"x": [1, 0]}, "outputs": {"label": 10}}',
  '{"inputs": {"x": [0, 1]}, "outputs": {"label": 20}}',
  '{"inputs": {"x": [-1, -1]}, "outputs": {"label": 30}}',
].join('\n');

/** The inputs that every test of the pipeline gives; a step may add to them. */
const INPUTS: Readonly<Record<ActionName, Readonly<Record<string, string>>>> = {
  'validate-data': { dataset: 'points', contract: 'contract.yaml', data: 'train=points.csv' },
  'train-model': {
    model: 'points',
    dataset: 'points',
    command: 'node train.mjs',
    metrics: 'out/metrics.json',
    outputs: 'model=out/model.onnx\npredictions=out/predictions.csv',
  },
  'evaluate-gate': { gate: 'gate.yaml', registry: 'github-release' },
  'publish-model': { registry: 'github-release' },
  'deploy-endpoint': { registry: 'github-release', port: '0', 'golden-rows': 'golden.jsonl' },
};

export interface JobOptions {
  readonly event: 'push' | 'pull_request';
  readonly fork?: boolean;
  readonly token?: string;
  readonly runnerEnvironment?: 'github-hosted' | 'self-hosted';
  readonly environment?: Readonly<Record<string, string>>;
}

/** One job: `step` runs an action of it; disposing runs the post steps. */
export interface Job extends AsyncDisposable {
  step(action: ActionName, inputs?: Readonly<Record<string, string>>): Promise<StepOutcome>;
}

/** A small project with a real data set, a real model and a real git history, on a machine of its own. */
export class Project implements Disposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'pipeline-')));
  readonly workspace = join(this.folder, 'workspace');

  constructor(options: { readonly right?: number; readonly scale?: number } = {}) {
    mkdirSync(this.workspace);
    const rows = Array.from({ length: ROWS }, (_, index) => {
      const angle = (index * 2 * Math.PI) / ROWS;
      return [index, Math.cos(angle).toFixed(4), Math.sin(angle).toFixed(4), LABELS[index % 3]].join(',');
    });
    this.write('points.csv', `id,x,y,label\n${rows.join('\n')}\n`);
    this.write('contract.yaml', CONTRACT);
    this.write('gate.yaml', GATE);
    this.write('golden.jsonl', GOLDEN);
    this.write('train.mjs', TRAIN);
    this.write('.gitignore', 'out/\n');
    this.train(options);
    this.git('init', '--quiet', '--initial-branch=main');
    this.commit();
  }

  write(path: string, content: string | Buffer): void {
    writeFileSync(join(this.workspace, path), content);
  }

  /** What the next training gives: how many rows it answers rightly, and a model of its own digest. */
  train({ right = 57, scale = 4 }: { readonly right?: number; readonly scale?: number }): void {
    this.write('parameters.json', JSON.stringify({ right }));
    this.write('model.bin', classifier({ scale }));
  }

  git(...words: string[]): string {
    return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], {
      cwd: this.workspace,
      encoding: 'utf8',
    }).trim();
  }

  commit(): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message=change');
  }

  /** The files of the checkout, as the fake GitHub keeps them. */
  #files(): Record<string, Buffer> {
    const paths = this.git('ls-files').split('\n');
    return Object.fromEntries(paths.map((path) => [path, readFileSync(join(this.workspace, path))]));
  }

  /** Starts a job of a new run. Ending it runs the post steps of its steps, last first, as the runner does. */
  async job(fake: FakeGitHub, options: JobOptions): Promise<Job> {
    const directory = mkdtempSync(join(this.folder, 'job-'));
    const base = fake.world.refs.get('refs/heads/main');
    const head = fake.commit(this.#files(), options.event === 'push' ? { ref: 'refs/heads/main' } : {});
    const pull =
      options.event === 'push'
        ? undefined
        : fake.pullRequests.add({
            head: { sha: head.sha, ...(options.fork === true ? { repository: 'stranger/digits' } : {}) },
            base: { sha: base ?? head.sha },
          });
    const environment = await fake.environment({
      directory,
      workspace: this.workspace,
      event: options.event,
      payload: pull === undefined ? pushPayload(head.sha) : pullRequestPayload(fake, pull),
      sha: head.sha,
      headSha: head.sha,
      ref: pull === undefined ? 'refs/heads/main' : `refs/pull/${pull.number}/merge`,
      runnerEnvironment: options.runnerEnvironment ?? 'github-hosted',
      job: 'model',
    });
    const ended: { action: ActionName; outcome: StepOutcome }[] = [];
    const step = async (
      action: ActionName,
      more: Pick<StepOptions, 'inputs' | 'phase' | 'state'>,
    ): Promise<StepOutcome> =>
      await runStep({
        action,
        ...more,
        workspace: this.workspace,
        temp: environment['RUNNER_TEMP'] ?? directory,
        environment: {
          ...environment,
          // The native libraries were fetched and verified once; a runner has its tool cache as well.
          RUNNER_TOOL_CACHE: process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
          ...options.environment,
        },
        expressions: { 'github.token': options.token ?? fake.defaultToken, 'toJSON(matrix)': 'null' },
      });
    return {
      step: async (action, inputs = {}) => {
        const outcome = await step(action, { inputs: { ...INPUTS[action], ...inputs } });
        ended.push({ action, outcome });
        return outcome;
      },
      [Symbol.asyncDispose]: async () => {
        for (const { action, outcome } of ended.toReversed()) {
          if (readActionFile(action).runs.post === undefined) continue;
          const post = await step(action, { inputs: INPUTS[action], phase: 'post', state: outcome.state });
          if (post.exitCode !== 0)
            throw new Error(`The post step of ${action} failed: ${post.stdout}${post.stderr}`);
        }
      },
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
