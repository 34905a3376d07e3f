import type { Logger } from '../../../../../shared/action/logger.ts';
import { messageOf, SubjectError } from '../../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../../shared/github/client.ts';
import type { ConditionalRequests } from '../../../../../shared/github/conditional-requests.ts';
import {
  findRunArtifact,
  listRunArtifacts,
  readArtifactFile,
  type RunArtifact,
} from '../../../../../shared/github/repository-artifacts.ts';
import {
  parseProgressName,
  type Progress,
  PROGRESS_FILE,
  progressName,
  progressSchema,
} from '../../dispatch/progress.ts';
import type { Point } from '../engine.ts';
import { freshLines } from './fresh-lines.ts';

/** A progress of 1,000 points and 200 lines is far smaller. */
const MAX_PROGRESS_BYTES = 8 * 1024 * 1024;
/** Of a training that is found again, what it told long ago is in its record at its end. */
const LOOK_BACK = 3;
/** After so many looks in vain the whole list is asked for, in case a number was left out. */
const MAX_MISSES = 4;

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
  /** It has run for a while already. */
  readonly found: boolean;
}

export interface Seen {
  readonly lines: string[];
  readonly points: Point[];
}

/** Reads the numbered progress artifacts of one worker's run, each once and in order. */
export class ProgressReader {
  readonly #source: ProgressSource;
  readonly #of: ProgressOf;
  #next: number | undefined;
  #misses = 0;
  #lineCount = 0;

  constructor(source: ProgressSource, of: ProgressOf) {
    this.#source = source;
    this.#of = of;
    this.#next = of.found ? undefined : 1;
  }

  /** Reads on as long as `mayAsk` allows another artifact, which costs three requests at most. */
  async look(mayAsk: () => boolean, signal: AbortSignal): Promise<Seen> {
    const seen: Seen = { lines: [], points: [] };
    const { requests, repository } = this.#source;
    while (mayAsk()) {
      if (this.#next === undefined || this.#misses >= MAX_MISSES) await this.#skip(signal);
      const sequence = this.#next ?? 1;
      const { runId, submissionKey, generation } = this.#of;
      const name = progressName(submissionKey, generation, sequence);
      const artifact = await findRunArtifact(requests, { repository, runId, name }, signal);
      if (artifact === undefined) {
        this.#misses += 1;
        break;
      }
      this.#misses = 0;
      const progress = await this.#read(artifact, sequence, signal);
      this.#next = sequence + 1;
      if (progress === undefined) continue;
      seen.lines.push(...freshLines(this.#lineCount, progress, this.#of.url));
      this.#lineCount = Math.max(this.#lineCount, progress.lineCount);
      seen.points.push(
        ...progress.points.map(({ step, values, total }) => ({ step, values, total: total ?? undefined })),
      );
    }
    return seen;
  }

  /** Goes on from what the list of artifacts holds. */
  async #skip(signal: AbortSignal): Promise<void> {
    const { client, repository } = this.#source;
    const { runId, submissionKey, generation } = this.#of;
    this.#misses = 0;
    const artifacts = await listRunArtifacts(client, { repository, runId }, signal);
    const sequences = artifacts
      .flatMap(({ name }) => {
        const told = parseProgressName(name);
        return told?.submissionKey === submissionKey && told.generation === generation ? [told.sequence] : [];
      })
      .toSorted((a, b) => a - b);
    const from = this.#next ?? (sequences.at(-1) ?? 0) - LOOK_BACK;
    this.#next = sequences.find((sequence) => sequence >= from) ?? this.#next ?? 1;
  }

  /** What cannot be believed is left out, and said; what could not be had now is asked for again. */
  async #read(artifact: RunArtifact, sequence: number, signal: AbortSignal): Promise<Progress | undefined> {
    const { client, repository, logger } = this.#source;
    const leftOut = (why: string): undefined => {
      logger.warning(`The progress in the artifact "${artifact.name}" is left out: ${why}`);
    };
    try {
      const options = { repository, artifact, file: PROGRESS_FILE, maxBytes: MAX_PROGRESS_BYTES };
      const text = await readArtifactFile(client, options, signal);
      const parsed = progressSchema.safeParse(JSON.parse(text ?? 'null'));
      if (!parsed.success) return leftOut('it has not the documented form.');
      const { submissionKey, generation } = parsed.data;
      const own =
        submissionKey === this.#of.submissionKey &&
        generation === this.#of.generation &&
        parsed.data.sequence === sequence;
      return own ? parsed.data : leftOut('it is that of another training.');
    } catch (error) {
      if (error instanceof SubjectError || error instanceof SyntaxError) return leftOut(messageOf(error));
      throw error;
    }
  }
}
