import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ACTION_NAMES } from '../../shared/names.ts';
import { ROOT } from '../harness/action-file.ts';

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
}

/** Runs one workflow under act, in host mode, with a clean environment. */
export async function runAct(options: ActOptions): Promise<ActOutcome> {
  const { machine, repository } = options;
  await mkdir(machine, { recursive: true });
  const event = join(machine, 'event.json');
  await writeFile(event, JSON.stringify(options.payload));
  const stand = await standIns(machine, repository, options.workflow);
  const args = [
    options.event,
    ...['--workflows', options.workflow],
    ...['--eventpath', event],
    ...['--platform', 'ubuntu-24.04=-self-hosted'],
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
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const lines = text.split('\n').flatMap((line) => parseLine(line));
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
async function standIns(
  machine: string,
  repository: string,
  workflow: string,
): Promise<(readonly [string, string])[]> {
  const suite = join(machine, 'suite');
  await cp(join(ROOT, 'dist'), join(suite, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(suite, 'package.json'));
  for (const name of ACTION_NAMES) {
    const file = join('actions', name, 'action.yml');
    await cp(join(ROOT, file), join(suite, file));
  }
  const used = execFileSync('grep', ['-rhoE', 'uses: *[^ ]+@[^ ]+', dirname(join(repository, workflow))], {
    encoding: 'utf8',
  });
  const names = new Set(used.split('\n').map((line) => line.replace(/^uses: */, '')));
  const others = await Promise.all(
    Object.entries(STAND_INS).flatMap(([name, text]) =>
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
