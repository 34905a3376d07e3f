/** The longest job there is, on a self-hosted runner. */
const LONGEST_JOB_MS = 5 * 24 * 3_600_000;
/** A job may have 500 artifacts; the progress of a worker and its results need the others. */
const MOST_CHECKPOINTS = 190;
/** The gap grows to one of these parts of what was trained so far, which a loss would cost at most once more. */
const PARTS = [60, 40, 25, 15] as const;

/** About how many are saved in the longest job: evenly at first, then ever more seldom (a harmonic sum). */
function countWith(part: number, checkpointMs: number): number {
  return part * (1 + Math.log(Math.max(1, LONGEST_JOB_MS / (part * checkpointMs))));
}

/** How long to wait before the next checkpoint is saved: as the user wrote it, and longer the longer it trains. */
export function checkpointGap(checkpointMs: number, elapsedMs: number): number {
  const part = PARTS.find((candidate) => countWith(candidate, checkpointMs) <= MOST_CHECKPOINTS) ?? 15;
  return Math.max(checkpointMs, elapsedMs / part);
}
