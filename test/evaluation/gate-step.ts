import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { variableOf } from '../../shared/action/inputs.ts';
import { type Section, sectionSchema, type SectionOf } from '../../shared/record/section.ts';
import type { FakeGitHub } from '../github/fake-github.ts';
import { readActionFile, ROOT } from '../harness/action-file.ts';

export interface GateStep {
  /** Each step gets a folder of its own in it. */
  readonly folder: string;
  /** Of the workspace. */
  readonly files: Readonly<Record<string, string>>;
  readonly event: string;
  readonly payload: unknown;
  /** GITHUB_SHA, and the run's head. */
  readonly sha: string;
  readonly ref: string;
  readonly token?: string | undefined;
  /** Beyond the defaults of action.yml. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly exitCode: number | null;
  readonly log: string;
  readonly section: SectionOf<'evaluation'>;
  /** The text of report.html. */
  readonly page: string;
}

/** Runs evaluate-gate as a step of a new run on a GitHub: a process of its own, of the sources. */
export async function runGateStep(fake: FakeGitHub, step: GateStep): Promise<Ended> {
  const directory = await mkdtemp(join(step.folder, 'job-'));
  const workspace = join(directory, 'workspace');
  await mkdir(workspace);
  for (const [path, text] of Object.entries(step.files)) await writeFile(join(workspace, path), text);
  const { event, payload, sha, ref } = step;
  const environment = await fake.environment({
    directory,
    workspace,
    event,
    payload,
    sha,
    headSha: sha,
    ref,
  });
  const defaults = Object.entries(readActionFile('evaluate-gate').inputs).map(
    ([name, { default: value = '' }]) => [name, value.startsWith('${{') ? '' : value] as const,
  );
  const given = {
    ...Object.fromEntries(defaults),
    token: step.token ?? fake.defaultToken,
    ...step.inputs,
  };
  const child = spawn(process.execPath, [join(ROOT, 'actions/evaluate-gate/src/index.ts')], {
    cwd: workspace,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...environment,
      // DuckDB was fetched and verified once; a runner has its tool cache as well.
      RUNNER_TOOL_CACHE: process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [variableOf(name), value])),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const section = await sectionIn(environment['RUNNER_TEMP'] ?? '');
  if (section === undefined) throw new Error(`The step left no section:\n${log}`);
  const output = await readFile(environment['GITHUB_OUTPUT'] ?? '', 'utf8');
  const page = /report-path<<(\S+)\n(.*)\n\1/.exec(output)?.[2] ?? '';
  return { exitCode, log, section, page: await readFile(page, 'utf8') };
}

async function sectionIn(temporary: string): Promise<SectionOf<'evaluation'> | undefined> {
  for (const entry of await readdir(temporary, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.json')) continue;
    const read = sectionSchema.safeParse(
      JSON.parse(await readFile(join(entry.parentPath, entry.name), 'utf8')),
    );
    const section: Section | undefined = read.data;
    if (section?.kind === 'evaluation') return section;
  }
  return undefined;
}
