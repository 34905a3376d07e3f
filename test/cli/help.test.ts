import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ACTION_NAMES } from '../../shared/names.ts';
import { readActionFile, ROOT } from '../harness/action-file.ts';
import { runCommand } from './command.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

const trainyard = (...args: string[]) => runCommand(args, { cwd: folder });
const words = (text: string): string => text.split(/\s+/).join(' ');

describe('trainyard', () => {
  it.each([['--help'], ['help'], ['-h'], []])('lists actions and commands with %s', async (...args) => {
    const { exitCode, stdout, stderr } = await trainyard(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const name of ACTION_NAMES) {
      expect(stdout).toContain(`  ${name}\n`);
      expect(words(stdout)).toContain(words(readActionFile(name).description));
    }
    expect(stdout).toMatch(/ {2}report .*\n/);
    expect(stdout).toMatch(/ {2}reproduce <record> .*\n/);
  });

  it('tells the version of package.json', async () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
    expect(await trainyard('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each(ACTION_NAMES)('lists the inputs of %s as action.yml has them', async (name) => {
    const { exitCode, stdout } = await trainyard(name, '--help');
    expect(exitCode).toBe(0);
    for (const [input, { description, required, default: value = '' }] of Object.entries(
      readActionFile(name).inputs,
    )) {
      expect(words(stdout)).toContain(words(description));
      const remark =
        required === true
          ? '(required)'
          : value === '' || value.includes('${{')
            ? ''
            : `(default: ${value.trim().split('\n').join(', ')})`;
      expect(stdout).toContain(`  --${input}${remark === '' ? '\n' : `  ${remark}\n`}`);
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it.each([
    [['validate-dat'], '"validate-dat" is no command of trainyard.', 'Did you mean "validate-data"?'],
    [['validate-data', '--datset', 'x'], 'Unknown flag --datset', 'Did you mean "dataset"?'],
    [['evaluate-gate', '--gate'], 'Flag --gate has no value.', '--gate=<value>'],
    [['validate-data', 'digits'], '"digits" is no flag', 'Every value follows a flag'],
    [['report', '--modle', 'x'], 'Unknown flag --modle', 'Did you mean "model"?'],
    [['report'], 'has no record of this commit', 'Run an action first'],
    [['report', '--model', 'digits'], 'has no record of the model "digits"', 'Run an action first'],
  ])('ends %j with exit code 2, the reason and the remedy', async (args, message, remedy) => {
    const { exitCode, stdout, stderr } = await trainyard(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(remedy);
  });

  it('works through a link, as npm makes it for a command', async () => {
    const link = join(folder, 'trainyard');
    await symlink(join(ROOT, 'dist/cli/index.js'), link);
    const { stdout } = await promisify(execFile)(process.execPath, [link, '--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('takes no input from the environment, and is a terminal also inside a step', async () => {
    const { exitCode, stderr } = await runCommand(['evaluate-gate', '--model', 'digits'], {
      cwd: folder,
      environment: { INPUT_GATE: 'gate.yaml', INPUT_SURPRISE: '1', GITHUB_ACTIONS: 'true' },
    });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Neither input "gate" nor input "rules" is given');
    expect(stderr).not.toContain('::error');
  });
});
