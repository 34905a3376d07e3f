import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as deploy from '../actions/deploy-endpoint/src/inputs.ts';
import { action as deployAction } from '../actions/deploy-endpoint/src/main.ts';
import * as gate from '../actions/evaluate-gate/src/inputs.ts';
import { action as gateAction } from '../actions/evaluate-gate/src/main.ts';
import * as publish from '../actions/publish-model/src/inputs.ts';
import { action as publishAction } from '../actions/publish-model/src/main.ts';
import * as train from '../actions/train-model/src/inputs.ts';
import { action as trainAction } from '../actions/train-model/src/main.ts';
import * as validate from '../actions/validate-data/src/inputs.ts';
import { action as validateAction } from '../actions/validate-data/src/main.ts';
import type { Action, CommonInputs } from '../shared/action/action.ts';
import { type InputReader, openInputs, variableOf } from '../shared/action/inputs.ts';
import { isExpected } from '../shared/errors.ts';
import { ACTION_NAMES, type ActionName, type Kind, KIND_OF_ACTION } from '../shared/names.ts';
import { actionFileSchema } from '../scripts/docs/action-file.ts';
import { withTables } from '../scripts/docs/readme-tables.ts';

const ROOT = resolve(import.meta.dirname, '..');

interface Contract {
  readonly INPUTS: readonly string[];
  readonly OUTPUTS: readonly string[];
  readonly readInputs: (reader: InputReader) => CommonInputs;
}
const CONTRACTS: Readonly<Record<ActionName, Contract>> = {
  'validate-data': validate,
  'train-model': train,
  'evaluate-gate': gate,
  'publish-model': publish,
  'deploy-endpoint': deploy,
};
const ACTIONS: Readonly<
  Record<ActionName, Pick<Action<Kind, CommonInputs>, 'name' | 'kind' | 'inputs' | 'outputs'>>
> = {
  'validate-data': validateAction,
  'train-model': trainAction,
  'evaluate-gate': gateAction,
  'publish-model': publishAction,
  'deploy-endpoint': deployAction,
};

/** A value that each required input accepts. */
const VALUES: Readonly<Record<string, string>> = {
  dataset: 'digits',
  model: 'digits',
  data: 'data.csv',
  command: 'python train.py',
  outputs: 'data.csv',
  files: 'data.csv',
  gate: 'gate.yaml',
  registry: 'directory:registry',
  endpoint: 'digits',
};
/** Required together with another input's default: mode `deploy` needs a registry, mode `judge` a gate file or rules. */
const REQUIRED_BY_DEFAULTS: Readonly<Partial<Record<ActionName, Readonly<Record<string, string>>>>> = {
  'evaluate-gate': { gate: 'gate.yaml' },
  'deploy-endpoint': { registry: 'directory:registry' },
};
/** Inputs that are read only where others have these values. */
const FURTHER: Readonly<Partial<Record<ActionName, Readonly<Record<string, string>>>>> = {
  'train-model': { engine: 'github', 'runs-on': 'gpu', mode: 'detach', gate: 'gate.yaml' },
};
/** Read where they are used: the closing job of a worker ends a status whatever else is wrong with its inputs. */
const READ_LATER: Readonly<Partial<Record<ActionName, readonly string[]>>> = { 'train-model': ['needs'] };
/** Read by the shell for every action (shared/action/context.ts), and by `openInputs` itself. */
const READ_BY_SHELL = ['working-directory', 'id', 'matrix', 'token', 'comment', 'status'];
const COMMON = [...READ_BY_SHELL, 'on-inconclusive'];
const SET_BY_SHELL = ['verdict', 'passed', 'report-path'];

const fileOf = (name: ActionName) =>
  actionFileSchema.parse(parse(readFileSync(join(ROOT, 'actions', name, 'action.yml'), 'utf8')));

const readme = (name: ActionName): string => readFileSync(join(ROOT, 'actions', name, 'README.md'), 'utf8');

/** The runner's environment for the inputs: what a step gives, else the default; GitHub fills its expressions. */
function variables(name: ActionName, given: Readonly<Record<string, string>>): Record<string, string> {
  const filled = (value: string): string => (value.includes('${{') ? '' : value);
  return Object.fromEntries(
    Object.entries(fileOf(name).inputs).map(([input, { default: value = '' }]) => [
      variableOf(input),
      given[input] ?? filled(value),
    ]),
  );
}

async function workspace(): Promise<{ path: string; [Symbol.asyncDispose]: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'contract-'));
  await writeFile(join(path, 'data.csv'), 'a\n1\n');
  await writeFile(join(path, 'gate.yaml'), 'version: 1\n');
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Delegates to a real reader and notes every input that is asked for. */
function watched(reader: InputReader, seen: Set<string>): InputReader {
  return new Proxy(reader, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== 'function') return member;
      return (input: string, ...rest: unknown[]): unknown => {
        seen.add(input);
        return Reflect.apply(member, target, [input, ...rest]) as unknown;
      };
    },
  });
}

describe.each(ACTION_NAMES)('%s', (name) => {
  const { INPUTS, OUTPUTS, readInputs } = CONTRACTS[name];
  const requiredInputs = () =>
    Object.entries(fileOf(name).inputs)
      .filter(([, { required }]) => required === true)
      .map(([input]) => input);
  const given = () => ({
    ...REQUIRED_BY_DEFAULTS[name],
    ...Object.fromEntries(requiredInputs().map((input) => [input, VALUES[input] ?? 'x'])),
  });

  it('has in action.yml the inputs that the code knows, in the same order', () => {
    expect(Object.keys(fileOf(name).inputs)).toEqual([...INPUTS]);
    expect(ACTIONS[name].inputs).toEqual([...INPUTS]);
    expect(INPUTS).toEqual(expect.arrayContaining(COMMON));
  });

  it('has in action.yml the outputs that the code sets', () => {
    expect(Object.keys(fileOf(name).outputs)).toEqual([...OUTPUTS]);
    expect(ACTIONS[name].outputs).toEqual([...OUTPUTS]);
    expect(OUTPUTS).toEqual(expect.arrayContaining(SET_BY_SHELL));
  });

  it('is known under its name and writes its kind of section', () => {
    expect(ACTIONS[name]).toMatchObject({ name, kind: KIND_OF_ACTION[name] });
  });

  it('writes every default, and only in action.yml where it is not required', () => {
    for (const [input, { required = false, default: value }] of Object.entries(fileOf(name).inputs)) {
      expect({ input, hasDefault: value !== undefined }).toEqual({ input, hasDefault: !required });
    }
  });

  it('reads every input', async () => {
    await using folder = await workspace();
    const seen = new Set<string>();
    for (const further of [{}, FURTHER[name] ?? {}]) {
      const values = variables(name, { ...given(), ...further });
      readInputs(watched(openInputs(INPUTS, values, folder.path), seen));
    }
    const read = new Set([...seen, ...READ_BY_SHELL, ...(READ_LATER[name] ?? [])]);
    expect([...read].sort()).toEqual([...INPUTS].sort());
  });

  it('demands exactly the inputs that action.yml calls required', async () => {
    await using folder = await workspace();
    for (const input of requiredInputs()) {
      const without = variables(name, { ...given(), [input]: '' });
      let message = 'accepted';
      try {
        readInputs(openInputs(INPUTS, without, folder.path));
      } catch (error) {
        message = isExpected(error) ? error.message : 'unexpected';
      }
      expect(message).toBe(`Input "${input}" is required and was not given.`);
    }
    const inputs = readInputs(openInputs(INPUTS, variables(name, given()), folder.path));
    expect(inputs.onInconclusive).toBe('warn');
  });

  it('describes the common inputs like the other actions do', () => {
    const [first] = ACTION_NAMES;
    for (const input of COMMON) expect(fileOf(name).inputs[input]).toEqual(fileOf(first).inputs[input]);
  });

  it('has a README with the tables of action.yml', () => {
    expect(withTables(readme(name), fileOf(name), `actions/${name}/README.md`)).toBe(readme(name));
  });

  it('names stubs that exist, and a post step exactly where the source has one', () => {
    const { main, post, 'post-if': when } = fileOf(name).runs;
    expect(main).toBe(`../../dist/${name}/index.js`);
    expect(existsSync(join(ROOT, 'actions', name, main))).toBe(true);
    const hasPost = existsSync(join(ROOT, 'actions', name, 'src/post.ts'));
    expect(post).toBe(hasPost ? `../../dist/${name}/post.js` : undefined);
    expect(when).toBe(hasPost ? 'always()' : undefined);
    if (post !== undefined) expect(existsSync(join(ROOT, 'actions', name, post))).toBe(true);
  });

  it('runs from dist, and answers an unknown input with the nearest known one', async () => {
    await using folder = await workspace();
    const wrong = { ...variables(name, given()), 'INPUT_WORKING-DIRECTRY': '.' };
    const run = promisify(execFile)(process.execPath, [join(ROOT, 'dist', name, 'index.js')], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], HOME: folder.path, ...wrong },
    });
    const failure: unknown = await run.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 2 });
    expect(failure).toHaveProperty('stderr', expect.stringMatching(/working-directry[^]*working-directory/));
  });
});

describe('dist', () => {
  it('is an ES module', async () => {
    expect(JSON.parse(await readFile(join(ROOT, 'dist/package.json'), 'utf8'))).toEqual({ type: 'module' });
  });
});
