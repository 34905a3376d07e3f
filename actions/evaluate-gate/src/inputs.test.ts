import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { openInputs, variableOf } from '../../../shared/action/inputs.ts';
import { UsageError } from '../../../shared/errors.ts';
import { type Inputs, INPUTS, readInputs } from './inputs.ts';

let workspace: string;
let defaults: Readonly<Record<string, string>>;
beforeAll(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'trainyard-inputs-')));
  await writeFile(join(workspace, 'metrics.json'), '{}');
  await writeFile(join(workspace, 'predictions.csv'), 'id\n');
  const file: unknown = parse(await readFile(resolve(import.meta.dirname, '../action.yml'), 'utf8'));
  const { inputs } = z
    .object({ inputs: z.record(z.string(), z.object({ default: z.string().default('') })) })
    .parse(file);
  // What GitHub fills in is empty here.
  const values = Object.entries(inputs).map(([name, { default: value }]) => [
    name,
    value.includes('${{') ? '' : value,
  ]);
  defaults = z.record(z.string(), z.string()).parse(Object.fromEntries(values));
});
afterAll(() => rm(workspace, { recursive: true, force: true }));

function read(given: Record<string, string>): Inputs {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries({ ...defaults, ...given })) {
    environment[variableOf(name)] = value;
  }
  return readInputs(openInputs(INPUTS, environment, workspace));
}

function refusal(given: Record<string, string>): UsageError {
  try {
    read(given);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(given)}`);
}

const NEEDS = JSON.stringify({ gate: { result: 'success', outputs: { verdict: 'pass' } } });

describe('readInputs', () => {
  it('reads a gate file with the defaults of action.yml', () => {
    expect(read({ gate: 'gate.yml' })).toMatchObject({
      mode: 'judge',
      gate: join(workspace, 'gate.yml'),
      shorthand: undefined,
      policyFrom: 'base',
      scoreCommand: undefined,
      conclude: undefined,
      onnxruntimePath: undefined,
      maxMemoryMiB: 2048,
    });
  });

  it('reads rules and what their columns are called', () => {
    const given = {
      rules: 'accuracy >= 0.8\nf1 max-regression 1%',
      'id-column': 'row',
      'score-columns': 'p0\np1\n',
      labels: 'no\nyes',
      positive: 'yes',
      'evaluation-rows': 'rows.csv',
      baseline: 'branch:main',
      'on-no-baseline': 'allow',
    };
    expect(read(given)).toMatchObject({
      gate: undefined,
      shorthand: {
        rules: 'accuracy >= 0.8\nf1 max-regression 1%',
        columns: {
          id: 'row',
          label: undefined,
          prediction: undefined,
          scores: ['p0', 'p1'],
          labels: ['no', 'yes'],
          positive: 'yes',
          rows: 'rows.csv',
        },
        baseline: 'branch:main',
        onNoBaseline: 'allow',
      },
    });
  });

  it.each([
    ['metrics alone', { metrics: 'metrics.json' }, false],
    ['metrics and a column', { metrics: 'metrics.json', 'label-column': 'y' }, true],
    ['metrics and score columns', { metrics: 'metrics.json', 'score-columns': 'p' }, true],
    ['metrics and predictions', { metrics: 'metrics.json', predictions: 'predictions.csv' }, true],
    ['neither', {}, true],
  ])('has columns with rules and %s: %#', (_, given, columns) => {
    const { shorthand } = read({ rules: 'accuracy >= 0.8', ...given });
    expect(shorthand?.columns !== undefined).toBe(columns);
  });

  it('reads what scores, and where what was found is kept', () => {
    const given = {
      gate: 'gate.yml',
      'score-command': 'python "my score.py" --fast',
      'onnxruntime-path': '/opt/ort',
    };
    expect(read(given)).toMatchObject({
      scoreCommand: ['python', 'my score.py', '--fast'],
      onnxruntimePath: '/opt/ort',
    });
    expect(read({ gate: 'gate.yml', 'score-command': '["score", "a b"]' }).scoreCommand).toEqual([
      'score',
      'a b',
    ]);
  });

  it('reads a conclusion', () => {
    expect(read({ mode: 'conclude', models: 'digits\nletters', needs: NEEDS })).toMatchObject({
      mode: 'conclude',
      gate: undefined,
      shorthand: undefined,
      conclude: {
        models: ['digits', 'letters'],
        needs: [{ job: 'gate', result: 'success', outputs: { verdict: 'pass' } }],
      },
    });
    const skipped = JSON.stringify({ a: { result: 'skipped' }, b: { result: 'cancelled', outputs: {} } });
    expect(read({ mode: 'conclude', models: 'digits', needs: skipped }).conclude?.needs).toEqual([
      { job: 'a', result: 'skipped', outputs: {} },
      { job: 'b', result: 'cancelled', outputs: {} },
    ]);
  });

  it.each([
    ['no gate and no rules', {}, 'Neither input "gate" nor input "rules" is given', '"accuracy >= 0.8"'],
    [
      'a gate and rules',
      { gate: 'gate.yml', rules: 'r2 >= 0' },
      'Both inputs "gate" and "rules" are given.',
      'Give the path',
    ],
    [
      'a column beside a gate',
      { gate: 'gate.yml', 'label-column': 'y' },
      'Input "label-column" is given beside "gate"',
      'write it into the gate file',
    ],
    [
      'a baseline beside a gate',
      { gate: 'gate.yml', baseline: 'production' },
      'Input "baseline" is given beside "gate"',
      'Leave it out',
    ],
    ['an unknown mode', { mode: 'judgement' }, 'Input "mode" is "judgement".', 'Accepted: judge, conclude.'],
    ['a command of no word', { gate: 'gate.yml', 'score-command': '[]' }, 'Input "score-command"', ''],
    [
      'models where one is judged',
      { gate: 'gate.yml', models: 'a' },
      'Input "models" is given in mode judge.',
      'Set "mode" to conclude',
    ],
    [
      'needs where one is judged',
      { gate: 'gate.yml', needs: NEEDS },
      'Input "needs" is given in mode judge.',
      'Set "mode" to conclude',
    ],
    [
      'a gate in a conclusion',
      { mode: 'conclude', gate: 'gate.yml', models: 'a', needs: NEEDS },
      'Input "gate" is given in mode conclude',
      'Leave it out',
    ],
    [
      'rules in a conclusion',
      { mode: 'conclude', rules: 'r2 >= 0', models: 'a', needs: NEEDS },
      'Input "rules" is given in mode conclude',
      'Leave it out',
    ],
    [
      'a conclusion of no models',
      { mode: 'conclude', needs: NEEDS },
      'Input "models" is required in mode conclude',
      'one a line',
    ],
    [
      'a conclusion of no jobs',
      { mode: 'conclude', models: 'a' },
      'Input "needs" is required in mode conclude',
      '${{ toJSON(needs) }}',
    ],
    [
      'a name that is none',
      { mode: 'conclude', models: 'a, b', needs: NEEDS },
      'Input "models" lists "a, b", which is no model\'s name.',
      'one name a line',
    ],
    ['a model twice', { mode: 'conclude', models: 'a\na', needs: NEEDS }, 'lists "a" twice', 'once'],
    ['needs that are no JSON', { mode: 'conclude', models: 'a', needs: '{' }, 'is no JSON', 'toJSON(needs)'],
    [
      'needs of another form',
      { mode: 'conclude', models: 'a', needs: '{"gate": {"result": "passed"}}' },
      'Input "needs" does not tell how jobs ended, at "gate.result".',
      'toJSON(needs)',
    ],
    [
      'needs that are a list',
      { mode: 'conclude', models: 'a', needs: '[]' },
      'Input "needs" does not tell how jobs ended.',
      'toJSON(needs)',
    ],
    [
      'a job that could be overlooked',
      { mode: 'conclude', models: 'a', needs: '{"__proto__": {"result": "failure"}}' },
      'Input "needs" names a job "__proto__".',
      'toJSON(needs)',
    ],
    ['needs without a job', { mode: 'conclude', models: 'a', needs: '{}' }, 'names no job', 'toJSON(needs)'],
  ])('refuses %s', (_, given, message, remedy) => {
    const error = refusal(given);
    expect(error.message).toContain(message);
    expect(error.remedy ?? '').toContain(remedy);
  });
});

describe('score-timeout-minutes', () => {
  it('is 15 by default, and at least 1', () => {
    const gate = { gate: 'gate.yml' };
    expect(read(gate).scoreTimeoutMinutes).toBe(15);
    expect(read({ ...gate, 'score-timeout-minutes': '90' }).scoreTimeoutMinutes).toBe(90);
    expect(refusal({ ...gate, 'score-timeout-minutes': '0' }).message).toContain('"score-timeout-minutes"');
    // A timer of more than 2^31 ms would end the command at once.
    expect(refusal({ ...gate, 'score-timeout-minutes': '40000' })).toMatchObject({
      message: 'Input "score-timeout-minutes" is "40000".',
      remedy: expect.stringContaining('7200') as string,
    });
  });
});

describe('max-memory-mb', () => {
  it('is bounded, as the engine takes no limit beyond any machine', () => {
    const gate = { gate: 'gate.yml' };
    expect(read({ ...gate, 'max-memory-mb': '4096' }).maxMemoryMiB).toBe(4096);
    expect(refusal({ ...gate, 'max-memory-mb': '99999999999999' })).toMatchObject({
      message: 'Input "max-memory-mb" is "99999999999999".',
      remedy: expect.stringContaining('1048576') as string,
    });
  });
});
