import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { findAct } from '../workflows/act.ts';
import { isAlive } from './process-tree.ts';
import { Workers } from './workers.ts';

const TIMEOUT_MS = 120_000;
const missing = findAct() === undefined && process.env['CI'] !== 'true';

const CALLER = `\
run-name: \${{ fromJSON(inputs.job).title }}
on: { workflow_dispatch: { inputs: { job: { required: true, type: string } } } }
jobs:
  worker:
    uses: trainyard/trainyard/.github/workflows/train-worker.yml@v1
    permissions: { contents: read, actions: write }
    with: { job: '\${{ inputs.job }}' }
    secrets: inherit
`;
/** The form of the real one, with nothing of Trainyard in it. */
const CALLED = `\
on: { workflow_call: { inputs: { job: { required: true, type: string } } } }
jobs:
  train:
    runs-on: \${{ fromJSON(inputs.job).runs-on }}
    steps:
      - uses: actions/checkout@v6
        with: { ref: '\${{ fromJSON(inputs.job).sha }}' }
      - name: Train
        run: |
          echo "token $GITHUB_REPOSITORY $GITHUB_RUN_ID"
          cat which.txt
          test "$(cat which.txt)" != slow || { echo begun; sleep 300; }
          echo "::error::it is done"
  close:
    needs: train
    if: always()
    runs-on: ubuntu-24.04
    steps:
      - run: echo "needs $NEEDS"
        env: { NEEDS: '\${{ toJSON(needs) }}' }
`;

class Scene implements AsyncDisposable {
  readonly folder: string;
  readonly fake: FakeGitHub;
  readonly workers: Workers;
  readonly sha: string;

  private constructor(folder: string, fake: FakeGitHub, workers: Workers, sha: string) {
    this.folder = folder;
    this.fake = fake;
    this.workers = workers;
    this.sha = sha;
  }

  static async open(which: string): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'workers-'));
    const repository = join(folder, 'repository');
    await mkdir(join(repository, '.github/workflows'), { recursive: true });
    await writeFile(join(repository, '.github/workflows/trainyard-worker.yml'), CALLER);
    const git = (...words: string[]): string =>
      execFileSync('git', ['-C', repository, '-c', 'user.name=n', '-c', 'user.email=e@x.org', ...words], {
        encoding: 'utf8',
      }).trim();
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-q', '-m', 'worker');
    const main = git('rev-parse', 'HEAD');
    await writeFile(join(repository, 'which.txt'), `${which}\n`);
    git('checkout', '-q', '--detach');
    git('add', '.');
    git('commit', '-q', '-m', 'what is trained');
    const sha = git('rev-parse', 'HEAD');
    const fake = await startFakeGitHub();
    fake.world.git.attach(repository);
    fake.world.refs.set('refs/heads/main', main);
    const act = findAct() ?? '';
    const workers = new Workers({ fake, act, repository, folder, labels: ['gpu'], called: CALLED });
    return new Scene(folder, fake, workers, sha);
  }

  async call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.fake.url}/repos/${this.fake.repository}/actions/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.fake.defaultToken}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(response.ok, path).toBe(true);
    const text = await response.text();
    return (text.startsWith('{') ? JSON.parse(text) : { text }) as Record<string, unknown>;
  }

  async dispatch(labels: readonly string[]): Promise<number> {
    const job = JSON.stringify({ title: 'Train digits', 'runs-on': labels, sha: this.sha });
    const made = await this.call('POST', 'workflows/trainyard-worker.yml/dispatches', {
      ref: 'main',
      inputs: { job },
      return_run_details: true,
    });
    return Number(made['workflow_run_id']);
  }

  /** Waits until the training step has said that it has begun. */
  async begun(id: number): Promise<void> {
    await expect
      .poll(() => this.fake.world.workflowJobs.find(({ runId }) => runId === id)?.log, { timeout: 60_000 })
      .toContain('begun');
  }

  async jobsOf(id: number): Promise<Record<string, unknown>[]> {
    return (await this.call('GET', `runs/${id}/jobs`))['jobs'] as Record<string, unknown>[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.workers[Symbol.asyncDispose]();
    await this.fake[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

describe.skipIf(missing)('the machines behind the fake (skipped without act, which .ci/run installs)', () => {
  it(
    'run what is dispatched, at the commit that the job names, and tell jobs, steps and logs',
    async () => {
      await using scene = await Scene.open('quick');
      const id = await scene.dispatch(['gpu']);
      await scene.workers.idle();
      const transcript = scene.workers.transcripts.get(id);
      expect(await scene.call('GET', `runs/${id}`), transcript).toMatchObject({
        status: 'completed',
        conclusion: 'success',
      });
      const [train, close] = await scene.jobsOf(id);
      expect(train).toMatchObject({
        name: 'worker / train',
        labels: ['gpu'],
        conclusion: 'success',
        runner_name: `gpu-${id}`,
        steps: expect.arrayContaining([
          expect.objectContaining({ name: 'Train', conclusion: 'success' }),
        ]) as unknown,
      });
      expect(close).toMatchObject({
        name: 'worker / close',
        labels: ['ubuntu-24.04'],
        conclusion: 'success',
      });
      const { text } = await scene.call('GET', `jobs/${String(train?.['id'])}/logs`);
      expect(text).toContain(`token acme/digits ${id}`);
      expect(text).toMatch(/^\d{4}-\S+Z quick$/m);
      expect(text).toMatch(/^\S+Z ##\[error\]it is done$/m);
      const closing = await scene.call('GET', `jobs/${String(close?.['id'])}/logs`);
      expect(closing['text']).toContain('"result": "success"');
    },
    TIMEOUT_MS,
  );

  it(
    'leave a job queued whose labels no runner has, until it is cancelled',
    async () => {
      await using scene = await Scene.open('quick');
      const id = await scene.dispatch(['tpu']);
      expect(await scene.call('GET', `runs/${id}`)).toMatchObject({ status: 'queued' });
      await scene.call('POST', `runs/${id}/cancel`);
      expect(await scene.call('GET', `runs/${id}`)).toMatchObject({ conclusion: 'cancelled' });
    },
    TIMEOUT_MS,
  );

  it.each(['cancelled', 'failure'] as const)(
    'end a training that is %s, with nothing of it left, and still run the closing job',
    async (result) => {
      await using scene = await Scene.open('slow');
      const id = await scene.dispatch(['gpu']);
      await scene.begun(id);
      const pids = scene.workers.processes(id).map(({ pid }) => pid);
      expect(pids.length).toBeGreaterThan(1);
      if (result === 'cancelled') await scene.call('POST', `runs/${id}/cancel`);
      else scene.workers.kill(id);
      await scene.workers.idle();
      expect(pids.filter(isAlive)).toEqual([]);
      expect(await scene.call('GET', `runs/${id}`), scene.workers.transcripts.get(id)).toMatchObject({
        conclusion: result,
      });
      const [train, close] = await scene.jobsOf(id);
      expect(train).toMatchObject({ name: 'worker / train', conclusion: result });
      expect(close).toMatchObject({ name: 'worker / close', conclusion: 'success' });
      const { text } = await scene.call('GET', `jobs/${String(close?.['id'])}/logs`);
      expect(text).toContain(`"train":{"result":"${result}"`);
    },
    TIMEOUT_MS,
  );
});
