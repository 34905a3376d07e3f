import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { parseSection, type SectionOf } from '../../shared/record/section.ts';
import type { WorkflowRun } from '../github/world.ts';
import { ROOT } from '../harness/action-file.ts';
import { runStep, type StartedStep, startStep, type StepOutcome } from '../harness/step.ts';
import { copySuite } from '../workflows/act.ts';
import { type Change, Yard } from '../workflows/yard.ts';
import { Workers } from './workers.ts';

const WORKER_FILE = '.github/workflows/trainyard-worker.yml';

/** A training of this test's own, whose length its parameters tell. */
export const SLOW = {
  model: 'slow',
  command: 'python train-slowly.py',
  outputs: 'model=out/model.txt',
  metrics: 'out/metrics.json',
  'metrics-series': 'out/curve.jsonl',
  checkpoints: 'checkpoints',
} as const;

/** The repository of the example with a worker workflow on main, and runners with the label `gpu`. */
export class GpuYard implements AsyncDisposable {
  readonly yard: Yard;
  readonly workers: Workers;
  readonly #suite: string;
  #steps = 0;

  private constructor(yard: Yard, workers: Workers, suite: string) {
    this.yard = yard;
    this.workers = workers;
    this.#suite = suite;
  }

  static async open(): Promise<GpuYard> {
    const yard = await Yard.open();
    const { repository, fake, folder, act } = yard;
    // The example brings the file that the guide gives to copy.
    if (!existsSync(join(repository.path, WORKER_FILE))) {
      throw new Error(`The example has no ${WORKER_FILE}`);
    }
    await copyFile(join(import.meta.dirname, 'train-slowly.py'), join(repository.path, 'train-slowly.py'));
    repository.commit('A slow training');
    yard.publishMain();
    const workers = new Workers({ fake, act, repository: repository.path, folder, labels: ['gpu'] });
    return new GpuYard(yard, workers, await copySuite(join(folder, 'suite')));
  }

  /** Opens a pull request of this repository, with its branch. */
  openPullRequest(branch: string): Change & { readonly branch: string } {
    const change = this.yard.openPullRequest(branch, { epochs: 15 });
    this.yard.fake.world.refs.set(`refs/heads/${branch}`, change.head);
    return { ...change, branch };
  }

  /** Starts train-model in a job of a pull request's workflow, as a process of its own. */
  async start(
    change: Change & { readonly branch: string },
    inputs: Readonly<Record<string, string>>,
    options: { readonly runId?: number; readonly attempt?: number } = {},
  ): Promise<StartedStep & { readonly post: (outcome: StepOutcome) => Promise<StepOutcome> }> {
    const { fake, repository, folder } = this.yard;
    this.#steps += 1;
    const machine = join(folder, `dispatcher-${this.#steps}`);
    await mkdir(machine, { recursive: true });
    repository.git('checkout', '--quiet', '--detach', change.merge);
    const workspace = repository.clone(join(machine, 'workspace'));
    const event = this.yard.pullRequestEvent(change);
    const token = fake.token({
      permissions: {
        actions: 'write',
        contents: 'read',
        'pull-requests': 'write',
        statuses: 'write',
      },
    });
    const environment = await fake.environment({
      directory: join(machine, 'unused'),
      workspace,
      event: event.event,
      payload: event.payload,
      ref: event.ref,
      sha: change.merge,
      headSha: change.head,
      workflow: 'pull-request',
      job: 'train',
      ...(options.runId === undefined ? {} : { runId: options.runId }),
      ...(options.attempt === undefined ? {} : { runAttempt: options.attempt }),
    });
    const step = {
      action: 'train-model',
      inputs: { engine: 'github', 'runs-on': 'gpu', ...inputs },
      workspace,
      temp: join(machine, 'temp'),
      environment: {
        ...environment,
        GITHUB_HEAD_REF: change.branch,
        GITHUB_BASE_REF: 'main',
        XDG_CACHE_HOME: join(dirname(workspace), 'cache'),
      },
      expressions: { 'github.token': token, 'toJSON(matrix)': 'null' },
      suite: this.#suite,
    } as const;
    const started = await startStep(step);
    return {
      ...started,
      post: ({ state }) => runStep({ ...step, phase: 'post', state }),
    };
  }

  /** What a failed test should show: what the step said, and what act said of all runs. */
  told({ stdout, stderr }: StepOutcome): string {
    const said = `${stdout}\n${stderr}`.split('\n').filter((line) => !line.startsWith('::debug::'));
    return [...said, this.transcript].join('\n');
  }

  /** What act said of all runs that were dispatched. */
  get transcript(): string {
    return [...this.workers.transcripts].map(([id, text]) => `run ${id}\n${text}`).join('\n');
  }

  /** The runs that were dispatched, oldest first. */
  get runs(): WorkflowRun[] {
    return this.yard.fake.world.runs.filter(({ event }) => event === 'workflow_dispatch');
  }

  /** The files of a run's newest artifact whose name matches. */
  filesOf(runId: number, name: RegExp): ReadonlyMap<string, Buffer> {
    const { world, blobs } = this.yard.fake;
    const found = world.artifacts.findLast(
      (artifact) => artifact.runId === runId && artifact.finalized && name.test(artifact.name),
    );
    const content = found === undefined ? undefined : blobs.content(found.blob);
    if (content === undefined) {
      const names = world.artifacts.filter((artifact) => artifact.runId === runId).map((one) => one.name);
      throw new Error(`Run ${runId} has no artifact ${String(name)}, only ${names.join(', ')}`);
    }
    return unzip(content);
  }

  /** The newest training section that a run kept. */
  trainingOf(runId: number): SectionOf<'training'> {
    const [text] = this.filesOf(runId, /^trainyard\.[a-z-]+\.training\./).values();
    const section = parseSection(String(text), `run ${runId}`);
    if (section.kind !== 'training') throw new Error(`${section.kind} is no training`);
    return section;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.workers[Symbol.asyncDispose]();
    } finally {
      await this.yard[Symbol.asyncDispose]();
    }
  }
}

/** Whether the checkout has a worker workflow and the file of the example that calls it. */
export const WORKER_EXISTS =
  existsSync(join(ROOT, 'examples/digits', WORKER_FILE)) &&
  existsSync(join(ROOT, '.github/workflows/train-worker.yml'));

const UNZIP =
  'import base64, io, json, sys, zipfile; z = zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())); ' +
  'print(json.dumps({n: base64.b64encode(z.read(n)).decode() for n in z.namelist()}))';

function unzip(content: Buffer): ReadonlyMap<string, Buffer> {
  const text = execFileSync('python3', ['-c', UNZIP], { input: content, maxBuffer: 256 * 1024 * 1024 });
  const files = z.record(z.string(), z.string()).parse(JSON.parse(text.toString()));
  return new Map(Object.entries(files).map(([name, base64]) => [name, Buffer.from(base64, 'base64')]));
}
