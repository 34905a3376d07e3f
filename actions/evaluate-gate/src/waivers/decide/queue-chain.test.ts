import { describe, expect, it } from 'vitest';
import { queueBranchOf, queueChain } from './queue-chain.ts';

const [MAIN = '', ONE = '', TWO = '', THREE = ''] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(40));
const queue = (number: number, base: string, branch = 'release/1'): string =>
  `refs/heads/gh-readonly-queue/${branch}/pr-${number}-${base}`;
const newest = { number: 3, base: TWO, prefix: 'heads/gh-readonly-queue/release/1/pr-' };

describe('a branch of a merge queue', () => {
  it('names its pull request and its base', () => {
    expect(queueBranchOf(queue(3, TWO))).toEqual(newest);
  });

  it.each([null, 'refs/heads/main', queue(3, 'short'), `refs/tags/gh-readonly-queue/main/pr-3-${TWO}`])(
    'is not %s',
    (ref) => {
      expect(queueBranchOf(ref)).toBeUndefined();
    },
  );
});

describe('the pull requests of a merge group', () => {
  it('are those that were queued before it, each built on the one before', () => {
    const refs = [
      { ref: queue(9, ONE), sha: 'e'.repeat(40) },
      { ref: queue(1, MAIN), sha: ONE },
      { ref: queue(2, ONE), sha: TWO },
      { ref: queue(3, TWO), sha: THREE },
      { ref: queue(4, THREE), sha: 'f'.repeat(40) },
      { ref: 'refs/heads/main', sha: MAIN },
    ];
    expect(queueChain(newest, refs)).toEqual({ numbers: [3, 2, 1], base: MAIN });
  });

  it('are none of another queue', () => {
    const refs = [{ ref: queue(2, ONE, 'main'), sha: TWO }];
    expect(queueChain(newest, refs)).toEqual({ numbers: [3], base: TWO });
  });

  it('end where branches lead in a circle', () => {
    const refs = [
      { ref: queue(2, THREE), sha: TWO },
      { ref: queue(3, TWO), sha: THREE },
    ];
    expect(queueChain(newest, refs)).toEqual({ numbers: [3, 2], base: THREE });
  });
});
