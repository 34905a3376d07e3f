import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { FakeGitHub } from '../github/fake-github.ts';
import { finishRun } from '../github/runs.ts';
import { labelsOfJob } from '../github/workflow-file.ts';
import {
  type Dispatch,
  type Permissions,
  SCOPES,
  type WorkflowHost,
  type WorkflowRun,
} from '../github/world.ts';
import { type StartedAct, startAct } from '../workflows/act.ts';
import { bringNativeParts } from '../workflows/yard.ts';
import { Feed } from './feed.ts';
import { killTree, signal, treeOf } from './process-tree.ts';
import { CALLED, onlyClosing, readCalled, readWorker } from './worker-file.ts';

const HOSTED = ['ubuntu-24.04', 'ubuntu-latest'];
/** How long GitHub's runner leaves a step after SIGINT, and after SIGTERM (facts: cancel). */
const INTERRUPTED_MS = 7_500;
const TERMINATED_MS = 2_500;

interface Going {
  readonly run: WorkflowRun;
  readonly feed: Feed;
  act: StartedAct | undefined;
  /** Why act was ended before its time; the closing job then runs alone. */
  broken: 'cancelled' | 'failure' | undefined;
  force: boolean;
}

/**
 * The machines behind the fake GitHub: runs each dispatched run under act in host mode, in a fresh clone, with the
 * real worker workflow of this checkout (act finds it, like the actions, through --local-repository), and feeds back
 * what became of it.
 */
export class Workers implements WorkflowHost, AsyncDisposable {
  readonly #fake: FakeGitHub;
  readonly #act: string;
  readonly #repository: string;
  readonly #folder: string;
  readonly #labels: readonly string[];
  readonly #called: string;
  readonly #going = new Map<number, Going>();
  readonly #ends = new Map<number, Promise<void>>();
  /** Everything that act said, by run: for a test that fails. */
  readonly transcripts = new Map<number, string>();
  #machines = 0;

  constructor(options: {
    readonly fake: FakeGitHub;
    readonly act: string;
    /** The repository that GitHub hosts. */
    readonly repository: string;
    /** For the machines. */
    readonly folder: string;
    /** Labels of the self-hosted runners. A job that asks for another waits. */
    readonly labels: readonly string[];
    /** In place of this checkout's worker workflow. */
    readonly called?: string;
  }) {
    this.#fake = options.fake;
    this.#act = options.act;
    this.#repository = options.repository;
    this.#folder = options.folder;
    this.#labels = options.labels;
    this.#called = options.called ?? readCalled();
    this.#fake.world.host = this;
  }

  start(run: WorkflowRun, dispatch: Dispatch): void {
    const wanted = labelsOfJob(dispatch.inputs) ?? [];
    if (!wanted.every((label) => [...HOSTED, ...this.#labels].includes(label))) return;
    const end = this.#run(run, dispatch).catch((error: unknown) => {
      this.transcripts.set(run.id, `${this.transcripts.get(run.id) ?? ''}\n${String(error)}`);
      finishRun(this.#fake.world, run.id, 'startup_failure');
    });
    this.#ends.set(run.id, end);
  }

  /** A run that ended, or that nothing runs, ends at once; a running one is left what GitHub leaves it. */
  cancel(run: WorkflowRun, force: boolean): void {
    const going = this.#going.get(run.id);
    if (going === undefined) {
      finishRun(this.#fake.world, run.id, 'cancelled');
      return;
    }
    going.force ||= force;
    going.broken ??= 'cancelled';
    void this.#interrupt(going);
  }

  /** Kills a run's machine in the middle of what it does. Only its closing job, which runs elsewhere, goes on. */
  kill(runId: number): void {
    const going = this.#going.get(runId);
    const pid = going?.act?.child.pid;
    if (going === undefined || pid === undefined) throw new Error(`Run ${runId} is not running`);
    going.broken = 'failure';
    killTree(pid);
  }

  /** Processes of a run's machine. */
  processes(runId: number): { readonly pid: number; readonly command: string }[] {
    const pid = this.#going.get(runId)?.act?.child.pid;
    return pid === undefined ? [] : treeOf(pid);
  }

  /** Resolves when a run and all that it dispatched on its way have ended. */
  async idle(): Promise<void> {
    for (let seen = -1; seen !== this.#ends.size;) {
      seen = this.#ends.size;
      await Promise.all(this.#ends.values());
    }
  }

  async #run(run: WorkflowRun, dispatch: Dispatch): Promise<void> {
    const caller = execFileSync('git', ['-C', this.#repository, 'show', `${run.headSha}:${run.path}`], {
      encoding: 'utf8',
    });
    const { jobs, permissions } = readWorker(caller, this.#called);
    const asked = labelsOfJob(dispatch.inputs) ?? HOSTED;
    const feed = new Feed(
      this.#fake.world,
      run.id,
      new Map(
        [...jobs].map(([id, job]) => [
          id,
          {
            name: job.name,
            labels: job.labels ?? asked,
            runner: job.labels === undefined ? `gpu-${run.id}` : `GitHub Actions ${run.id}`,
          },
        ]),
      ),
    );
    const going: Going = { run, feed, act: undefined, broken: undefined, force: false };
    this.#going.set(run.id, going);
    this.#fake.world.run({ id: run.id, status: 'in_progress' });
    // The token may what the ten lines of the user permit, no more.
    const token = this.#fake.token({ permissions: permissionsOf(permissions) });
    try {
      await this.#play(going, dispatch, token, this.#called);
      const { broken, force } = going;
      if (broken !== undefined) {
        feed.end('train', broken);
        if (!force && !feed.results.has('close'))
          await this.#play(going, dispatch, token, onlyClosing(this.#called, broken));
      }
    } finally {
      this.#going.delete(run.id);
    }
    const results = [...feed.results.values()];
    const failed = results.length === 0 || results.includes('failure');
    finishRun(
      this.#fake.world,
      run.id,
      going.broken === 'cancelled' ? 'cancelled' : failed ? 'failure' : 'success',
    );
  }

  /** Runs act once on a fresh machine. */
  async #play(going: Going, dispatch: Dispatch, token: string, called: string): Promise<void> {
    const { run, feed } = going;
    this.#machines += 1;
    const machine = join(this.#folder, `worker-${this.#machines}`);
    const clone = join(machine, 'clone');
    const quietly = { stdio: 'pipe' } as const;
    execFileSync('git', ['clone', '--quiet', '--no-checkout', this.#repository, clone], quietly);
    execFileSync('git', ['-C', clone, 'checkout', '--quiet', '--detach', run.headSha], quietly);
    await bringNativeParts(machine);
    const set = await this.#fake.environment({
      directory: join(machine, 'unused'),
      workspace: clone,
      event: 'workflow_dispatch',
      runId: run.id,
      runAttempt: run.attempt,
    });
    const names = Object.keys(set).filter((name) =>
      /^(ACTIONS_|GITHUB_(REPOSITORY$|RUN_|API_URL|GRAPHQL_URL|SERVER_URL))/.test(name),
    );
    // Of a second go, only the closing job is new.
    const before = new Set(feed.results.keys());
    const act = await startAct({
      act: this.#act,
      repository: clone,
      workflow: run.path,
      event: 'workflow_dispatch',
      payload: {
        inputs: dispatch.inputs,
        ref: `refs/heads/${dispatch.ref}`,
        repository: { full_name: this.#fake.repository, default_branch: 'main' },
        sender: { login: dispatch.login },
      },
      machine,
      environment: {
        ...Object.fromEntries(names.map((name) => [name, set[name] ?? ''])),
        GITHUB_REF: `refs/heads/${dispatch.ref}`,
        GITHUB_ACTOR: dispatch.login,
        GITHUB_WORKFLOW_REF: `${this.#fake.repository}/${run.path}@refs/heads/${dispatch.ref}`,
        RUNNER_ENVIRONMENT: 'self-hosted',
        RUNNER_NAME: `gpu-${run.id}`,
      },
      token,
      labels: [...this.#labels, ...HOSTED],
      origin: this.#repository,
      called: { path: CALLED, text: called },
      onLine: (line) => {
        if (before.has(line.jobID ?? '')) return;
        const ended = line.jobID === 'train' && line.jobResult !== undefined;
        const { broken } = going;
        if (!ended || broken === undefined) {
          feed.take(line);
          return;
        }
        // act would go on as if the job had failed by itself, and has no word for "cancelled".
        feed.end('train', broken);
        const pid = going.act?.child.pid;
        if (pid !== undefined) killTree(pid);
      },
    });
    going.act = act;
    if (going.broken !== undefined && before.size === 0) void this.#interrupt(going);
    const { text } = await act.ended;
    this.transcripts.set(run.id, `${this.transcripts.get(run.id) ?? ''}${text}\n`);
  }

  /** What GitHub's runner does to the step that trains: only the process of the action gets signals. */
  async #interrupt(going: Going): Promise<void> {
    const pid = going.act?.child.pid;
    if (pid === undefined) return;
    const find = (): number | undefined =>
      treeOf(pid).find(({ command }) => command.includes('/dist/train-model/index.js'))?.pid;
    const step = find();
    if (going.force || step === undefined) {
      killTree(pid);
      return;
    }
    signal(step, 'SIGINT');
    await sleep(INTERRUPTED_MS, undefined, { ref: false });
    if (find() !== step) return;
    signal(step, 'SIGTERM');
    await sleep(TERMINATED_MS, undefined, { ref: false });
    if (find() === step) killTree(step);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fake.world.host = undefined;
    for (const going of this.#going.values()) {
      going.force = true;
      going.broken ??= 'failure';
      const pid = going.act?.child.pid;
      if (pid !== undefined) killTree(pid);
    }
    await this.idle();
  }
}

/** As the fake knows them; it has no other scopes than it has operations. */
function permissionsOf(given: Readonly<Record<string, 'none' | 'read' | 'write'>>): Permissions {
  return Object.fromEntries(
    SCOPES.flatMap((scope) => {
      const access = given[scope];
      return access === undefined ? [] : [[scope, access]];
    }),
  );
}
