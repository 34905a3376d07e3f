const SHORT_MS = 10 * 60_000;
/** The gap grows to this part of what a loss would cost anyway: what was trained so far. */
const PART = 60;
/** Who asks for many checkpoints gets them for the first hours. */
const PART_OF_SHORT = 30;

/**
 * How long to wait before the next checkpoint is saved. The gap grows with the training, so that one of five days
 * stays below 350 checkpoints: a job may have 500 artifacts, of which the progress of a worker needs some too.
 */
export function checkpointGap(checkpointMs: number, elapsedMs: number): number {
  return Math.max(checkpointMs, elapsedMs / (checkpointMs < SHORT_MS ? PART_OF_SHORT : PART));
}
