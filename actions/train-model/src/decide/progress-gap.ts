/** Sooner would cost more requests than a curve gains: the follower itself looks at most every few seconds. */
const SHORTEST_MS = 15_000;
/** In the first hours a curve that is older than this looks as if it had stopped. */
const LONGEST_MS = 5 * 60_000;
/** Early on every eighth of the time that has passed, later every sixtieth: a job may hold 500 artifacts. */
const EARLY_SHARE = 1 / 8;
const LATE_SHARE = 1 / 60;

/** How long a worker waits until it tells its progress again: fewer than 300 times in a job of five days. */
export function progressGap(elapsedMs: number): number {
  const longest = Math.max(LONGEST_MS, elapsedMs * LATE_SHARE);
  return Math.min(longest, Math.max(SHORTEST_MS, elapsedMs * EARLY_SHARE));
}
