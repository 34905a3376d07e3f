/** A branch of a merge queue: `gh-readonly-queue/<base branch>/pr-<n>-<base>`, where `<base>` is what it was built on. */
export interface QueueBranch {
  readonly number: number;
  readonly base: string;
  /** Of `refs/`, up to the number: what the branches of one queue share. */
  readonly prefix: string;
}

export interface QueueRef {
  readonly ref: string;
  readonly sha: string;
}

export interface QueueChain {
  /** The pull requests of the merge group: the newest first, then those that were queued before it. */
  readonly numbers: readonly number[];
  /** The commit that the oldest of them was built on. */
  readonly base: string;
}

const QUEUE_REF = /^(?:refs\/)?(heads\/gh-readonly-queue\/.+\/pr-)(\d{1,9})-([0-9a-f]{40,64})$/;
/** GitHub builds no larger groups (docs: "Managing a merge queue", maximum of the group size). */
const MAX_PULLS = 100;

/** What a merge queue's branch says of itself; undefined where the ref is none. */
export function queueBranchOf(ref: string | null): QueueBranch | undefined {
  const [, prefix, number, base] = QUEUE_REF.exec(ref ?? '') ?? [];
  return prefix === undefined || base === undefined ? undefined : { number: Number(number), base, prefix };
}

/**
 * The pull requests whose changes a merge group holds. Each queued one is built on the commit of the one before it, so
 * the branch whose commit is the base of another comes before that one.
 */
export function queueChain(newest: QueueBranch, refs: readonly QueueRef[]): QueueChain {
  const byCommit = new Map(
    refs.flatMap(({ ref, sha }) => {
      const branch = queueBranchOf(ref);
      return branch?.prefix === newest.prefix ? [[sha, branch] as const] : [];
    }),
  );
  const numbers = [newest.number];
  let { base } = newest;
  while (numbers.length < MAX_PULLS) {
    const before = byCommit.get(base);
    if (before === undefined || numbers.includes(before.number)) break;
    numbers.push(before.number);
    base = before.base;
  }
  return { numbers, base };
}
