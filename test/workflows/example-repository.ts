import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ROOT } from '../harness/action-file.ts';

const EXAMPLE = join(ROOT, 'examples/digits');
/** Generated or personal; a user does not commit them either. */
const NOT_COMMITTED = new Set(['data', 'out', '.trainyard', 'registry', 'report.html', '__pycache__']);

/** A Git repository made of the example, as a user would have it. */
export class ExampleRepository {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes the repository, with one commit on main. */
  static async create(path: string): Promise<ExampleRepository> {
    await mkdir(dirname(path), { recursive: true });
    await cp(EXAMPLE, path, {
      recursive: true,
      filter: (source) => !NOT_COMMITTED.has(source.slice(EXAMPLE.length + 1).split('/')[0] ?? ''),
    });
    const repository = new ExampleRepository(path);
    repository.git('init', '--quiet', '--initial-branch=main');
    repository.commit('The digits');
    return repository;
  }

  git(...args: string[]): string {
    const identity = [
      '-c',
      'user.name=Ada',
      '-c',
      'user.email=ada@example.org',
      '-c',
      'commit.gpgsign=false',
    ];
    return execFileSync('git', [...identity, ...args], {
      cwd: this.path,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: this.path, GIT_CONFIG_NOSYSTEM: '1' },
    }).trim();
  }

  commit(message: string): string {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Changes the training's parameters. */
  setParameters(change: Readonly<Record<string, unknown>>): void {
    const path = join(this.path, 'parameters.json');
    const parameters: unknown = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, `${JSON.stringify({ ...(parameters as object), ...change }, null, 2)}\n`);
  }

  /** A topic branch of main with that change, and the merge commit that GitHub would test. Leaves the merge checked out. */
  pullRequest(
    branch: string,
    change: Readonly<Record<string, unknown>>,
  ): { base: string; head: string; merge: string } {
    this.git('checkout', '--quiet', '-B', branch, 'main');
    this.setParameters(change);
    const head = this.commit(branch);
    const base = this.git('rev-parse', 'main');
    this.git('checkout', '--quiet', '--detach', 'main');
    this.git('merge', '--quiet', '--no-ff', '--message', `Merge ${head} into ${base}`, head);
    return { base, head, merge: this.git('rev-parse', 'HEAD') };
  }

  /** Merges a topic branch into main. */
  merge(branch: string): string {
    this.git('checkout', '--quiet', 'main');
    this.git('merge', '--quiet', '--no-ff', '--message', `Merge ${branch}`, branch);
    return this.git('rev-parse', 'HEAD');
  }

  /** A clone in an empty folder, at the commit that is checked out here: what a fresh machine has. */
  clone(path: string): string {
    const commit = this.git('rev-parse', 'HEAD');
    const quietly = { stdio: 'pipe' } as const;
    execFileSync('git', ['clone', '--quiet', '--no-checkout', '--no-hardlinks', this.path, path], quietly);
    execFileSync('git', ['-C', path, 'checkout', '--quiet', '--detach', commit], quietly);
    return path;
  }
}
