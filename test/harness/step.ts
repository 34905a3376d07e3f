import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { variableOf } from '../../shared/action/inputs.ts';
import type { ActionName } from '../../shared/names.ts';
import { readActionFile, ROOT } from './action-file.ts';

export interface StepOptions {
  readonly action: ActionName;
  /** As under `with:`; the defaults of action.yml fill the rest, as the runner does. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** GITHUB_WORKSPACE and the folder that the step starts in. */
  readonly workspace: string;
  /** RUNNER_TEMP; shared by the steps of one job. */
  readonly temp: string;
  /** Beyond what every runner sets; nothing of this process leaks in but PATH and HOME. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Contexts that `${{ … }}` defaults of action.yml may use. */
  readonly expressions?: Readonly<Record<string, string>>;
  /** `STATE_*` of the main step, for its post step. */
  readonly state?: Readonly<Record<string, string>>;
  readonly phase?: 'main' | 'post';
  /** A copy of the suite whose dist is run; by default this checkout. */
  readonly suite?: string;
}

export interface StepOutcome {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
}

export interface StartedStep {
  readonly child: ChildProcess;
  readonly ended: Promise<StepOutcome>;
}

/** Starts the built action as the runner does: a child process of dist with files for outputs, state and summary. */
export async function startStep(options: StepOptions): Promise<StartedStep> {
  const file = readActionFile(options.action);
  const entry = options.phase === 'post' ? file.runs.post : file.runs.main;
  if (entry === undefined) throw new Error(`${options.action} has no ${options.phase ?? 'main'} entry`);
  const folder = join(options.temp, `_step_${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  const files = {
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STATE: join(folder, 'state'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
    GITHUB_ENV: join(folder, 'env'),
    GITHUB_PATH: join(folder, 'path'),
  };
  await Promise.all(Object.values(files).map((path) => writeFile(path, '')));
  const inputs = { ...defaultsOf(file.inputs, options.expressions ?? {}), ...options.inputs };
  const child = spawn(process.execPath, [resolve(options.suite ?? ROOT, 'actions', options.action, entry)], {
    cwd: options.workspace,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_WORKSPACE: options.workspace,
      RUNNER_TEMP: options.temp,
      ...options.environment,
      ...files,
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [variableOf(name), value])),
      ...Object.fromEntries(
        Object.entries(options.state ?? {}).map(([name, value]) => [`STATE_${name}`, value]),
      ),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, ended: outcomeOf(child, files) };
}

/** Runs a step to its end. */
export async function runStep(options: StepOptions): Promise<StepOutcome> {
  return (await startStep(options)).ended;
}

function defaultsOf(
  inputs: Readonly<Record<string, { default?: string | undefined }>>,
  expressions: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { default: value = '' }]) => [
      name,
      value.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => expressions[expression] ?? ''),
    ]),
  );
}

async function outcomeOf(
  child: ChildProcess,
  files: { GITHUB_OUTPUT: string; GITHUB_STATE: string; GITHUB_STEP_SUMMARY: string },
): Promise<StepOutcome> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return {
    exitCode,
    signal,
    stdout,
    stderr,
    outputs: parseCommandFile(await readFile(files.GITHUB_OUTPUT, 'utf8')),
    state: parseCommandFile(await readFile(files.GITHUB_STATE, 'utf8')),
    summary: existsSync(files.GITHUB_STEP_SUMMARY) ? await readFile(files.GITHUB_STEP_SUMMARY, 'utf8') : '',
  };
}

/** Reads the runner's command files: `name=value` lines and `name<<delimiter` blocks. */
export function parseCommandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const block = /^([^=]+?)<<(.+)$/.exec(line);
    if (block !== null) {
      const [, name = '', delimiter = ''] = block;
      const end = lines.indexOf(delimiter, index + 1);
      if (end === -1) throw new Error(`The block of "${name}" has no end`);
      values[name] = lines.slice(index + 1, end).join('\n');
      index = end;
    } else if (line.includes('=')) {
      values[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    }
  }
  return values;
}
