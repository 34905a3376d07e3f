import { execFileSync } from 'node:child_process';
import {
  appendFile,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Series } from '../../../actions/train-model/src/decide/series.ts';
import { never, openPlace } from './place.ts';

const LOSS = [0, 1, 2, 3, 4].map((step): [number, number] => [step, 1 / (step + 1)]);
const ACCURACY = [0, 1, 2, 3, 4].map((step): [number, number] => [step, step / 10]);

/** Single precision, as most event files have. */
const rounded = (series: readonly Series[]): Series[] =>
  series.map(({ metric, points }) => ({
    metric,
    points: points.map(([step, value]) => [step, Number(value.toPrecision(6))]),
  }));

describe('what the libraries themselves wrote', () => {
  it('DVCLive: tables and a summary', async () => {
    await using place = await openPlace();
    const metrics = place.open(['dvclive=out']);
    await metrics.begin(never);
    await place.fixture('dvclive/out', 'out');
    const found = await metrics.finish(never);
    expect(found.faults).toEqual([]);
    expect(found.series).toEqual([
      { metric: 'accuracy', points: ACCURACY },
      { metric: 'train/loss', points: LOSS },
    ]);
    // What is logged without a plot stands in the summary alone.
    expect(found.metrics).toEqual({ 'train/loss': 0.2, accuracy: 0.4, 'test/score': 0.25 });
  });

  it('TensorBoard: simple values in two folders, among histograms and text, with NaN', async () => {
    await using place = await openPlace();
    const metrics = place.open(['tensorboard=logs']);
    await metrics.begin(never);
    await place.fixture('tensorboardx', 'logs');
    const found = await metrics.finish(never);
    expect(rounded(found.series)).toEqual(
      rounded([
        { metric: 'train/epoch/loss', points: LOSS },
        { metric: 'validation/epoch/loss', points: LOSS.map(([step, value]) => [step, 2 * value]) },
      ]),
    );
    expect(found.faults).toEqual([
      {
        failureClass: 'not-a-number',
        message: 'Input "metrics-sources": "tensorboard=logs": step 5: epoch/loss is NaN.',
      },
    ]);
  });

  it('TensorBoard 2: tensors as listed numbers and as bytes; one folder needs no prefix', async () => {
    await using place = await openPlace();
    const metrics = place.open(['tensorboard=.']);
    await metrics.begin(never);
    await place.fixture('tensorflow2', 'runs');
    const found = await metrics.finish(never);
    expect(found.faults).toEqual([]);
    expect(rounded(found.series)).toEqual(
      rounded([
        { metric: 'loss', points: LOSS },
        { metric: 'accuracy', points: ACCURACY },
      ]),
    );
  });

  it('Lightning: rows with empty cells', async () => {
    await using place = await openPlace();
    const metrics = place.open(['lightning=logs']);
    await metrics.begin(never);
    await place.fixture('lightning/logs', 'logs');
    const found = await metrics.finish(never);
    expect(found).toMatchObject({
      faults: [],
      metrics: { train_loss: 0.2, val_acc: 0.3 },
      series: [
        { metric: 'train_loss', points: LOSS },
        {
          metric: 'val_acc',
          points: [
            [1, 0.1],
            [3, 0.3],
          ],
        },
      ],
    });
  });

  it('Hugging Face: the newest of several checkpoints', async () => {
    await using place = await openPlace();
    const metrics = place.open(['huggingface=out']);
    await metrics.begin(never);
    await place.fixture('huggingface', 'out');
    const { faults, series } = await metrics.finish(never);
    expect(faults).toEqual([]);
    const loss = series.find(({ metric }) => metric === 'loss');
    expect(loss?.points).toEqual(LOSS.map(([step, value]) => [step + 1, value]));
    expect(series.find(({ metric }) => metric === 'eval_loss')?.points.map(([step]) => step)).toEqual([3, 5]);
    expect(series.map(({ metric }) => metric)).not.toContain('epoch');
  });

  it('MLflow: the SQLite store, where NaN and infinity have forms of their own', async () => {
    await using place = await openPlace();
    const metrics = place.open(['mlflow=mlflow.db'], { nanIsFault: false });
    const strict = place.open([`mlflow=sqlite:///mlflow.db`]);
    await metrics.begin(never);
    await strict.begin(never);
    await place.fixture('mlflow', '.');
    const found = await metrics.finish(never);
    expect(found.faults).toEqual([]);
    expect(found.series.find(({ metric }) => metric === 'loss')?.points).toEqual(LOSS);
    expect(found.series.find(({ metric }) => metric === 'accuracy')?.points).toEqual(ACCURACY);
    expect(found.series).toHaveLength(2);
    expect((await strict.finish(never)).faults).toMatchObject([
      {
        failureClass: 'not-a-number',
        message: expect.stringMatching(/step 5: (broken is NaN|huge is Infinity)/) as string,
      },
    ]);
  });

  it('MLflow: the file store', async () => {
    await using place = await openPlace();
    const metrics = place.open(['mlflow=mlruns']);
    await metrics.begin(never);
    await place.fixture('mlruns/mlruns', 'mlruns');
    const { faults, series } = await metrics.finish(never);
    expect(faults).toEqual([]);
    expect(series).toEqual([{ metric: 'train/loss', points: LOSS }]);
  });

  it('W&B offline: the file of the run', async () => {
    await using place = await openPlace();
    const metrics = place.open(['wandb=wandb']);
    await metrics.begin(never);
    await place.fixture('wandb/wandb', 'wandb');
    const { faults, series } = await metrics.finish(never);
    expect(faults).toEqual([]);
    expect(Object.fromEntries(series.map(({ metric, points }) => [metric, points]))).toEqual({
      loss: LOSS,
      'nested.accuracy': ACCURACY,
    });
  });

  it('W&B: a summary, as older versions and online runs write it', async () => {
    await using place = await openPlace();
    const metrics = place.open(['wandb=wandb', 'wandb=other/wandb-summary.json']);
    await metrics.begin(never);
    const summary =
      '{"loss": 0.5, "nested": {"acc": 1}, "_step": 7, "_runtime": 3, "_wandb": {"runtime": 2}}';
    await place.write('wandb/run-1/files/wandb-summary.json', summary);
    await symlink('run-1', join(place.directory, 'wandb/latest-run'));
    await place.write('other/wandb-summary.json', '{"score": 2, "_step": 9}');
    const found = await metrics.finish(never);
    expect(found.faults).toEqual([]);
    expect(found.metrics).toEqual({ loss: 0.5, 'nested.acc': 1, score: 2 });
    expect(found.series).toEqual([{ metric: 'score', points: [[9, 2]] }]);
  });
});

describe('what lies there before', () => {
  it.each([
    ['dvclive=out', 'dvclive/out', 'out'],
    ['tensorboard=logs', 'tensorboardx', 'logs'],
    ['lightning=logs', 'lightning/logs', 'logs'],
    ['huggingface=out', 'huggingface', 'out'],
    ['mlflow=mlflow.db', 'mlflow', '.'],
    ['mlflow=mlruns', 'mlruns/mlruns', 'mlruns'],
    ['wandb=wandb', 'wandb/wandb', 'wandb'],
  ])('is not told as its own: %s', async (line, fixture, to) => {
    await using place = await openPlace();
    await place.fixture(fixture, to);
    const metrics = place.open([line]);
    await metrics.begin(never);
    const found = await metrics.finish(never);
    expect(found).toMatchObject({ series: [], metrics: {} });
    expect(found.faults).toMatchObject([
      {
        failureClass: 'missing-outputs',
        message: expect.stringMatching(
          /was there before and was not written by this training|holds no metric of this training/,
        ) as string,
      },
    ]);
  });

  it('stays out where a training writes on behind it', async () => {
    await using place = await openPlace();
    await place.fixture('lightning/logs/version_0', '.');
    await place.fixture('mlflow', '.');
    await place.fixture('dvclive/out', 'out');
    const metrics = place.open(['lightning=metrics.csv', 'mlflow=mlflow.db', 'dvclive=out']);
    await metrics.begin(never);
    await appendFile(join(place.directory, 'metrics.csv'), '3,5,0.125,\n');
    await appendFile(join(place.directory, 'out/plots/metrics/train/loss.tsv'), '5\t0.0625\n');
    const { DatabaseSync } = await import('node:sqlite');
    // The fixture holds the table of metrics alone.
    const database = new DatabaseSync(join(place.directory, 'mlflow.db'), {
      enableForeignKeyConstraints: false,
    });
    database.exec(
      "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('lr', 0.5, 1, 'r', 5, 0)",
    );
    database.close();
    const { faults, series } = await metrics.finish(never);
    expect(faults).toEqual([]);
    expect(series).toEqual([
      { metric: 'train_loss', points: [[5, 0.125]] },
      { metric: 'lr', points: [[5, 0.5]] },
      { metric: 'train/loss', points: [[5, 0.0625]] },
    ]);
  });
});

describe('damage', () => {
  it('an event file may end in the middle of an event, and nowhere else', async () => {
    await using place = await openPlace();
    const metrics = place.open(['tensorboard=logs']);
    await metrics.begin(never);
    await place.fixture('tensorflow2/logs', 'logs');
    const [file = ''] = execFileSync('ls', [join(place.directory, 'logs')], { encoding: 'utf8' }).split('\n');
    const path = join(place.directory, 'logs', file);
    const whole = await readFile(path);
    await truncate(path, whole.length - 5);
    const cut = await metrics.finish(never);
    expect(cut.faults).toEqual([]);
    expect(cut.series[0]?.points).toHaveLength(4);

    for (const [at, what] of [
      [whole.length - 20, 'an event'],
      [0, 'a length'],
    ] as const) {
      const broken = Buffer.from(whole);
      broken.writeUInt8((broken[at] ?? 0) ^ 1, at);
      await writeFile(path, broken);
      const damaged = await metrics.finish(never);
      expect(damaged.faults[0]?.message).toMatch(
        new RegExp(`"${file}" is damaged at byte \\d+: the checksum of ${what} is wrong\\.$`),
      );
    }
  });

  it.each([
    ['jsonl=s.jsonl', 's.jsonl', '{"loss":1}\nnonsense\n{"loss":2}\n', /row 2 is not JSON\.$/, 2],
    ['lightning=m.csv', 'm.csv', 'step,a\n1,2\n3,4,5\n4,6\n', /row 3 has more cells than the header\.$/, 2],
    [
      'mlflow=mlruns',
      'mlruns/0/0123456789/metrics/a',
      '1 2 3\nx\n1 5 6\n',
      /row 2 is no line "<timestamp>/,
      2,
    ],
    [
      'huggingface=trainer_state.json',
      'trainer_state.json',
      '{"log_history": 3}',
      /has no list "log_history"/,
      0,
    ],
    ['huggingface=trainer_state.json', 'trainer_state.json', '{"log_his', /is not JSON/, 0],
    ['wandb=wandb-summary.json', 'wandb-summary.json', '[1]', /is not a JSON object/, 0],
    [
      'wandb=w',
      'w/run-1.wandb',
      'not a file of W&B',
      /"run-1.wandb" is damaged at byte 0: it is no file of W&B/,
      0,
    ],
    [
      'mlflow=m.db',
      'm.db',
      'this is no database at all, but long enough to be taken for one. '.repeat(20),
      /could not be read: file is not a database/,
      0,
    ],
  ])('%s is told, and what is whole is kept', async (line, path, text, message, points) => {
    await using place = await openPlace();
    const metrics = place.open([line]);
    await metrics.begin(never);
    await place.write(path, text);
    const found = await metrics.finish(never);
    expect(found.faults).toMatchObject([{ failureClass: 'missing-outputs' }]);
    expect(found.faults[0]?.message).toMatch(message);
    expect(found.series[0]?.points.length ?? 0).toBe(points);
  });

  it('a W&B file with a wrong checksum', async () => {
    await using place = await openPlace();
    const metrics = place.open(['wandb=w']);
    await metrics.begin(never);
    await place.fixture('wandb/wandb', 'w');
    const path = join(place.directory, 'w/offline-run-20260101_000000-abcd1234/run-abcd1234.wandb');
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(400) ^ 1, 400);
    await writeFile(path, bytes);
    const found = await metrics.finish(never);
    expect(found.faults[0]?.message).toMatch(/is damaged at byte \d+: a checksum is wrong/);
    expect(found.series[0]?.points.length).toBeGreaterThan(0);
  });

  it('a database whose "metrics" is a query without an end is not run', async () => {
    await using place = await openPlace();
    const metrics = place.open(['mlflow=m.db']);
    await metrics.begin(never);
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(join(place.directory, 'm.db'));
    database.exec(
      'CREATE VIEW metrics AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS rowid, x AS key FROM n',
    );
    database.close();
    const { faults } = await metrics.finish(never);
    expect(faults[0]?.message).toContain('"metrics" is no table');
  });

  it('a database with other columns', async () => {
    await using place = await openPlace();
    const metrics = place.open(['mlflow=m.db']);
    await metrics.begin(never);
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(join(place.directory, 'm.db'));
    database.exec('CREATE TABLE metrics (a)');
    database.close();
    expect((await metrics.finish(never)).faults[0]?.message).toContain('no such column');
  });

  it('links that leave the workspace, folders and pipes', async () => {
    await using place = await openPlace();
    await using elsewhere = await openPlace();
    const secret = await elsewhere.write('s.jsonl', '{"secret":1}\n');
    const metrics = place.open([
      'jsonl=link.jsonl',
      'jsonl=folder',
      'jsonl=pipe',
      'huggingface=t.json',
      'mlflow=m.db',
    ]);
    await metrics.begin(never);
    await symlink(secret, join(place.directory, 'link.jsonl'));
    await symlink(secret, join(place.directory, 't.json'));
    await symlink(secret, join(place.directory, 'm.db'));
    await mkdir(join(place.directory, 'folder'));
    execFileSync('mkfifo', [join(place.directory, 'pipe')]);
    const found = await metrics.finish(never);
    expect(found.series).toEqual([]);
    expect(found.faults.map(({ message }) => message)).toEqual([
      'Input "metrics-sources": "jsonl=link.jsonl" is a link that leaves the workspace.',
      'Input "metrics-sources": "jsonl=folder" is a folder without a file of this format.',
      'Input "metrics-sources": "jsonl=pipe" is no file that can be read.',
      'Input "metrics-sources": "huggingface=t.json" is a link that leaves the workspace.',
      'Input "metrics-sources": "mlflow=m.db" is a link that leaves the workspace.',
    ]);
  });
});

describe('the input metrics-series', () => {
  const series = async (text: string, before?: string) => {
    await using place = await openPlace();
    const path = join(place.directory, 's.jsonl');
    if (before !== undefined) await writeFile(path, before);
    const metrics = place.open([], { metricsSeries: path });
    await metrics.begin(never);
    await writeFile(path, text);
    return await metrics.finish(never);
  };

  it('may end in a row that is cut short, and in nothing else', async () => {
    expect(await series('{"loss":1}\n\n{"loss":0.5}\n{"los')).toMatchObject({
      faults: [],
      series: [
        {
          metric: 'loss',
          points: [
            [1, 1],
            [2, 0.5],
          ],
        },
      ],
    });
    expect((await series('{"loss":1}\n{"loss":0.5}')).series[0]?.points).toHaveLength(2);
    expect((await series('{"loss":1}\n{"los\n')).faults).toEqual([
      {
        failureClass: 'missing-outputs',
        message:
          'Input "metrics-series": "s.jsonl" row 2 is not JSON: it is broken at position 5 (line 1 column 6).',
      },
    ]);
  });

  it('is read from its beginning where it was written anew', async () => {
    const before = '{"loss":1}\n';
    expect((await series('{"loss":2}\n{"loss":3}\n', before)).series[0]?.points).toHaveLength(2);
    expect((await series('{"a":2}\n', before)).series).toHaveLength(1);
    expect((await series(`${before}{"loss":5}\n`, before)).series[0]?.points).toEqual([[1, 5]]);
    // The same rows again are this training's: with the same seed a training tells the same.
    expect((await series(before, before)).series[0]?.points).toEqual([[1, 1]]);
  });

  it('with NaN names the row, and keeps the others', async () => {
    const found = await series('{"loss":1}\n{"loss":NaN,"acc":1}\n');
    expect(found.faults).toEqual([
      { failureClass: 'not-a-number', message: 'Input "metrics-series": "s.jsonl": row 2: loss is NaN.' },
    ]);
    expect(found.metrics).toEqual({ loss: 1, acc: 1 });
  });

  it('without a row', async () => {
    expect((await series('\n')).faults[0]?.message).toMatch(/holds no row of this training\.$/);
  });
});

describe('the input metrics', () => {
  it('tells the final metrics instead of the series', async () => {
    await using place = await openPlace();
    const metrics = place.open(['jsonl=s.jsonl'], { metrics: join(place.directory, 'm.json') });
    await metrics.begin(never);
    await place.write('s.jsonl', '{"loss":1}\n');
    await place.write('m.json', '{"test":{"acc":0.5}}');
    expect(await metrics.finish(never)).toMatchObject({
      metrics: { 'test.acc': 0.5 },
      series: [{ metric: 'loss' }],
      faults: [],
    });
    expect(metrics.files).toEqual([join(place.directory, 'm.json'), join(place.directory, 's.jsonl')]);
  });

  it.each([
    ['{"a":NaN}', 'not-a-number', 'Input "metrics": "m.json": a is NaN.'],
    ['{', 'missing-outputs', /^Input "metrics": "m\.json" is not JSON/],
    [`{"a":1${' '.repeat(10 * 1024 * 1024)}}`, 'missing-outputs', /is larger than/],
    [undefined, 'missing-outputs', 'Input "metrics": "m.json" does not exist after the training.'],
  ])('%.10s is a fault', async (text, failureClass, message) => {
    await using place = await openPlace();
    const metrics = place.open([], { metrics: join(place.directory, 'm.json') });
    await metrics.begin(never);
    if (text !== undefined) await place.write('m.json', text);
    const { faults } = await metrics.finish(never);
    expect(faults).toMatchObject([{ failureClass }]);
    if (typeof message === 'string') expect(faults[0]?.message).toBe(message);
    else expect(faults[0]?.message).toMatch(message);
  });

  it('of an earlier training does not count, nor one elsewhere', async () => {
    await using place = await openPlace();
    await using elsewhere = await openPlace();
    const path = await place.write('m.json', '{"a":1}');
    const metrics = place.open([], { metrics: path });
    await metrics.begin(never);
    expect((await metrics.finish(never)).faults[0]?.message).toContain('was there before');
    await utimes(path, 1, 1);
    expect((await metrics.finish(never)).metrics).toEqual({ a: 1 });
    await rm(path);
    await symlink(await elsewhere.write('x.json', '{"b":1}'), path);
    expect((await metrics.finish(never)).faults[0]?.message).toContain('leaves the workspace');
  });
});

describe('several sources', () => {
  it('join by name; where two tell the same the first keeps it', async () => {
    await using place = await openPlace();
    const metrics = place.open(['jsonl=a.jsonl', 'lightning=b.csv', 'jsonl=c.jsonl', 'jsonl=d.jsonl']);
    await metrics.begin(never);
    await place.write('a.jsonl', '{"step":1,"loss":1}\n');
    await place.write('b.csv', 'step,loss,lr\n1,2,3\n');
    await place.write('c.jsonl', '{"step":1,"loss":4}\n');
    await place.write('d.jsonl', '{"step":1,"loss":5}\n');
    const { metrics: last, notices, faults } = await metrics.finish(never);
    expect(faults).toEqual([]);
    expect(last).toEqual({ loss: 1, 'lightning/loss': 2, lr: 3, 'jsonl/loss': 4, 'jsonl-2/loss': 5 });
    expect(notices[0]).toBe(
      'Input "metrics-sources": "lightning=b.csv" tells loss as another source does: here the name is "lightning/loss".',
    );
    expect(notices).toHaveLength(3);
  });

  it('with too many metrics say so, and with long names cut them', async () => {
    await using place = await openPlace();
    const metrics = place.open(['jsonl=a.jsonl', 'jsonl=b.jsonl']);
    await metrics.begin(never);
    const row = (prefix: string): string =>
      JSON.stringify(
        Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`${prefix}${index}`, index])),
      );
    await place.write('a.jsonl', `${row('a')}\n${row('b')}\n`);
    await place.write('b.jsonl', `{"${'n'.repeat(500)}":1}\n`);
    const { series, notices } = await metrics.finish(never);
    expect(series).toHaveLength(1000);
    expect(notices).toContain('The training told more than 1000 metrics: the first 1000 are kept.');
    const single = place.open(['jsonl=b.jsonl']);
    await single.begin(never);
    await rename(join(place.directory, 'b.jsonl'), join(place.directory, 'old'));
    await place.write('b.jsonl', `{"${'n'.repeat(500)}":1}\n`);
    expect((await single.finish(never)).series[0]?.metric).toHaveLength(200);
  });
});
