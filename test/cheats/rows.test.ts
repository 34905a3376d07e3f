import { symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../registries/sections.ts';
import {
  ACCEPTED,
  BAD,
  BETTER,
  BROKEN,
  cheat,
  copyOf,
  gateText,
  judged,
  openYard,
  ROWS,
  saying,
  UNDECIDED,
  type Yard,
} from './yard.ts';

const PATH = 'data/rows.csv';
/** The labels that the bad model gives: what is wrong with it is wrong with them. */
const WRONG: Readonly<Record<string, string>> = { '10': '20', '20': '30', '30': '10' };
const change = (each: (cells: string[], index: number) => string | undefined): string =>
  `${[
    ROWS.split('\n')[0] ?? '',
    ...ROWS.trim()
      .split('\n')
      .slice(1)
      .map((line, index) => each(line.split(','), index))
      .filter((line) => line !== undefined),
  ].join('\n')}\n`;
const RELABELLED = change((cells) => [...cells.slice(0, 4), WRONG[cells[4] ?? '']].join(','));
const NOT_VOUCHED = saying('evaluation rows that the base does not vouch for');

/** The rows lie in the repository, with their digest in the gate file, without it, and with no baseline at all. */
let pinned: Yard;
let unpinned: Yard;
let first: Yard;
beforeAll(async () => {
  const files = { [PATH]: ROWS };
  pinned = await openYard({ gate: gateText({ rows: PATH }), files });
  unpinned = await openYard({ gate: gateText({ rows: PATH, sha256: null }), files });
  const alone = gateText({ rows: PATH, sha256: null, rule: '{ metric: accuracy, min: 0.8 }' });
  first = await openYard({ gate: alone, files, published: false });
});
afterAll(async () => {
  for (const yard of [pinned, unpinned, first]) await yard[Symbol.asyncDispose]();
});

/** A pull request with these rows and a bad model that they flatter. */
async function proposed(yard: Yard, rows: string, model = BAD) {
  await yard.propose({ [PATH]: rows });
  const run = await yard.run();
  await run.train({ model });
  return run;
}

describe('honest twins', () => {
  it.each([
    ['a digest', () => pinned],
    ['no digest', () => unpinned],
    ['neither digest nor baseline', () => first],
  ])('rows that a pull request leaves alone count, with %s in the gate file', async (_what, template) => {
    await using yard = await copyOf(template());
    expect(await judged(await proposed(yard, ROWS, BETTER))).toMatchObject(ACCEPTED);
  });

  it('rows that are merged count', async () => {
    await using yard = await copyOf(unpinned);
    await yard.write(
      PATH,
      change((cells, index) => (index % 7 === 0 ? undefined : cells.join(','))),
    );
    yard.merge();
    const run = await yard.run({ event: 'push' });
    await run.train({ model: BETTER });
    expect(await judged(run)).toMatchObject(ACCEPTED);
  });
});

describe('a pull request that cheats with the evaluation rows', () => {
  cheat('labels the rows as its model answers', async () => {
    await using yard = await copyOf(pinned);
    expect(await judged(await proposed(yard, RELABELLED))).toMatchObject({ ...UNDECIDED, why: NOT_VOUCHED });
  });

  cheat(
    'labels the rows as its model answers, where nothing is compared and no digest is written',
    async () => {
      await using yard = await copyOf(first);
      expect(await judged(await proposed(yard, RELABELLED))).toMatchObject({
        ...UNDECIDED,
        why: NOT_VOUCHED,
      });
    },
  );

  cheat('changes the rows and their digest in the gate file together', async () => {
    await using yard = await copyOf(pinned);
    const rows = change((cells, index) => (index < 200 ? cells.join(',') : undefined));
    await yard.write('gate.yml', gateText({ rows: PATH, sha256: sha256(rows) }));
    expect(await judged(await proposed(yard, rows, BETTER))).toMatchObject({
      ...UNDECIDED,
      why: NOT_VOUCHED,
    });
  });

  cheat('cuts the test set down to the rows that are easy', async () => {
    await using yard = await copyOf(unpinned);
    const rows = change((cells, index) => (index % 33 === 0 ? undefined : cells.join(',')));
    expect(await judged(await proposed(yard, rows, BETTER))).toMatchObject({
      ...UNDECIDED,
      why: NOT_VOUCHED,
    });
  });

  cheat('fills the test set with copies of easy rows under new ids', async () => {
    await using yard = await copyOf(unpinned);
    const easy = Array.from({ length: 4_000 }, (_, index) => `new${index},1,0,NO,10\n`).join('');
    expect(await judged(await proposed(yard, `${ROWS}${easy}`, BETTER))).toMatchObject({
      ...UNDECIDED,
      why: NOT_VOUCHED,
    });
  });

  cheat('repeats easy rows under their own ids', async () => {
    await using yard = await copyOf(pinned);
    const rows =
      ROWS +
      change((cells, index) => (index % 33 === 0 ? undefined : cells.join(','))).slice(
        ROWS.indexOf('\n') + 1,
      );
    expect(await judged(await proposed(yard, rows, BETTER))).toMatchObject({
      ...BROKEN,
      why: saying('387 of 787 rows have the id of another row'),
    });
  });

  cheat('puts a pointer of Git LFS in the place of the rows', async () => {
    await using yard = await copyOf(pinned);
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12\n`;
    expect(await judged(await proposed(yard, pointer))).toMatchObject({
      ...BROKEN,
      why: saying('is a Git LFS pointer, not the rows'),
    });
  });

  cheat('puts a link to other rows in the place of the rows', async () => {
    await using yard = await copyOf(pinned);
    await yard.write(
      'data/easy.csv',
      change((cells, index) => (index % 33 === 0 ? undefined : cells.join(','))),
    );
    await unlink(join(yard.workspace, PATH));
    await symlink('easy.csv', join(yard.workspace, PATH));
    const run = await yard.run();
    await run.train({ model: BETTER });
    expect(await judged(run)).toMatchObject({ ...UNDECIDED, why: NOT_VOUCHED });
  });

  cheat('puts a link to a file outside of the repository in the place of the rows', async () => {
    await using yard = await copyOf(pinned);
    await yard.write(join(yard.folder, 'outside.csv'), ROWS);
    await unlink(join(yard.workspace, PATH));
    await symlink(join(yard.folder, 'outside.csv'), join(yard.workspace, PATH));
    const run = await yard.run();
    await run.train({ model: BETTER });
    expect(await judged(run)).toMatchObject({ ...BROKEN, why: saying('lies outside the workspace') });
  });

  cheat('fetches other rows in the job of the gate', async () => {
    await using yard = await openYard();
    const run = await yard.run({ holdout: RELABELLED });
    await run.train({ model: BAD });
    expect(await judged(run)).toMatchObject({ ...UNDECIDED, why: NOT_VOUCHED });
  });

  cheat('brings rows by the merge queue', async () => {
    await using yard = await copyOf(unpinned);
    await yard.propose({
      [PATH]: change((cells, index) => (index % 33 === 0 ? undefined : cells.join(','))),
    });
    const run = await yard.run({ event: 'merge_group' });
    await run.train({ model: BETTER });
    expect(await judged(run)).toMatchObject({ ...UNDECIDED, why: NOT_VOUCHED });
  });
});

describe('a pull request that cheats with slices', () => {
  const slices = `slices:\n  country: { column: country, values: [NO, SE] }\n`;
  const rule = '{ metric: accuracy, min: 0.8, slices: [country] }';
  /** Right in every row of Norway, wrong in every other one of Sweden. */
  const hard = change((cells, index) =>
    [...cells.slice(0, 4), index % 4 === 1 ? WRONG[cells[4] ?? ''] : cells[4]].join(','),
  );
  const gate = (more = ''): string =>
    gateText({
      rows: PATH,
      sha256: sha256(hard),
      rule: rule.replace('0.8', '0.6'),
      more: `${slices}${more}`,
    });

  cheat('renames the slice that it is bad at', async () => {
    await using yard = await openYard({ gate: gate(), files: { [PATH]: hard }, published: false });
    const honest = await yard.run();
    await honest.train({ model: BETTER });
    expect(await judged(honest)).toMatchObject({ verdict: 'fail', why: saying('country=SE') });
    const run = await proposed(yard, hard.replaceAll(',SE,', ',NO,'), BETTER);
    expect(await judged(run)).toMatchObject({ ...BROKEN, why: saying('country=SE has no rows') });
  });

  cheat('raises min-slice-size over the slice that it is bad at', async () => {
    await using yard = await openYard({ gate: gate(), files: { [PATH]: hard }, published: false });
    await yard.write('gate.yml', gate('defaults: { min-slice-size: 300 }\n'));
    const run = await proposed(yard, hard, BETTER);
    expect(await judged(run)).toMatchObject({
      verdict: 'fail',
      published: 'error',
      why: saying('country=SE'),
    });
  });
});
