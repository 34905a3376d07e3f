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
/** Of many new ones only the newest are fetched: the worker's record holds every point at its end. */
const MAX_FETCHED = 3;

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

/** Reads the numbered progress artifacts of one worker's run, each at most once and in order. */
export class ProgressReader {
  readonly #source: ProgressSource;
  readonly #of: ProgressOf;
  #last = 0;
  #lineCount = 0;

  constructor(source: ProgressSource, of: ProgressOf) {
    this.#source = source;
    this.#of = of;
  }

  /** Looks for what is new, by one or two requests, and one for each of at most `most` artifacts. */
  async look(most: number, signal: AbortSignal): Promise<Seen> {
    const seen: Seen = { lines: [], points: [] };
    const fresh = await this.#fresh(signal);
    for (const { sequence, artifact } of fresh.slice(-Math.min(most, MAX_FETCHED))) {
      const progress = await this.#read(artifact, sequence, signal);
      this.#last = sequence;
      if (progress === undefined) continue;
      seen.lines.push(...freshLines(this.#lineCount, progress, this.#of.url));
      this.#lineCount = Math.max(this.#lineCount, progress.lineCount);
      seen.points.push(
        ...progress.points.map(({ step, values, total }) => ({ step, values, total: total ?? undefined })),
      );
    }
    return seen;
  }

  /** The artifacts that were not there at the look before, oldest first. */
  async #fresh(signal: AbortSignal): Promise<{ sequence: number; artifact: RunArtifact }[]> {
    const { requests, repository } = this.#source;
    const { runId, submissionKey, generation } = this.#of;
    const first = await readArtifactPage(requests, { repository, runId, page: 1 }, signal);
    // GitHub promises no order: the newest are on the first page or on the last.
    const page = Math.ceil(first.total / ARTIFACTS_PER_PAGE);
    const last = page > 1 ? await readArtifactPage(requests, { repository, runId, page }, signal) : undefined;
    const found = new Map<number, RunArtifact>();
    for (const artifact of [...first.artifacts, ...(last?.artifacts ?? [])]) {
      const told = parseProgressName(artifact.name);
      if (told?.submissionKey !== submissionKey || told.generation !== generation) continue;
      if (told.sequence > this.#last) found.set(told.sequence, artifact);
    }
    return [...found]
      .map(([sequence, artifact]) => ({ sequence, artifact }))
      .toSorted((a, b) => a.sequence - b.sequence);
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
