import type { Logger } from '../../../../../shared/action/logger.ts';
import { messageOf, SubjectError } from '../../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../../shared/github/client.ts';
import type { ConditionalRequests } from '../../../../../shared/github/conditional-requests.ts';
import {
  ARTIFACTS_PER_PAGE,
  readArtifactFile,
  readArtifactPage,
  type RunArtifact,
} from '../../../../../shared/github/repository-artifacts.ts';
import { parseProgressName, type Progress, PROGRESS_FILE, progressSchema } from '../../dispatch/progress.ts';
import type { Point } from '../engine.ts';
import { freshLines } from './fresh-lines.ts';

/** A progress of 1,000 points and 200 lines is far smaller. */
const MAX_PROGRESS_BYTES = 8 * 1024 * 1024;
/** What a look costs at most: the list in two pages, and one artifact. */
export const LOOK_REQUESTS = 3;

export interface ProgressSource {
  readonly client: GitHubClient;
  readonly requests: ConditionalRequests;
  readonly repository: string;
  readonly logger: Logger;
}

export interface ProgressOf {
  readonly runId: string;
  readonly url: string;
  readonly submissionKey: string;
  readonly generation: number;
}

export interface Seen {
  readonly lines: string[];
  readonly points: Point[];
}

/** Reads the newest of the numbered progress artifacts of one worker's run, which tells all that those before told. */
export class ProgressReader {
  readonly #source: ProgressSource;
  readonly #of: ProgressOf;
  #last = 0;
  #lastRow = 0;
  #lineCount = 0;

  constructor(source: ProgressSource, of: ProgressOf) {
    this.#source = source;
    this.#of = of;
  }

  /** Looks for what is new, by LOOK_REQUESTS at most. */
  async look(signal: AbortSignal): Promise<Seen> {
    const newest = await this.#newest(signal);
    if (newest === undefined) return { lines: [], points: [] };
    const { sequence, artifact } = newest;
    const progress = await this.#read(artifact, sequence, signal);
    this.#last = sequence;
    if (progress === undefined) return { lines: [], points: [] };
    const lines = freshLines(this.#lineCount, progress, this.#of.url);
    const fresh = progress.points.filter(({ row }) => row > this.#lastRow);
    this.#lineCount = Math.max(this.#lineCount, progress.lineCount);
    this.#lastRow = Math.max(this.#lastRow, ...fresh.map(({ row }) => row));
    return {
      lines,
      points: fresh.map(({ step, values, total }) => ({ step, values, total: total ?? undefined })),
    };
  }

  /** The newest artifact, where it was not there at the look before. */
  async #newest(signal: AbortSignal): Promise<{ sequence: number; artifact: RunArtifact } | undefined> {
    const { requests, repository } = this.#source;
    const { runId, submissionKey, generation } = this.#of;
    const first = await readArtifactPage(requests, { repository, runId, page: 1 }, signal);
    // GitHub promises no order: the newest are on the first page or on the last.
    const page = Math.ceil(first.total / ARTIFACTS_PER_PAGE);
    const last = page > 1 ? await readArtifactPage(requests, { repository, runId, page }, signal) : undefined;
    return [...first.artifacts, ...(last?.artifacts ?? [])]
      .map((artifact) => ({ artifact, ...parseProgressName(artifact.name) }))
      .filter(
        (told): told is typeof told & { sequence: number } =>
          told.submissionKey === submissionKey &&
          told.generation === generation &&
          told.sequence !== undefined &&
          told.sequence > this.#last,
      )
      .toSorted((a, b) => a.sequence - b.sequence)
      .at(-1);
  }

  /** What cannot be believed is left out, and said; what could not be had now is asked for again. */
  async #read(artifact: RunArtifact, sequence: number, signal: AbortSignal): Promise<Progress | undefined> {
    const { client, repository, logger } = this.#source;
    let why: string;
    try {
      const options = { repository, artifact, file: PROGRESS_FILE, maxBytes: MAX_PROGRESS_BYTES };
      const text = await readArtifactFile(client, options, signal);
      const parsed = progressSchema.safeParse(JSON.parse(text ?? 'null'));
      const told = parsed.data;
      const own =
        told?.submissionKey === this.#of.submissionKey &&
        told.generation === this.#of.generation &&
        told.sequence === sequence;
      if (own) return told;
      why = parsed.success ? 'it is that of another training.' : 'it has not the documented form.';
    } catch (error) {
      if (!(error instanceof SubjectError) && !(error instanceof SyntaxError)) throw error;
      why = messageOf(error);
    }
    logger.warning(`The progress in the artifact "${artifact.name}" is left out: ${why}`);
    return undefined;
  }
}
