import { describe, expect, it } from 'vitest';
import { trainingSection } from '../../../test/record/sections.ts';
import { doubtOf, latestAttempts, type Standpoint } from './believe.ts';

const HERE: Standpoint = {
  repository: 'acme/digits',
  runId: '42',
  attempt: 2,
  tree: { hash: 'a'.repeat(40) },
};
const KEPT = { name: 'n', own: 'n' };

describe('doubtOf', () => {
  it('believes a section of this repository, run and tree, of this or an earlier attempt', () => {
    expect(doubtOf(trainingSection({ run: { attempt: 2 } }), KEPT, HERE)).toBeUndefined();
    expect(doubtOf(trainingSection({ run: { attempt: 1 } }), KEPT, HERE)).toBeUndefined();
  });

  it.each([
    ['other-repository', { commit: { repository: 'evil/digits' } }, /"evil\/digits", not of "acme\/digits"/],
    ['other-repository', { commit: { repository: null } }, /"none"/],
    ['other-run', { run: { id: '41' } }, /run "41", not of "42"/],
    ['later-attempt', { run: { attempt: 3 } }, /attempt 3, which is later than the current one, 2/],
    ['other-tree', { commit: { treeHash: 'b'.repeat(40) } }, /tree b+, not of a+/],
    ['other-tree', { commit: { treeHash: null } }, /tree none/],
  ])('refuses %s', (code, overrides, reason) => {
    const doubt = doubtOf(trainingSection(overrides), KEPT, HERE);
    expect(doubt?.code).toBe(code);
    expect(doubt?.reason).toMatch(reason);
  });

  it('refuses a section that is kept under another name than its own', () => {
    expect(doubtOf(trainingSection({}), { name: 'a', own: 'b' }, HERE)?.code).toBe('other-name');
  });

  it('asks for no tree where another run is read', () => {
    const other = trainingSection({ commit: { treeHash: 'b'.repeat(40) } });
    expect(doubtOf(other, KEPT, { ...HERE, tree: null })).toBeUndefined();
  });
});

describe('latestAttempts', () => {
  it('keeps the highest attempt of each kind, subject and key', () => {
    const first = trainingSection({ run: { key: 'train', attempt: 1 } });
    const second = trainingSection({ run: { key: 'train', attempt: 2 } });
    const other = trainingSection({ run: { key: 'other', attempt: 1 } });
    expect(latestAttempts([first, second, other, second])).toEqual([second, other]);
  });
});
