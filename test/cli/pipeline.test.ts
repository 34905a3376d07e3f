import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSection } from '../../shared/record/section.ts';
import { runCommand } from './command.ts';

const CONTRACT = `\
apiVersion: v3.1.0
kind: DataContract
id: fruit
name: Fruit
version: 1.0.0
status: active
schema:
  - name: fruit
    properties:
      - name: id
        logicalType: integer
        required: true
        unique: true
      - name: kind
        logicalType: string
        required: true
        quality:
          - { metric: invalidValues, arguments: { validValues: [apple, pear] }, mustBe: 0 }
`;
const PREDICTIONS = 'id,y_true,y_pred\n1,apple,apple\n2,pear,pear\n3,pear,apple\n4,apple,apple\n';
const GATE = `\
version: 1
defaults: { min-cell-size: 1 }
evaluation: { id: id, label: y_true, prediction: y_pred, labels: [apple, pear] }
rules:
  - { metric: accuracy, min: MINIMUM, test: none }
`;
/** Writes a model and metrics, as a training would; the words of the command are its arguments. */
const TRAINING = `\
import { copyFileSync, writeFileSync } from 'node:fs';
if (process.argv[2] === 'fail') process.exit(3);
writeFileSync('model.bin', 'weights');
writeFileSync('metrics.json', JSON.stringify({ accuracy: 0.75 }));
copyFileSync('predictions.source.csv', 'predictions.csv');
`;

let folder = '';
const trainyard = (...args: string[]) => runCommand(args, { cwd: folder });
const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const git = (...args: string[]): void => {
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
    cwd: folder,
    stdio: 'pipe',
  });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipeline-'));
  git('init', '--quiet', '--initial-branch=main');
  await put('contract.yaml', CONTRACT);
  await put('gate.yaml', GATE.replace('MINIMUM', '0.7'));
  await put('strict.yaml', GATE.replace('MINIMUM', '0.9'));
  await put('train.mjs', TRAINING);
  await put('fruit.csv', 'id,kind\n1,apple\n2,pear\n');
  await put('bad.csv', 'id,kind\n1,apple\n1,plum\n');
  await put('predictions.source.csv', PREDICTIONS);
  await put('.gitignore', '.trainyard/\nmodel.bin\nmetrics.json\npredictions.csv\n*.html\n');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Fruit');
});
afterAll(() => rm(folder, { recursive: true }));

const validate = (file: string, ...more: string[]) =>
  trainyard('validate-data', '--dataset', 'fruit', '--data', file, ...more);
const train = (...more: string[]) =>
  trainyard(
    ...[
      'train-model',
      '--model',
      'sorter',
      '--outputs',
      'model=model.bin',
      '--outputs',
      'predictions=predictions.csv',
    ],
    ...['--metrics', 'metrics.json', ...more],
  );

describe('trainyard, one action after another', () => {
  it('shows the rows behind failed checks, and exits 1', async () => {
    const { exitCode, stdout, stderr } = await validate('bad.csv', '--contract', 'contract.yaml');
    expect(exitCode).toBe(1);
    expect(`${stdout}${stderr}`).not.toContain('plum');
    const explained = await trainyard('explain', '--dataset', 'fruit');
    expect(explained.exitCode).toBe(0);
    expect(explained.stdout).toContain('plum');
  });

  it('explains nothing of files that changed since', async () => {
    await appendFile(join(folder, 'bad.csv'), '3,apple\n');
    const { exitCode, stderr } = await trainyard('explain');
    expect(exitCode).toBe(4);
    expect(stderr).toContain('bad.csv is not the file that was checked');
    git('checkout', '--quiet', 'bad.csv');
  });

  it('refuses an encoding that it does not know, and a dataset that was not checked', async () => {
    expect(await trainyard('explain', '--encoding', 'utf-7')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Accepted: utf-8, utf-16, latin-1.') as string,
    });
    expect(await trainyard('explain', '--dataset', 'nuts')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no record of checked data of the dataset "nuts"') as string,
    });
  });

  it('exits 3 where there is no contract to judge by', async () => {
    expect((await validate('fruit.csv')).exitCode).toBe(3);
  });

  it('exits 2 for an empty glob and for a value that is not accepted', async () => {
    expect(await validate('nothing/*.csv')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('nothing/*.csv') as string,
    });
    expect(await validate('fruit.csv', '--on-inconclusive', 'shout')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Accepted: warn, fail') as string,
    });
  });

  it('exits 0 where all holds, and says so in the record', async () => {
    expect((await validate('fruit.csv', '--contract', 'contract.yaml')).exitCode).toBe(0);
    const path = join(folder, '.trainyard/fruit/data.json');
    expect(parseSection(await readFile(path, 'utf8'), path)).toMatchObject({
      verdict: 'pass',
      run: { id: 'terminal', key: 'terminal' },
      commit: { event: 'terminal', dirty: false },
    });
  });

  it('exits 1 where the training fails, 0 where it works', async () => {
    expect((await train('--command', 'node train.mjs fail')).exitCode).toBe(1);
    expect((await train('--command', 'node train.mjs')).exitCode).toBe(0);
  });

  it('exits 1 where the gate blocks, 0 where it does not', async () => {
    const gate = (file: string) => trainyard('evaluate-gate', '--model', 'sorter', '--gate', file);
    expect((await gate('strict.yaml')).exitCode).toBe(1);
    expect((await trainyard('publish-model', '--model', 'sorter')).exitCode).toBe(4);
    expect((await gate('gate.yaml')).exitCode).toBe(0);
    expect(await trainyard('publish-model', '--model', 'sorter')).toMatchObject({ exitCode: 0 });
  });

  it('renders the report as a page and as a comment', async () => {
    const page = await trainyard('report', '--model', 'sorter', '--output', 'page.html');
    expect(page).toMatchObject({ exitCode: 0, stdout: `${join(folder, 'page.html')}\n` });
    expect(await readFile(join(folder, 'page.html'), 'utf8')).toMatch(/<!doctype html>[^]*sorter/i);
    const comment = await trainyard('report', '--comment');
    expect(comment.stdout).toContain('Model sorter');
    expect(comment.stdout).toContain('fruit');
    expect(comment.stdout).not.toContain('plum');
  });

  it('writes no report outside the working directory', async () => {
    const { exitCode, stderr } = await trainyard('report', '--output', '../page.html');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('lies outside the workspace');
    expect(existsSync(join(folder, '../page.html'))).toBe(false);
  });

  it('demands the steps again after the code has changed', async () => {
    await put('train.mjs', `${TRAINING}// changed\n`);
    git('commit', '--quiet', '--all', '--message', 'Change');
    const { exitCode, stderr } = await trainyard('publish-model', '--model', 'sorter');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('trainyard train-model --model sorter');
  });

  it('ends nothing where nothing is served', async () => {
    const { exitCode, stderr } = await trainyard('stop');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('No endpoint is serving.');
  });
});
