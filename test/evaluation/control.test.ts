import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Degrading,
  degradedSelect,
  degradedWords,
  sampledSelect,
} from '../../actions/evaluate-gate/src/control/degraded.ts';
import type { DefinedMetric } from '../../actions/evaluate-gate/src/gate-file/gate-file.ts';
import type { PredictionColumns } from '../../actions/evaluate-gate/src/metrics/rows.ts';
import type { Row } from '../../shared/data/engine.ts';
import { LIMITS, openEngine, temporaryFolder } from './engine.ts';

const { signal } = new AbortController();

interface Degraded {
  /** SELECT over the derived table `candidate`. */
  readonly ask: (sql: string) => Promise<Row>;
}

/** Degrades what a SELECT gives, in the real engine. */
async function degraded(
  rows: string,
  columns: PredictionColumns,
  overrides: Partial<Degrading>,
  work: (degraded: Degraded) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder();
  await using engine = await openEngine();
  const path = join(folder.path, 'empty.csv');
  await writeFile(path, 'a\n1\n');
  const limits = { ...LIMITS, temporaryDirectory: folder.path };
  await engine.open([{ table: 'unused', path, label: 'empty.csv', format: 'csv' }], limits, signal);
  await engine.derive('original', { name: 'rows', sql: rows }, signal);
  const select = degradedSelect({
    table: 'original',
    columns,
    evaluation: { labels: undefined },
    families: { classification: true, regression: false },
    metrics: [],
    seed: 7,
    oneIn: 1,
    numericIds: columns.id.type === 'BIGINT',
    ...overrides,
  });
  await engine.derive('candidate', { name: 'control', sql: select }, signal);
  await work({
    ask: async (sql) => (await engine.run([{ name: 'asked', sql }], signal)).get('asked')?.[0] ?? {},
  });
}

const column = (name: string, type: string) => ({ name, type });
const COLUMNS: PredictionColumns = {
  id: column('id', 'BIGINT'),
  label: column('y', 'BIGINT'),
  prediction: column('p', 'BIGINT'),
  scores: [],
  weight: undefined,
};

const RIGHT = (sql: string): string =>
  `SELECT avg(CAST(y = p AS INT)) AS accuracy, count(*) AS n FROM candidate ${sql}`;

describe('a degraded copy', () => {
  it('predicts another class in nine rows of ten, of ten classes', async () => {
    const rows = 'SELECT i AS id, i % 10 AS y, i % 10 AS p, i AS other FROM range(20000) AS t(i)';
    await degraded(rows, COLUMNS, {}, async ({ ask }) => {
      const { accuracy, n } = await ask(RIGHT(''));
      expect(n).toBe(20_000);
      expect(Number(accuracy)).toBeGreaterThan(0.08);
      expect(Number(accuracy)).toBeLessThan(0.12);
      expect(await ask('SELECT count(DISTINCT p) AS k, typeof(any_value(p)) AS t FROM candidate')).toEqual({
        k: 10,
        t: 'BIGINT',
      });
      expect(await ask('SELECT sum(other) AS s FROM candidate')).toEqual({ s: (20_000 * 19_999) / 2 });
    });
  });

  it('is wrong also where one class is rare, and mirrors a probability', async () => {
    const rows = `SELECT 'r' || i AS id, CASE WHEN i % 100 = 0 THEN 'yes' ELSE 'no' END AS y, y AS p,
      CASE WHEN i % 100 = 0 THEN 0.9 ELSE 0.1 END AS s FROM range(20000) AS t(i)`;
    const columns = {
      id: column('id', 'VARCHAR'),
      label: column('y', 'VARCHAR'),
      prediction: column('p', 'VARCHAR'),
      scores: [column('s', 'DECIMAL(2,1)')],
      weight: undefined,
    };
    await degraded(rows, columns, { evaluation: { labels: ['no', 'yes'] } }, async ({ ask }) => {
      expect(Number((await ask(RIGHT('')))['accuracy'])).toBeLessThan(0.12);
      expect(Number((await ask(RIGHT("WHERE y = 'yes'")))['accuracy'])).toBeLessThan(0.25);
      const { low, high, moved } = await ask(
        "SELECT min(s) AS low, max(s) AS high, avg(CAST((s < 0.5) = (y = 'yes') AS INT)) AS moved FROM candidate",
      );
      expect(Number(low)).toBeCloseTo(0.1, 12);
      expect(Number(high)).toBeCloseTo(0.9, 12);
      expect(Number(moved)).toBeGreaterThan(0.88);
    });
  });

  it('changes the sign of a score that is no probability', async () => {
    const rows = 'SELECT i AS id, i % 2 AS y, y AS p, (y * 2 - 1) * 3.5 AS s FROM range(2000) AS t(i)';
    await degraded(rows, { ...COLUMNS, scores: [column('s', 'DOUBLE')] }, {}, async ({ ask }) => {
      const { wrong } = await ask('SELECT avg(CAST((s > 0) <> (y = 1) AS INT)) AS wrong FROM candidate');
      expect(Number(wrong)).toBeGreaterThan(0.85);
    });
  });

  it('lets scores of several classes change places, so that they still sum to 1', async () => {
    const rows = `SELECT i AS id, i % 3 AS y, y AS p, CASE y WHEN 0 THEN 0.8 ELSE 0.1 END AS s0,
      CASE y WHEN 1 THEN 0.8 ELSE 0.1 END AS s1, CASE y WHEN 2 THEN 0.8 ELSE 0.1 END AS s2 FROM range(3000) AS t(i)`;
    const scores = ['s0', 's1', 's2'].map((name) => column(name, 'DOUBLE'));
    await degraded(rows, { ...COLUMNS, scores }, {}, async ({ ask }) => {
      const { off, right } = await ask(
        'SELECT max(abs(s0 + s1 + s2 - 1)) AS off, avg(CASE y WHEN 0 THEN s0 WHEN 1 THEN s1 ELSE s2 END) AS right FROM candidate',
      );
      expect(Number(off)).toBeLessThan(1e-9);
      expect(Number(right)).toBeLessThan(0.2);
    });
  });

  it.each(['DOUBLE', 'VARCHAR', 'INTEGER'])(
    'puts numbers of type %s off by many times their error',
    async (type) => {
      const rows = `SELECT i AS id, i % 100 AS y, CAST(i % 100 + CASE i % 2 WHEN 0 THEN 1 ELSE -1 END AS ${type}) AS p
      FROM range(5000) AS t(i)`;
      const columns = { ...COLUMNS, prediction: column('p', type) };
      await degraded(
        rows,
        columns,
        { families: { classification: false, regression: true } },
        async ({ ask }) => {
          const { mae, bias } = await ask(
            'SELECT avg(abs(CAST(p AS DOUBLE) - y)) AS mae, avg(CAST(p AS DOUBLE) - y) AS bias FROM candidate',
          );
          // The labels spread by 29, more than the error of 1.
          expect(Number(mae)).toBeGreaterThan(250);
          expect(Number(bias)).toBeGreaterThan(250);
        },
      );
    },
  );

  it('puts numbers off also where all were right, and all the same', async () => {
    const rows = 'SELECT i AS id, 5.0 AS y, 5.0 AS p FROM range(1000) AS t(i)';
    await degraded(
      rows,
      COLUMNS,
      { families: { classification: false, regression: true } },
      async ({ ask }) => {
        expect(Number((await ask('SELECT avg(abs(p - y)) AS mae FROM candidate'))['mae'])).toBeGreaterThan(
          0.8,
        );
      },
    );
  });

  it.each([
    ["CAST(['a', 'b'] AS VARCHAR[])", "CAST(['c'] AS VARCHAR[])", 'VARCHAR[]'],
    ["'a|b'", "'c'", 'VARCHAR'],
  ])('gives another set of classes than %s', async (one, other, type) => {
    const rows = `SELECT i AS id, CASE i % 2 WHEN 0 THEN ${one} ELSE ${other} END AS y, y AS p FROM range(1000) AS t(i)`;
    const columns = { ...COLUMNS, label: column('y', type), prediction: column('p', type), multilabel: true };
    const families = { classification: false, regression: false, multilabel: true };
    await degraded(rows, columns, { families }, async ({ ask }) => {
      const { right, t } = await ask(
        'SELECT avg(CAST(y = p AS INT)) AS right, typeof(any_value(p)) AS t FROM candidate',
      );
      expect(Number(right)).toBeLessThan(0.15);
      expect(t).toBe(type);
    });
  });

  it("makes the columns of the gate file's own metrics worse", async () => {
    const metrics: DefinedMetric[] = [
      { kind: 'column', name: 'bleu', column: 'bleu', direction: 'higher', line: 1 },
      { kind: 'column', name: 'toxicity', column: 'toxicity', direction: 'lower', line: 2 },
      { kind: 'column', name: 'again', column: 'bleu', direction: 'lower', line: 3 },
      { kind: 'preference', name: 'wins', column: 'winner', direction: 'higher', line: 4 },
      { kind: 'preference', name: 'losses', column: 'loser', direction: 'lower', line: 4 },
      { kind: 'sql', name: 'mine', sql: 'avg(bleu)', direction: 'higher', line: 5 },
    ];
    const rows = `SELECT i AS id, 1 AS y, 1 AS p, 0.5 + (i % 3) / 10 AS bleu, '0.1' AS toxicity, 'candidate' AS winner,
      'baseline' AS loser FROM range(1000) AS t(i)`;
    await degraded(rows, COLUMNS, { metrics }, async ({ ask }) => {
      const { bleu, toxicity, wins, losses } = await ask(
        `SELECT avg(bleu) AS bleu, avg(CAST(toxicity AS DOUBLE)) AS toxicity, avg(CAST(winner = 'candidate' AS INT)) AS wins,
          avg(CAST(loser = 'candidate' AS INT)) AS losses FROM candidate`,
      );
      expect(Number(bleu)).toBeLessThan(0);
      expect(Number(toxicity)).toBeGreaterThan(0.8);
      expect(Number(wins)).toBeLessThan(0.15);
      expect(Number(losses)).toBeGreaterThan(0.85);
    });
  });

  it('takes the same rows of every table, and others with another seed', async () => {
    await using folder = await temporaryFolder();
    await using engine = await openEngine();
    const path = join(folder.path, 'empty.csv');
    await writeFile(path, 'a\n1\n');
    await engine.open(
      [{ table: 'unused', path, label: 'empty.csv', format: 'csv' }],
      { ...LIMITS, temporaryDirectory: folder.path },
      signal,
    );
    const derive = (table: string, sql: string) => engine.derive(table, { name: table, sql }, signal);
    await derive('original', 'SELECT i AS id, i % 2 AS y, y AS p FROM range(10000) AS t(i)');
    // The ids of another file may be of another type.
    await derive('reference', 'SELECT CAST(id AS VARCHAR) AS id, y, p FROM original ORDER BY id DESC');
    const sampled = { seed: 7, oneIn: 10, numericIds: false };
    const text = { ...COLUMNS, id: column('id', 'VARCHAR') };
    const degrading = {
      table: 'original',
      columns: COLUMNS,
      evaluation: { labels: undefined },
      families: { classification: true, regression: false },
      metrics: [],
    };
    await derive('candidate', degradedSelect({ ...degrading, ...sampled }));
    await derive('baseline', sampledSelect({ table: 'reference', columns: text, ...sampled }));
    await derive('reseeded', sampledSelect({ table: 'reference', columns: text, ...sampled, seed: 8 }));
    const asked = await engine.run(
      [
        {
          name: 'rows',
          sql: `SELECT (SELECT count(*) FROM candidate) AS n, (SELECT count(*) FROM baseline) AS m,
            (SELECT count(*) FROM candidate JOIN baseline ON CAST(candidate.id AS VARCHAR) = baseline.id) AS both_,
            (SELECT count(*) FROM reseeded JOIN baseline USING (id)) AS reseeded`,
        },
      ],
      signal,
    );
    const { n, m, both_, reseeded } = asked.get('rows')?.[0] ?? {};
    expect(Number(n)).toBeGreaterThan(850);
    expect(Number(n)).toBeLessThan(1150);
    expect([m, both_]).toEqual([n, n]);
    expect(Number(reseeded)).toBeLessThan(300);
  });

  it('is told in words', () => {
    expect(degradedWords({ classification: true, regression: false })).toBe(
      'a copy of the candidate with another class predicted and its scores exchanged in nine rows of ten',
    );
    expect(degradedWords({ classification: false, regression: true })).toContain('off by at least 10 times');
  });
});
