import type { Logger } from '../../../../../shared/action/logger.ts';
import { isExpected, messageOf } from '../../../../../shared/errors.ts';
import { isUnauthorized } from '../../../../../shared/github/permission.ts';
import { lookGapMs, type RequestBudget } from '../../decide/request-budget.ts';
import type { Point } from '../engine.ts';
import type { Feed } from './feed.ts';
import { LOOK_REQUESTS, type ProgressReader } from './progress-reader.ts';

/** By then a worker has told its first rows; a minute later the comment has spent what there is for showing it. */
const FIRST_LOOK_MS = 40_000;

interface Showing {
  readonly reader: ProgressReader;
  readonly budget: RequestBudget;
  readonly logger: Logger;
  readonly lines: Feed<string>;
  readonly points: Feed<Point>;
}

/** Shows what one worker's run tells, as far as the budget of requests allows. */
export class ShownProgress {
  readonly #options: Showing;
  #runningAt: number | undefined;
  #nextLookAt = 0;
  #hasLast = false;

  constructor(options: Showing) {
    this.#options = options;
  }

  /** Looks where it is time to: asked at each look at a run that trains. */
  async look(now: number, signal: AbortSignal): Promise<void> {
    const { budget, logger } = this.#options;
    if (this.#runningAt === undefined) {
      this.#runningAt = now;
      this.#nextLookAt = now + FIRST_LOOK_MS;
    }
    if (now < this.#nextLookAt || budget.affordable(now) < LOOK_REQUESTS) return;
    this.#nextLookAt = now + lookGapMs(now - this.#runningAt);
    try {
      await this.#read(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isExpected(error) || isUnauthorized(error)) throw error;
      // Only shown: the next look brings what this one could not.
      logger.debug(`The progress could not be read: ${error.message}`);
    }
  }

  /** Looks once at what is there when the training has ended. */
  async last(signal: AbortSignal): Promise<void> {
    if (this.#hasLast) return;
    this.#hasLast = true;
    try {
      await this.#read(signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#options.logger.debug(`The last progress could not be read: ${messageOf(error)}`);
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { reader, lines, points } = this.#options;
    const seen = await reader.look(signal);
    lines.push(seen.lines);
    points.push(seen.points);
  }
}
