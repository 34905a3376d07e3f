import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingBody } from '../../shared/record/training-section.ts';
import { ROOT } from '../harness/action-file.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
});
afterEach(async () => {
  await place[Symbol.asyncDispose]();
});

function bodyOf({ body }: { body: TrainingBody | null }): TrainingBody {
  if (body === null) throw new Error('no body');
  return body;
}

/** Writes rows one after the other, and ends in order when it is asked to; without that it runs on for ever. */
const ROWS = (loss: string): string => `
  import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
  mkdirSync('out', { recursive: true });
  process.on('SIGTERM', () => { writeFileSync('out/model.bin', 'model'); process.exit(0); });
  let step = 0;
  setInterval(() => {
    step += 1;
    appendFileSync('out/rows.jsonl', '{"step": ' + step + ', "loss": ' + (${loss}) + '}\\n');
  }, 20);
`;
const INPUTS = { outputs: 'model=out/model.bin', 'metrics-series': 'out/rows.jsonl' };

describe('a training that is watched', () => {
  it('is stopped when a metric is no number any more', async () => {
    const outcome = await place.script(ROWS(`step < 5 ? 1 / step : 'NaN'`), INPUTS);
    expect(outcome).toMatchObject({ verdict: 'fail', blame: { owner: 'code' } });
    expect(outcome.summary).toContain('loss');
    expect(bodyOf(outcome).attempts[0]).toMatchObject({ failureClass: 'not-a-number' });
    expect(bodyOf(outcome).files).toEqual([]);
  });

  it('is stopped when its loss diverges', async () => {
    const outcome = await place.script(ROWS('step < 6 ? 1 / step : 1000 * step'), INPUTS);
    expect(outcome.verdict).toBe('fail');
    expect(bodyOf(outcome).attempts[0]?.failureClass).toBe('diverged');
  });

  it('runs on where nobody wants it stopped', async () => {
    const outcome = await place.script(ROWS(`step < 5 ? 1 / step : 'NaN'`), {
      ...INPUTS,
      'stop-on': 'none',
      'max-minutes': '0.03',
    });
    expect(bodyOf(outcome).attempts[0]?.failureClass).toBe('time-limit');
  });

  it('passes where it stood still, with what it wrote when it was asked to end', async () => {
    const outcome = await place.script(ROWS('Math.max(0.5, 1 / step)'), {
      ...INPUTS,
      'stop-on': 'plateau loss 10',
    });
    expect(outcome).toMatchObject({ verdict: 'pass' });
    const body = bodyOf(outcome);
    expect(body.stoppedEarly).toMatch(/loss.*and was ended \(exit code 0\)/);
    expect(body.files.map(({ path }) => path)).toContain('out/model.bin');
    expect(outcome.summary).toContain(body.stoppedEarly);
  });

  it('is stopped at its budget, and says what it has cost', async () => {
    const outcome = await place.script(ROWS('1 / step'), {
      ...INPUTS,
      'max-cost-usd': '0.5',
      prices: 'terminal: 1000',
    });
    const body = bodyOf(outcome);
    expect(body.attempts[0]?.failureClass).toBe('cost-limit');
    expect(outcome.summary).toContain('"max-cost-usd"');
    expect(outcome.costUsd?.usd).toBeGreaterThan(0.5);
    expect(Number(outcome.outputs['cost-usd'])).toBeCloseTo(outcome.costUsd?.usd ?? 0, 3);
  });

  it('is not begun with a budget where nobody knows the price', async () => {
    await expect(
      place.script(`import { writeFileSync } from 'node:fs'; writeFileSync('ran', '')`, {
        'max-cost-usd': '5',
      }),
    ).rejects.toThrow('"max-cost-usd"');
    expect(existsSync(join(place.directory, 'ran'))).toBe(false);
  });

  it('says that it was not dispatched where somebody gave labels for it', async () => {
    const environment = { PATH: process.env['PATH'], 'INPUT_RUNS-ON': 'gpu' };
    const outcome = await place.script('', {}, { environment });
    expect(outcome.notices.join(' ')).toContain('"runs-on" only count with "engine: github"');
  });

  it('shows no secret that it was given, and keeps none', async () => {
    const outcome = await place.script(
      `console.log('token is ' + process.env.HF_TOKEN); if (process.env.HF_TOKEN !== 'hf_abcdefgh') process.exit(3)`,
      { 'secret-environment': 'HF_TOKEN=hf_abcdefgh' },
    );
    expect(outcome.verdict).toBe('pass');
    expect(place.lines.join('\n')).not.toContain('hf_abcdefgh');
    expect(JSON.stringify(outcome)).not.toContain('hf_abcdefgh');
  });

  it('shows and keeps no secret that stands in the name of a metric', async () => {
    const outcome = await place.script(
      `import { appendFileSync } from 'node:fs';
       const name = 'loss ' + process.env.HF_TOKEN;
       appendFileSync('rows.jsonl', JSON.stringify({ step: 1, [name]: 0.5 }) + '\\n');
       appendFileSync('rows.jsonl', '{"step": 2, ' + JSON.stringify(name) + ': NaN}\\n');`,
      { 'secret-environment': 'HF_TOKEN=hf_abcdefgh', 'metrics-series': 'rows.jsonl' },
    );
    expect(outcome.summary).toContain('loss *** is NaN');
    expect(outcome.body).toMatchObject({
      metrics: { 'loss ***': 0.5 },
      series: [{ metric: 'loss ***', points: [[1, 0.5]] }],
    });
    expect(JSON.stringify(outcome) + place.lines.join('\n')).not.toContain('hf_abcdefgh');
  });

  it('says in its section why a checkpoint could not be kept, and what to do', async () => {
    const outcome = await place.script(
      `import { mkdirSync, symlinkSync } from 'node:fs';
       mkdirSync('checkpoints');
       symlinkSync('/', 'checkpoints/out');
       process.exit(3);`,
      { checkpoints: 'checkpoints' },
    );
    expect(outcome.notices).toContain(
      'The checkpoint could not be saved: The checkpoint "out" is a link that leaves its folder. Let the command write the file itself, or link to it by a path relative to the link.',
    );
  });
});

/** Counts on from its checkpoint; is lost at step 6 of its first attempt. */
const RESUMING = `
  import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  mkdirSync('out', { recursive: true });
  mkdirSync('checkpoints', { recursive: true });
  const from = process.env.TRAINYARD_RESUME_FROM;
  let step = from && existsSync(from + '/step') ? Number(readFileSync(from + '/step', 'utf8')) : 0;
  writeFileSync('out/rows.jsonl', '');
  appendFileSync('seen.txt', process.env.TRAINYARD_ATTEMPT + ' from ' + step + '\\n');
  while (step < 10) {
    step += 1;
    appendFileSync('out/rows.jsonl', JSON.stringify({ step, loss: 1 / step }) + '\\n');
    writeFileSync('checkpoints/step', String(step));
    await sleep(60);
    if (step === 6 && process.env.TRAINYARD_ATTEMPT === '1') process.exit(9);
  }
  writeFileSync('out/model.bin', 'model');
`;

describe('a training with checkpoints', () => {
  it('goes on where it was, with one series over its attempts', async () => {
    const inputs = { ...INPUTS, checkpoints: 'checkpoints' };
    const first = await place.script(RESUMING, inputs);
    expect(first.verdict).toBe('fail');
    expect(first.notices.join(' ')).toContain('the next attempt goes on from there');
    const second = await place.script(RESUMING, inputs);
    expect(second.verdict).toBe('pass');
    expect(await readFile(join(place.directory, 'seen.txt'), 'utf8')).toBe('1 from 0\n2 from 6\n');
    const body = bodyOf(second);
    expect(body.attempts.map(({ failureClass }) => failureClass)).toEqual(['user-code', null]);
    expect(body.attempts[1]?.resumedFrom).not.toBeNull();
    const [loss] = body.series;
    expect(loss?.points.map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(second.summary).toContain('over 2 attempts');
    // What succeeded is gone on from by nobody: the next training begins anew.
    const third = await place.script(RESUMING.replace('=== 6 &&', '=== 99 &&'), inputs);
    expect(bodyOf(third).attempts).toHaveLength(1);
  });
});

const CODE = `
  import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
  mkdirSync('out', { recursive: true });
  appendFileSync('runs.txt', 'ran\\n');
  writeFileSync('out/model.bin', 'model');
  writeFileSync('out/rows.jsonl', '{"step": 1, "loss": 0.5}\\n');
`;

describe('a training whose result is known', () => {
  const command = async (...words: string[]): Promise<string> => {
    const cli = join(ROOT, 'cli/index.ts');
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [cli, 'train-model', '--model', 'digits', '--command', 'node train.mjs', ...words],
      { cwd: place.directory },
    );
    return `${stdout}${stderr}`;
  };
  const git = (...words: string[]): Promise<unknown> =>
    promisify(execFile)('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], {
      cwd: place.directory,
    });

  it('is not repeated while all that determines it is equal, and says what changed when it is', async () => {
    await place.write('data/rows.csv', 'a,b\n1,2\n');
    await place.write('train.mjs', CODE);
    await place.write('.gitignore', 'out/\nruns.txt\n.trainyard/\n');
    await git('init', '-q', '.');
    await git('add', '.');
    await git('commit', '-q', '-m', 'one');
    const words = [
      '--data-paths',
      'data',
      '--outputs',
      'model=out/model.bin',
      '--metrics-series',
      'out/rows.jsonl',
    ];
    expect(await command(...words)).toContain('Trained in');
    await rm(join(place.directory, 'out'), { recursive: true, force: true });
    const runs = (): Promise<string> => readFile(join(place.directory, 'runs.txt'), 'utf8');

    // Its files are gone, and it has no other copy: it is trained again.
    await command(...words);
    expect(await runs()).toBe('ran\nran\n');
    expect(await command(...words)).toContain('Not trained again');
    expect(await runs()).toBe('ran\nran\n');
    expect(await command(...words, '--seed', '3')).toMatch(/seed/);
    expect(await runs()).toBe('ran\nran\nran\n');
    expect(await command(...words, '--seed', '3', '--reuse', 'never')).toContain('Trained in');
    await place.write('data/rows.csv', 'a,b\n1,3\n');
    expect(await command(...words, '--seed', '3')).toContain('Trained in');
    expect(await runs()).toBe('ran\n'.repeat(5));
  });

  it('is repeated where code or data are unknown', async () => {
    await place.write('train.mjs', CODE);
    await command('--outputs', 'model=out/model.bin');
    expect(await command('--outputs', 'model=out/model.bin')).toContain('Trained in');
  });
});
