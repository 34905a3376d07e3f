import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ACTION_NAMES } from '../../shared/names.ts';
import { ROOT } from '../harness/action-file.ts';

/** What CI would have built: another folder than dist where somebody tries what is not yet in dist. */
export const DIST = process.env['TRAINYARD_TEST_DIST'] ?? join(ROOT, 'dist');
const INSTALLED = join(ROOT, '.ci/tools/python/bin/act');

/** The path of act; undefined where it is missing. */
export function findAct(): string | undefined {
  if (existsSync(INSTALLED)) return INSTALLED;
  try {
    return execFileSync('sh', ['-c', 'command -v act'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** How the examples name the actions; the part before the @ is the repository. */
export const SUITE = 'trainyard/trainyard@v1';

const CHECKOUT = 'actions/checkout';

/** What a runner would have in place of an action of others': act cannot download it here. */
const STAND_INS: Readonly<Record<string, string>> = {
  // The Python of this test's PATH is the one that setup-python would have brought.
  'actions/setup-python': `\
name: setup-python
description: Stands in.
inputs:
  python-version: { description: Not used. }
  cache: { description: Not used. }
runs:
  using: composite
  steps:
    - run: python --version
      shell: bash
`,
};

const lineSchema = z.looseObject({
  msg: z.string().default(''),
  level: z.string().default(''),
  job: z.string().optional(),
  jobID: z.string().optional(),
  matrix: z.record(z.string(), z.unknown()).nullish(),
  step: z.string().optional(),
  stepID: z.array(z.string()).optional(),
  stage: z.string().optional(),
  jobResult: z.string().optional(),
  stepResult: z.string().optional(),
  raw_output: z.boolean().optional(),
});
export type ActLine = z.infer<typeof lineSchema>;

export interface ActOutcome {
  readonly exitCode: number | null;
  readonly lines: readonly ActLine[];
  /** The result of every job, by its name as act shows it; a leg of a matrix has a number. */
  readonly jobs: Readonly<Record<string, string>>;
  /** Everything that was shown, for a failed test. */
  readonly text: string;
}

export interface ActOptions {
  readonly act: string;
  /** The checkout, in the state that the event tests. */
  readonly repository: string;
  /** Relative to the repository. */
  readonly workflow: string;
  readonly event: string;
  readonly payload: unknown;
  /** A folder of this run's own: it plays the fresh machine. */
  readonly machine: string;
  /** What steps see beside what act itself sets; also `GITHUB_…`, which act turns into the context. */
  readonly environment: Readonly<Record<string, string>>;
  readonly token: string;
  /** Labels that a runner of this machine has, beside `ubuntu-24.04`. */
  readonly labels?: readonly string[];
  /** Where `actions/checkout` takes commits from. Without it act plays checkout, which can only take what lies there. */
  readonly origin?: string;
  /** The reusable workflow of this suite that the workflow calls, and its text. */
  readonly called?: { readonly path: string; readonly text: string };
  /** Told of every line when it comes. */
  readonly onLine?: (line: ActLine) => void;
}

export interface StartedAct {
  readonly child: ChildProcess;
  readonly ended: Promise<ActOutcome>;
}

/** Runs one workflow under act, in host mode, with a clean environment. */
export async function runAct(options: ActOptions): Promise<ActOutcome> {
  return (await startAct(options)).ended;
}

/** Starts act on one workflow, in host mode, with a clean environment. */
export async function startAct(options: ActOptions): Promise<StartedAct> {
  const { machine, repository } = options;
  await mkdir(machine, { recursive: true });
  const event = join(machine, 'event.json');
  await writeFile(event, JSON.stringify(options.payload));
  const stand = await standIns(options);
  const args = [
    options.event,
    ...['--workflows', options.workflow],
    ...['--eventpath', event],
    ...['ubuntu-24.04', ...(options.labels ?? [])].flatMap((label) => [
      '--platform',
      `${label}=-self-hosted`,
    ]),
    ...['--secret', `GITHUB_TOKEN=${options.token}`],
    ...Object.entries(options.environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...stand.flatMap(([name, folder]) => ['--local-repository', `${name}=${folder}`]),
    ...[
      '--concurrent-jobs',
      '2',
      '--no-cache-server',
      '--use-gitignore=false',
      '--action-offline-mode',
      '--rm',
      '--json',
    ],
  ];
  const child = spawn(options.act, args, {
    cwd: repository,
    // act hands its own environment on to steps: only what a bare runner has.
    env: {
      PATH: [dirname(process.execPath), join(ROOT, '.venv/bin'), '/usr/local/bin', '/usr/bin', '/bin'].join(
        ':',
      ),
      HOME: join(machine, 'home'),
      XDG_CACHE_HOME: join(machine, 'cache'),
      LANG: 'C.UTF-8',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, ended: outcomeOf(child, options.onLine) };
}

async function outcomeOf(
  child: ChildProcess,
  onLine: ((line: ActLine) => void) | undefined,
): Promise<ActOutcome> {
  const lines: ActLine[] = [];
  const take = (stream: ChildProcess['stdout']): void => {
    let rest = '';
    const tell = (line: string): void => {
      for (const parsed of parseLine(line)) {
        lines.push(parsed);
        onLine?.(parsed);
      }
    };
    stream?.setEncoding('utf8').on('data', (part: string) => {
      const whole = (rest + part).split('\n');
      rest = whole.pop() ?? '';
      whole.forEach(tell);
    });
    stream?.on('end', () => {
      tell(rest);
    });
  };
  take(child.stdout);
  take(child.stderr);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const jobs = Object.fromEntries(
    lines.flatMap(({ job, jobResult }) =>
      job === undefined || jobResult === undefined ? [] : [[job.trim(), jobResult]],
    ),
  );
  return {
    exitCode,
    lines,
    jobs,
    text: lines.map(({ job = '', msg }) => `${job} | ${msg.trimEnd()}`).join('\n'),
  };
}

function parseLine(line: string): ActLine[] {
  if (!line.startsWith('{')) return line === '' ? [] : [lineSchema.parse({ msg: line })];
  return [lineSchema.parse(JSON.parse(line))];
}

/** Folders in place of the repositories of actions: this suite as a release would have it, and the stand-ins. */
async function standIns({
  machine,
  repository,
  workflow,
  origin,
  called,
}: ActOptions): Promise<(readonly [string, string])[]> {
  const suite = await copySuite(join(machine, 'suite'));
  const folders = [dirname(join(repository, workflow))];
  if (called !== undefined) {
    const path = join(suite, called.path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, called.text);
    folders.push(dirname(path));
  }
  const used = execFileSync('grep', ['-rhoE', 'uses: *[^ ]+@[^ ]+', ...folders], { encoding: 'utf8' });
  const names = new Set(used.split('\n').map((line) => line.replace(/^uses: */, '')));
  const texts = origin === undefined ? STAND_INS : { ...STAND_INS, [CHECKOUT]: checkoutOf(origin) };
  const others = await Promise.all(
    Object.entries(texts).flatMap(([name, text]) =>
      [...names]
        .filter((use) => use.startsWith(`${name}@`))
        .map(async (use) => {
          const folder = join(machine, name.replace('/', '-'));
          await mkdir(folder, { recursive: true });
          await writeFile(join(folder, 'action.yml'), text);
          return [use, folder] as const;
        }),
    ),
  );
  return [[SUITE, suite], ...others];
}

/** This suite as a release would have it: what it built, and its actions' files. */
export async function copySuite(folder: string): Promise<string> {
  await cp(DIST, join(folder, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  for (const name of ACTION_NAMES) {
    const file = join('actions', name, 'action.yml');
    await cp(join(ROOT, file), join(folder, file));
  }
  return folder;
}

/** actions/checkout as far as the workflows here use it: one commit, without history, from a folder's repository. */
function checkoutOf(origin: string): string {
  return `\
name: checkout
description: Stands in.
inputs:
  ref: { description: The commit or branch., default: '\${{ github.sha }}' }
  fetch-depth: { description: Not used. }
  persist-credentials: { description: Not used. }
runs:
  using: composite
  steps:
    - shell: bash
      env: { REF: '\${{ inputs.ref }}' }
      run: |
        git init --quiet .
        git fetch --quiet --depth 1 '${origin}' "$REF"
        git checkout --quiet --detach FETCH_HEAD
`;
}
