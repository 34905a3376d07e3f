import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { type ActOutcome, findAct, runAct } from './act.ts';
import { ExampleRepository } from './example-repository.ts';

export interface RunOptions {
  readonly workflow: string;
  readonly event: string;
  readonly payload: unknown;
  readonly ref: string;
  /** The commit that verdicts are attached to. */
  readonly headSha: string;
  /** Of a run that is run again. */
  readonly runId?: number;
  readonly runNumber?: number;
  readonly attempt?: number;
}

export interface Change {
  readonly number: number;
  readonly base: string;
  readonly head: string;
  readonly merge: string;
}

/** A repository made of the example, a fake GitHub that hosts it, and machines that run its workflows. */
export class Yard implements AsyncDisposable {
  readonly folder: string;
  readonly act: string;
  readonly fake: FakeGitHub;
  readonly repository: ExampleRepository;
  #machines = 0;

  private constructor(folder: string, act: string, fake: FakeGitHub, repository: ExampleRepository) {
    this.folder = folder;
    this.act = act;
    this.fake = fake;
    this.repository = repository;
  }

  static async open(): Promise<Yard> {
    const act = findAct();
    if (act === undefined) throw new Error('act is missing; .ci/run installs it');
    const folder = await mkdtemp(join(tmpdir(), 'yard-'));
    const repository = await ExampleRepository.create(join(folder, 'repository'));
    const fake = await startFakeGitHub({ repository: 'acme/digits' });
    fake.world.git.attach(repository.path);
    const yard = new Yard(folder, act, fake, repository);
    yard.publishMain();
    return yard;
  }

  /** Tells GitHub where main is. */
  publishMain(): string {
    const sha = this.repository.git('rev-parse', 'main');
    this.fake.world.refs.set('refs/heads/main', sha);
    return sha;
  }

  /** Opens a pull request that changes the training's parameters. */
  openPullRequest(branch: string, parameters: Readonly<Record<string, unknown>>): Change {
    const commits = this.repository.pullRequest(branch, parameters);
    const { number } = this.fake.pullRequests.add({
      head: { sha: commits.head, ref: branch },
      base: { sha: commits.base, ref: 'main' },
    });
    return { number, ...commits };
  }

  /** The event of a pull request's push, with what the actions read of it. */
  pullRequestEvent({ number, head, base }: Change): RunOptions {
    const repo = { full_name: this.fake.repository };
    return {
      workflow: '.github/workflows/pull-request.yml',
      event: 'pull_request',
      payload: {
        action: 'synchronize',
        number,
        repository: repo,
        pull_request: {
          number,
          state: 'open',
          head: { sha: head, ref: 'topic', repo },
          base: { sha: base, ref: 'main', repo },
        },
      },
      ref: `refs/pull/${number}/merge`,
      headSha: head,
    };
  }

  pushEvent(sha: string): RunOptions {
    return {
      workflow: '.github/workflows/main.yml',
      event: 'push',
      payload: { ref: 'refs/heads/main', after: sha, repository: { full_name: this.fake.repository } },
      ref: 'refs/heads/main',
      headSha: sha,
    };
  }

  /** Runs a workflow on what is checked out, on a machine that has nothing yet, in a clone in an empty folder. */
  async run(options: RunOptions): Promise<ActOutcome> {
    this.#machines += 1;
    const machine = join(this.folder, `machine-${this.#machines}`);
    const repository = this.repository.clone(join(machine, 'clone'));
    await bringNativeParts(machine);
    const set = await this.fake.environment({
      directory: join(machine, 'unused'),
      workspace: repository,
      event: options.event,
      headSha: options.headSha,
      workflow: basename(options.workflow, '.yml'),
      ...(options.runId === undefined ? {} : { runId: options.runId }),
      ...(options.runNumber === undefined ? {} : { runNumber: options.runNumber }),
      ...(options.attempt === undefined ? {} : { runAttempt: options.attempt }),
    });
    const names = Object.keys(set).filter((name) =>
      /^(ACTIONS_|GITHUB_(REPOSITORY$|RUN_|API_URL|GRAPHQL_URL|SERVER_URL|ACTOR|WORKFLOW_REF))/.test(name),
    );
    return await runAct({
      act: this.act,
      repository,
      workflow: options.workflow,
      event: options.event,
      payload: options.payload,
      machine,
      environment: {
        ...Object.fromEntries(names.map((name) => [name, set[name] ?? ''])),
        GITHUB_REF: options.ref,
        RUNNER_ENVIRONMENT: 'github-hosted',
      },
      token: this.fake.defaultToken,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.fake[Symbol.asyncDispose]();
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }
}

/**
 * A hosted runner restores DuckDB and ONNX Runtime from GitHub's cache; what this user's cache holds stands in for it,
 * so that not every machine of a test downloads them. Where it holds nothing, the machine fetches them itself.
 */
export async function bringNativeParts(machine: string): Promise<void> {
  const own = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'trainyard');
  if (!existsSync(own)) return;
  await cp(own, join(machine, 'cache/act/tool_cache/trainyard'), { recursive: true });
}
