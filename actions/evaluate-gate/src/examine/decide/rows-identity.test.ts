import { describe, expect, it } from 'vitest';
import { type Identity, rowsChanged } from './rows-identity.ts';

const [FOUND, OTHER] = ['a'.repeat(64), 'b'.repeat(64)];

const changed = (over: Partial<Identity>, sha256: string | undefined): boolean =>
  rowsChanged({
    found: FOUND,
    examination: { rows: 'rows.csv', sha256, line: 7 },
    base: null,
    baseline: null,
    event: 'push',
    policyFrom: 'base',
    gatePath: 'gate.yml',
    ...over,
  });

describe('rowsChanged', () => {
  it.each<[string, Partial<Identity>, string | undefined, boolean]>([
    ['the digest of the gate file holds', {}, FOUND, false],
    [
      'it holds, though the baseline had other rows',
      { event: 'pull_request', baseline: OTHER },
      FOUND,
      false,
    ],
    ['a pull request brings other rows', { event: 'pull_request' }, OTHER, true],
    ['a merge group brings other rows', { event: 'merge_group' }, OTHER, true],
    ['a pull request, and nothing that vouches for its rows', { event: 'pull_request' }, undefined, true],
    [
      'the same, where the head is to be believed',
      { event: 'pull_request', policyFrom: 'head' },
      undefined,
      false,
    ],
    [
      'a pull request, as the base',
      { event: 'pull_request', base: FOUND, baseline: OTHER },
      undefined,
      false,
    ],
    [
      'a pull request, not as the base, though as a baseline',
      { event: 'pull_request', base: OTHER, baseline: FOUND },
      undefined,
      true,
    ],
    ['a pull request, by the baseline', { event: 'pull_request', baseline: OTHER }, undefined, true],
    ['a pull request, as the baseline', { event: 'pull_request', baseline: FOUND }, undefined, false],
    ['merged rows', { event: 'push', baseline: OTHER }, undefined, false],
  ])('%s', (_what, over, sha256, expected) => {
    expect(changed(over, sha256)).toBe(expected);
  });

  it.each<Partial<Identity>>([
    { event: 'push' },
    { event: 'terminal' },
    { event: 'pull_request', policyFrom: 'head' },
  ])('names both digests where nothing is proposed: %j', (over) => {
    expect(() => changed(over, OTHER)).toThrow(
      `gate.yml:7: the evaluation rows rows.csv have the SHA-256 ${FOUND}; "rows-sha256" demands ${OTHER}.`,
    );
  });
});
