import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelDigest } from '../../shared/record/digest.ts';
import { trainingBodySchema } from '../../shared/record/training-section.ts';
import { trainingSection } from '../record/sections.ts';
import { openWorkplace } from './workplace.ts';

const GOOD = `
  import { mkdirSync, writeFileSync, appendFileSync } from 'node:fs';
  mkdirSync('out', { recursive: true });
  writeFileSync('out/model.onnx', 'weights');
  writeFileSync('out/metrics.json', JSON.stringify({ accuracy: 0.9, test: { loss: 0.1 }, note: 'text' }));
  for (let step = 1; step <= 3; step += 1) {
    appendFileSync('out/series.jsonl', JSON.stringify({ step, loss: 1 / step, steps_total: 3 }) + '\\n');
  }
  console.log('trained');
`;
const ALL = {
  outputs: 'model=out/model.onnx',
  metrics: 'out/metrics.json',
  'metrics-series': 'out/series.jsonl',
};

describe('a training that succeeds', () => {
  it('is recorded with files, metrics, curves and what it was made from', async () => {
    await using place = await openWorkplace();
    await place.write('requirements.txt', 'numpy==2.0.0');
    const parameters = 'epochs: 3\nname: "yes"\nflag: true';
    const outcome = await place.script(GOOD, { ...ALL, parameters, seed: '7', dataset: 'digits' });
    expect(outcome).toMatchObject({ verdict: 'pass', blame: null, subject: 'digits', dataset: 'digits' });
    const body = trainingBodySchema.parse(outcome.body);
    expect(body.metrics).toEqual({ accuracy: 0.9, 'test.loss': 0.1 });
    expect(body.series).toEqual([
      {
        metric: 'loss',
        points: [
          [1, 1],
          [2, 0.5],
          [3, 1 / 3],
        ],
      },
    ]);
    expect(body.files.map((file) => [file.path, file.role])).toEqual([
      ['out/model.onnx', 'model'],
      ['out/metrics.json', 'metrics'],
      ['out/series.jsonl', 'metrics'],
    ]);
    expect(body.files[0]).toMatchObject({
      bytes: 7,
      sha256: createHash('sha256').update('weights').digest('hex'),
      locations: [{ kind: 'file', path: join(place.directory, 'out/model.onnx') }],
    });
    expect(body.modelDigest).toBe(modelDigest(body.files));
    expect(body).toMatchObject({
      parameters: { epochs: 3, name: 'yes', flag: true },
      seed: 7,
      environment: { interpreter: { name: 'node', version: process.versions.node } },
      attempts: [{ exitCode: 0, signal: null, failureClass: null }],
    });
    expect(body.environment.lockFiles.map((file) => file.path)).toEqual(['requirements.txt']);
    expect(body.hardware.cpus).toBeGreaterThan(0);
    expect(outcome.outputs).toEqual({
      'model-digest': body.modelDigest,
      fingerprint: '',
      reused: 'false',
      'run-url': '',
      'cost-usd': '',
      'exit-code': '0',
      files: JSON.stringify(body.files),
    });
    expect(place.lines).toContain('user: trained');
    expect(outcome.notices).toEqual([
      'No data section of "digits" was found: the data fingerprint is unknown.',
      'There is no code fingerprint: "." is in no commit of a git repository.',
    ]);
  });

  it('takes the final metrics from the series where no file tells them', async () => {
    await using place = await openWorkplace();
    const { body } = await place.script(GOOD, { 'metrics-series': 'out/series.jsonl' });
    expect(body?.metrics).toEqual({ loss: 1 / 3 });
  });

  it('counts only rows of its own where it writes behind those of an earlier one', async () => {
    await using place = await openWorkplace();
    await place.script(GOOD, { 'metrics-series': 'out/series.jsonl' });
    const { body } = await place.script(GOOD, { 'metrics-series': 'out/series.jsonl' });
    expect(body?.series[0]?.points).toHaveLength(3);
  });

  it('fingerprints the code that is committed, path by path', async () => {
    await using place = await openWorkplace();
    const git = (...words: string[]): void => {
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...words], { cwd: place.directory });
    };
    await place.write('src/a.py', '1');
    await place.write('docs/b.md', '1');
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'one');
    const fingerprint = async (paths: string): Promise<string | null | undefined> =>
      (await place.script('', { paths })).body?.codeFingerprint;
    const [all, source] = [await fingerprint(''), await fingerprint('src')];
    await place.write('docs/b.md', '2');
    git('commit', '-qam', 'two');
    expect(await fingerprint('')).not.toBe(all);
    expect(await fingerprint('src')).toBe(source);
    expect(source).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says so where nothing is a model', async () => {
    await using place = await openWorkplace();
    const outcome = await place.script('');
    expect(outcome.verdict).toBe('pass');
    expect(outcome.outputs['model-digest']).toBe('');
    expect(outcome.notices.join()).toContain('No output has the role model');
  });

  it('shows no raw control characters, and cuts lines that never end', async () => {
    await using place = await openWorkplace();
    await place.script(`
      process.stdout.write('\\u001b[2Jcleared \\u001b[31mred\\u001b[0m\\n');
      for (let i = 0; i < 100; i += 1) process.stdout.write('\\rstep ' + i);
      process.stdout.write('\\n' + 'x'.repeat(3_000_000) + '\\n');
      process.stderr.write('é no line break');
    `);
    const user = place.lines.filter((line) => line.startsWith('user: '));
    expect(user).toContain('user: cleared \u001b[31mred\u001b[0m');
    expect(user).toContain('user: step 99');
    expect(user).toContain('user: é no line break');
    expect(user.find((line) => line.includes('xxx'))).toMatch(
      /^user: x{16384} … \(2983616 more characters\)$/,
    );
  });
});

describe('the data of a training', () => {
  it('is that of the data section, whose verdict is told', async () => {
    await using place = await openWorkplace();
    const dataFingerprint = 'd'.repeat(64);
    const head = trainingSection({
      subject: 'digits-data',
      verdict: 'fail',
      commit: { repository: null },
      run: { id: 'terminal', key: 'terminal' },
    });
    const body = { sources: [], contract: null, checks: [], profile: [], dataFingerprint };
    await place.context().store.save({ ...head, kind: 'data', body }, new AbortController().signal);
    const outcome = await place.script('');
    expect(outcome.dataset).toBe('digits-data');
    expect(outcome.body?.dataFingerprint).toBe(dataFingerprint);
    expect(outcome.notices.join()).toContain('The data of "digits-data" ended as fail');
  });
});

describe('a training that fails', () => {
  it.each([
    ['exits 3', 'process.exit(3)', 'user-code', 'fail', /ended with exit code 3/],
    ['throws', 'throw new Error("boom")', 'user-code', 'fail', /exit code 1/],
    [
      'crashes',
      'process.kill(process.pid, "SIGSEGV"); setTimeout(() => {}, 9000)',
      'user-code',
      'fail',
      /SIGSEGV/,
    ],
    [
      'is killed from outside',
      'process.kill(process.pid, "SIGKILL"); setTimeout(() => {}, 9000)',
      'infrastructure',
      'error',
      /killed by SIGKILL, which came from outside/,
    ],
    [
      'says that it ran out of memory',
      'console.error("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried"); process.exit(1)',
      'out-of-memory',
      'error',
      /after "OutOfMemoryError"|after "CUDA out of memory"/,
    ],
  ])('because it %s', async (_what, code, failureClass, verdict, message) => {
    await using place = await openWorkplace();
    const outcome = await place.script(code);
    expect(outcome.verdict).toBe(verdict);
    expect(outcome.summary).toMatch(message);
    expect(outcome.blame?.remedy).toBeTruthy();
    const body = trainingBodySchema.parse(outcome.body);
    expect(body.attempts[0]?.failureClass).toBe(failureClass);
    expect(body.files).toEqual([]);
  });

  const write = (path: string, text: string): string =>
    `import { writeFileSync } from 'node:fs'; writeFileSync('${path}', ${JSON.stringify(text)});`;

  it.each([
    [
      'NaN among its metrics',
      write('m.json', '{"a":{"b":NaN},"c":1}'),
      { metrics: 'm.json' },
      'not-a-number',
      /a\.b is NaN/,
    ],
    [
      'Infinity',
      write('m.json', '{"loss":-Infinity}'),
      { metrics: 'm.json' },
      'not-a-number',
      /loss is -Infinity/,
    ],
    [
      'a number beyond all',
      write('m.json', '{"loss":1e999}'),
      { metrics: 'm.json' },
      'not-a-number',
      /loss is Infinity/,
    ],
    [
      'NaN in its series',
      write('s.jsonl', '{"loss":1}\n{"loss":NaN}\n'),
      { 'metrics-series': 's.jsonl' },
      'not-a-number',
      /row 2: loss is NaN/,
    ],
    ['no metrics', '', { metrics: 'm.json' }, 'missing-outputs', /"metrics": "m\.json" does not exist/],
    [
      'metrics that are no JSON',
      write('m.json', '{'),
      { metrics: 'm.json' },
      'missing-outputs',
      /is not JSON/,
    ],
    [
      'metrics that are a list',
      write('m.json', '[1]'),
      { metrics: 'm.json' },
      'missing-outputs',
      /no.? JSON object|not a JSON object/,
    ],
    [
      'a broken row',
      write('s.jsonl', '{"loss":1}\nnonsense\n{"loss":2}\n'),
      { 'metrics-series': 's.jsonl' },
      'missing-outputs',
      /row 2 is not JSON/,
    ],
    ['an empty series', write('s.jsonl', '\n'), { 'metrics-series': 's.jsonl' }, 'missing-outputs', /no row/],
    [
      'no outputs',
      '',
      { outputs: 'model=out/*.onnx' },
      'missing-outputs',
      /"model=out\/\*\.onnx" matches no file/,
    ],
  ])('because it writes %s', async (_what, code, inputs, failureClass, message) => {
    await using place = await openWorkplace();
    const outcome = await place.script(code, inputs);
    expect(outcome.verdict).toBe('fail');
    expect(outcome.summary).toMatch(message);
    expect(outcome.blame?.owner).toBe('code');
    expect(outcome.body?.attempts[0]?.failureClass).toBe(failureClass);
    expect(outcome.body?.attempts[0]?.exitCode).toBe(0);
    expect(outcome.outputs['files']).toBe('[]');
  });

  it('because its outputs are those of an earlier one', async () => {
    await using place = await openWorkplace();
    await place.write('out/model.onnx', 'old');
    await place.write('out/metrics.json', '{"a":1}');
    const outcome = await place.script('', { outputs: 'model=out/model.onnx', metrics: 'out/metrics.json' });
    expect(outcome.verdict).toBe('fail');
    expect(outcome.summary).toContain(
      '"out/metrics.json" was there before and was not written by this training',
    );
    expect(outcome.summary).toContain('matches only what was there before');
  });

  it('leaves out the old files that a pattern matches besides new ones', async () => {
    await using place = await openWorkplace();
    await place.write('out/old.bin', 'old');
    const outcome = await place.script(write('out/new.bin', 'new'), { outputs: 'model=out' });
    expect(outcome.verdict).toBe('pass');
    expect(outcome.body?.files.map((file) => file.path)).toEqual(['out/new.bin']);
    expect(outcome.notices.join()).toContain('out/old.bin');
  });

  it('because an output leaves the working directory through a link', async () => {
    await using place = await openWorkplace();
    await using elsewhere = await openWorkplace();
    await elsewhere.write('secret', 'x');
    const link = `import { symlinkSync } from 'node:fs'; symlinkSync(${JSON.stringify(elsewhere.directory)}, 'out');`;
    const outcome = await place.script(`${link}${write('m.json', '{"loss": 1}')}`, {
      outputs: 'model=out/secret',
      metrics: 'm.json',
    });
    expect(outcome.summary).toContain('a link that leaves the working directory');
    // What it measured is not lost with the file.
    expect(outcome.verdict).toBe('fail');
    expect(outcome.body?.metrics).toEqual({ loss: 1 });
    expect(outcome.body?.files).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('because it takes its own folder away', async () => {
    await using place = await openWorkplace();
    const outcome = await place.script(
      `import { rmSync } from 'node:fs'; rmSync(${JSON.stringify(place.directory)}, { recursive: true });`,
      { outputs: 'model=m.bin' },
    );
    expect(outcome).toMatchObject({ verdict: 'fail', summary: expect.stringContaining('is gone') as string });
  });

  it('because a file has two roles', async () => {
    await using place = await openWorkplace();
    const outputs = 'model=m.bin\ncheckpoint=*.bin';
    const outcome = await place.script(write('m.bin', 'x'), { outputs });
    expect(outcome.verdict).toBe('fail');
    expect(outcome.summary).toContain('two roles, model and checkpoint');
    expect(outcome.body?.attempts[0]?.failureClass).toBe('missing-outputs');
  });
});

describe('what is used wrongly', () => {
  it.each([
    [{ command: '["does-not-exist-anywhere"]' }, /"does-not-exist-anywhere" does not exist/],
    [{ command: './not-runnable.sh' }, /"\.\/not-runnable\.sh" is a file that may not be run/],
    [{ command: '' }, /"command" is required/],
    [{ outputs: 'out/model.onnx' }, /is no output/],
    [{ outputs: 'weights=out/model.onnx' }, /is no output/],
    [{ 'resume-from': 'run:1' }, /"resume-from" is "run:1", and no folder of checkpoints is named/],
    [{ outputs: 'model=../model.onnx' }, /outside the workspace/],
    [{ outputs: 'model=.' }, /the whole working directory/],
    [{ parameters: '- 1' }, /"parameters" is not valid/],
    [{ parameters: 'a: [1]' }, /"parameters" is not valid at "a"/],
    [{ parameters: 'a: .nan' }, /"parameters"/],
    [{ seed: '-1' }, /"seed" is "-1"/],
    [{ engine: 'ray' }, /"engine" is "ray"/],
    [{ paths: '../x' }, /"paths"/],
    [{ 'record-from': 'run:1' }, /"record-from"/],
  ])('is refused before anything runs: %j', async (inputs, message) => {
    await using place = await openWorkplace();
    await place.write('not-runnable.sh', 'exit 0');
    const trained = place.script(
      'import { writeFileSync } from "node:fs"; writeFileSync("ran", "");',
      inputs,
    );
    await expect(trained).rejects.toMatchObject({ name: 'UsageError' });
    await expect(trained).rejects.toThrow(message);
    expect(existsSync(join(place.directory, 'ran'))).toBe(false);
  });

  const fork = { number: 1, headSha: 'a', baseSha: 'b', baseRef: 'main', fork: true };
  const mark = 'import { writeFileSync } from "node:fs"; writeFileSync("ran", "");';

  it('a fork on a self-hosted runner is refused, on a hosted one it trains', async () => {
    await using place = await openWorkplace();
    const refused = place.script(
      mark,
      {},
      { origin: { pullRequest: fork, fork: true, runnerEnvironment: 'self-hosted' } },
    );
    await expect(refused).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining('fork') as string,
    });
    const unknown = place.script(
      mark,
      {},
      { origin: { pullRequest: fork, fork: true, runnerEnvironment: null } },
    );
    await expect(unknown).rejects.toThrow('fork');
    expect(existsSync(join(place.directory, 'ran'))).toBe(false);
    await place.script(
      mark,
      {},
      { origin: { pullRequest: fork, fork: true, runnerEnvironment: 'github-hosted' } },
    );
    expect(existsSync(join(place.directory, 'ran'))).toBe(true);
  });
});

describe('what the command sees', () => {
  it('is neither a token nor the way to the runner', async () => {
    await using place = await openWorkplace();
    const secret = 'ghs_0123456789abcdefghij';
    await place.script(
      `import { writeFileSync } from 'node:fs'; writeFileSync('seen.json', JSON.stringify(process.env));`,
      { seed: '3', parameters: 'lr: 0.1' },
      {
        environment: {
          PATH: process.env['PATH'],
          HOME: '/home/me',
          CUDA_VISIBLE_DEVICES: '0',
          ACTIONS_RUNTIME_TOKEN: secret,
          ACTIONS_RESULTS_URL: 'https://results',
          INPUT_MODEL: 'digits',
          STATE_x: '1',
          GITHUB_TOKEN: secret,
          RENAMED: `Bearer ${secret}`,
          GITHUB_ENV: '/env',
          GITHUB_OUTPUT: '/output',
          GITHUB_STEP_SUMMARY: '/summary',
          GITHUB_PATH: '/path',
          GITHUB_STATE: '/state',
          GITHUB_SHA: 'abc',
          AWS_SECRET_ACCESS_KEY: 'x',
          aws_session_token: 'x',
          DB_PASSWORD: 'x',
          NO_TOKENIZER: 'kept',
        },
      },
    );
    const seen: unknown = JSON.parse(await readFile(join(place.directory, 'seen.json'), 'utf8'));
    expect(seen).toEqual({
      PATH: process.env['PATH'],
      HOME: '/home/me',
      CUDA_VISIBLE_DEVICES: '0',
      GITHUB_SHA: 'abc',
      NO_TOKENIZER: 'kept',
      PYTHONUNBUFFERED: '1',
      PYTHONHASHSEED: '3',
      PL_GLOBAL_SEED: '3',
      TRAINYARD_SEED: '3',
      TRAINYARD_ATTEMPT: '1',
      TRAINYARD_RESUME_FROM: '',
      TRAINYARD_PARAMETERS: '{"lr":0.1}',
      TRAINYARD_SUBMISSION: expect.stringMatching(/^terminal-/) as string,
    });
  });
});
