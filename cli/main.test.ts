import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ACTION_NAMES } from '../shared/names.ts';
import { sectionsOf } from './commands/report.ts';
import { runCommandLine } from './main.ts';
import { findSuite } from './suite.ts';
import { parseSection } from '../shared/record/section.ts';

const ROOT = join(import.meta.dirname, '..');
const SCRIPT = join(ROOT, 'cli/index.ts');
const before = process.cwd();
let folder = '';

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'cli-')));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(before);
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

/** Runs the command in this process, and keeps what it writes. */
async function trainyard(...args: string[]): Promise<{ exitCode: unknown; stdout: string; stderr: string }> {
  const shown = { stdout: '', stderr: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    shown.stdout += String(text);
    return true;
  });
  const errors = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    shown.stderr += String(text);
    return true;
  });
  try {
    await runCommandLine(['node', SCRIPT, ...args]);
  } finally {
    out.mockRestore();
    errors.mockRestore();
  }
  return { exitCode: process.exitCode ?? 0, ...shown };
}

describe('runCommandLine', () => {
  it.each([['--help'], ['-h'], ['help'], []])('shows the help of all with %s', async (...args) => {
    const { exitCode, stdout, stderr } = await trainyard(...args);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const name of [...ACTION_NAMES, 'report', 'explain', 'reproduce', 'stop'])
      expect(stdout).toContain(`\n  ${name}`);
  });

  it('shows the help of an action and of a command', async () => {
    expect((await trainyard('publish-model', '--help')).stdout).toContain(
      '  --alias  (default: candidate)\n',
    );
    expect((await trainyard('publish-model', '-h')).stdout).not.toContain('${{');
    expect((await trainyard('stop', '--help')).stdout).toMatch(
      /Usage: trainyard stop \[--endpoint <name>\]\n$/,
    );
  });

  it('shows the version', async () => {
    expect((await trainyard('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [['publsh-model'], 'Did you mean "publish-model"?'],
    [['publish-model', '--alais', 'x'], 'Did you mean "alias"?'],
    [['publish-model', '--alias', 'a\0b'], 'zero byte'],
    [['report'], 'has no record'],
    [['report', '--model', 'digits'], 'no record of the model "digits"'],
    [['report', '--working-directory', '..'], 'outside the workspace'],
    [['explain'], 'no record of checked data'],
    [['explain', '--dataset', 'digits'], 'no record of checked data of the dataset "digits"'],
    [['explain', '--encoding', 'ebcdic'], 'Accepted: utf-8, utf-16, latin-1.'],
    [['stop', '--endpoint', 'A'], 'Input "endpoint" is "A"'],
  ])('ends %j with exit code 2', async (args, message) => {
    const { exitCode, stderr } = await trainyard(...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  it('runs on the Node 24 of the set-up where the machine has an older one', async () => {
    expect(existsSync(join(ROOT, 'node_modules/.bin/node'))).toBe(true);
    await runCommandLine(['node', SCRIPT, 'stop', '--endpoint', 'A'], '20.20.2');
    // Its output is the terminal's, not this process's.
    expect(process.exitCode).toBe(2);
  });

  it('ends endpoints, of which there are none', async () => {
    expect(await trainyard('stop')).toEqual({ exitCode: 0, stdout: '', stderr: 'No endpoint is serving.\n' });
  });

  it('runs an action, and then shows and explains its record', async () => {
    await writeFile(join(folder, 'fruit.csv'), 'kind\napple\n');
    vi.stubEnv('GITHUB_ACTIONS', 'true');
    vi.stubEnv('INPUT_SURPRISE', 'x');
    const { exitCode } = await trainyard('validate-data', '--dataset', 'fruit', '--data', 'fruit.csv');
    vi.unstubAllEnvs();
    expect(exitCode).toBe(3);
    process.exitCode = undefined;

    expect(await trainyard('report')).toEqual({
      exitCode: 0,
      stdout: `${join(folder, 'report.html')}\n`,
      stderr: '',
    });
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain('fruit');
    expect((await trainyard('report', '--comment')).stdout).toContain('fruit');
    expect((await trainyard('explain')).stdout).toContain('fruit: no check failed.');

    const path = join(folder, '.trainyard/fruit/data.json');
    const data = parseSection(await readFile(path, 'utf8'), path);
    const training = { ...data, kind: 'training', subject: 'sorter', body: null } as const;
    const names = (...sections: Parameters<typeof sectionsOf>[0]): string[] =>
      sections.map(({ subject }) => subject);
    expect(names(...sectionsOf([data, training], undefined))).toEqual(['fruit', 'sorter']);
    expect(names(...sectionsOf([data, training], 'sorter'))).toEqual(['fruit', 'sorter']);
    expect(names(...sectionsOf([data, { ...training, dataset: 'fruit' }], 'sorter'))).toEqual([
      'fruit',
      'sorter',
    ]);
    expect(names(...sectionsOf([data, { ...training, dataset: 'nuts' }], 'sorter'))).toEqual(['sorter']);
    expect(sectionsOf([data], 'sorter')).toEqual([]);
  });
});

describe('findSuite', () => {
  it('finds the actions through a link', async () => {
    await symlink(SCRIPT, join(folder, 'trainyard'));
    expect(join(await findSuite(join(folder, 'trainyard')), '.')).toBe(join(ROOT, '.'));
  });

  it('says what is wrong where the actions are not beside it', async () => {
    const script = join(folder, 'dist/cli/index.js');
    await mkdir(dirname(script), { recursive: true });
    await copyFile(SCRIPT, script);
    await expect(findSuite(script)).rejects.toThrow(
      `No folder above ${script} holds the actions of Trainyard.`,
    );
  });
});
