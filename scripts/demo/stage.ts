import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Kind } from '../../shared/names.ts';
import { parseSection, type Section, type SectionOf } from '../../shared/record/section.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/digits');
const COMMAND = join(ROOT, 'dist/cli/index.js');
/** What a run of the example by hand may have left; the demo makes its own. */
const NOT_COPIED = new Set(['data', 'out', '.trainyard', 'registry', 'report.html', '__pycache__']);

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly durationMs: number;
}

/** A fresh Git repository made of the example, and the built command to be run in it. */
export class Stage {
  readonly folder = join(EXAMPLE, 'out/demo');
  readonly #environment: NodeJS.ProcessEnv;
  #programs = 0;

  constructor() {
    const python = join(ROOT, '.venv', process.platform === 'win32' ? 'Scripts' : 'bin');
    this.#environment = {
      ...process.env,
      PATH: `${python}${delimiter}${process.env['PATH'] ?? ''}`,
      // Who commits does not matter here, and must not depend on whose machine it is.
      GIT_CONFIG_GLOBAL: join(this.folder, '.git/demo-config'),
      GIT_CONFIG_NOSYSTEM: '1',
    };
  }

  /** Makes the repository; one that an earlier demo left is ended and removed. */
  async open(): Promise<void> {
    if (existsSync(this.folder)) {
      await this.trainyard('stop');
      await rm(this.folder, { recursive: true });
    }
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(EXAMPLE)) {
      if (!NOT_COPIED.has(name)) await cp(join(EXAMPLE, name), join(this.folder, name), { recursive: true });
    }
    this.#git('init', '--quiet', '--initial-branch=main');
    const identity = '[user]\n\tname = Demo\n\temail = demo@example.org\n[commit]\n\tgpgsign = false\n';
    await writeFile(join(this.folder, '.git/demo-config'), identity);
    await mkdir(join(this.folder, 'out'));
  }

  #git(...args: string[]): void {
    execFileSync('git', args, { cwd: this.folder, env: this.#environment, stdio: 'pipe' });
  }

  /** Commits everything that is not ignored. */
  commit(message: string): void {
    this.#git('add', '--all');
    this.#git('commit', '--quiet', '--allow-empty', '--message', message);
  }

  /** Changes the training's parameters, as a pull request would. */
  async setParameters(change: Readonly<Record<string, unknown>>): Promise<void> {
    const path = join(this.folder, 'parameters.json');
    const known = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(path, 'utf8')));
    await writeFile(path, `${JSON.stringify({ ...known, ...change }, null, 2)}\n`);
  }

  /** Runs a program to its end; what it shows is kept in a file of its own. */
  async run(program: string, args: readonly string[]): Promise<Ended> {
    const start = performance.now();
    const child = spawn(program, args, {
      cwd: this.folder,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#programs += 1;
    const name = [this.#programs, ...args.filter((word) => /^[a-z-]+$/.test(word)).slice(0, 1)].join('-');
    await mkdir(join(this.folder, 'out'), { recursive: true });
    const log = createWriteStream(join(this.folder, 'out', `${name}.log`));
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      log.write(text);
    });
    child.stderr.pipe(log, { end: false });
    const [exitCode] = z.tuple([z.number().nullable(), z.unknown()]).parse(await once(child, 'close'));
    log.end();
    return { exitCode, stdout, durationMs: performance.now() - start };
  }

  /** Runs the built command. */
  trainyard(...args: string[]): Promise<Ended> {
    return this.run(process.execPath, [COMMAND, ...args]);
  }

  /** The section that an action left on disk. */
  async section<K extends Kind>(kind: K): Promise<SectionOf<K>> {
    const path = join(this.folder, '.trainyard/digits', `${kind}.json`);
    const section = parseSection(await readFile(path, 'utf8'), path);
    if (!isOfKind(section, kind)) throw new Error(`${path} is of kind ${section.kind}.`);
    return section;
  }
}

function isOfKind<K extends Kind>(section: Section, kind: K): section is SectionOf<K> {
  return section.kind === kind;
}
