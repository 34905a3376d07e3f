/** What one read takes at most: reading it as rows keeps this process busy for some hundredths of a second. */
export const LOOK_BYTES = 1024 * 1024;
/** Reads at one look, so that it ends soon whatever was written meanwhile. */
export const READS_A_LOOK = 4;
/** Rows that one look passes on: more show nothing more. */
export const ROWS_A_LOOK = 1_000;
/** A million rows of a few metrics; what is longer is data. */
export const MAX_SOURCE_BYTES = 256 * 1024 * 1024;
/** A cancelled step has some seconds left in all: of each source so many reads are made then. */
export const READS_WHEN_CANCELLED = 16;
/** A document that is read whole at each look. */
export const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024;
/** A row of metrics is shorter by far; what goes on without a line break is none. */
export const MAX_ROW_BYTES = 1024 * 1024;
/** Files of one source: a run writes a few, a search over parameters some hundred. */
export const MAX_FILES = 1_000;
export const MAX_DEPTH = 8;
/** Twice a second shows a curve that lives; more would take processor time from the training. */
export const LEAST_GAP_MS = 500;
/** A server is asked for each metric. */
export const SERVER_GAP_MS = 10_000;
/** Problems of one source that are told; the first ones say what is wrong. */
export const MOST_PROBLEMS = 3;
/** Names are cut behind this: what a worker tells its dispatcher holds no longer ones. */
export const MAX_NAME_CHARACTERS = 200;
