const HOUR_MS = 3_600_000;
/** Answers in any hour that are not 304: all that a followed training may cost (issue: at most 60). */
const MAX_AN_HOUR = 60;
/** Kept for what must happen: a start, a cancel, the end with its section and log. */
const RESERVE = 10;
/** What only shows how it goes may cost this much at once, and this much an hour in the long run: 50 in any hour. */
const BURST = 16;
const REFILL_AN_HOUR = 34;
/** Below this other jobs of the repository would be starved of GITHUB_TOKEN's 1,000 an hour. */
const LOW_REMAINING = 100;
const MIN_GAP_MS = 60_000;
const MAX_GAP_MS = 480_000;

/** The wait between two looks at the progress: short in the beginning, when it is watched, and longer later. */
export function lookGapMs(elapsedMs: number): number {
  return Math.min(MAX_GAP_MS, Math.max(MIN_GAP_MS, elapsedMs / 2));
}

/** Counts what a followed training costs of the rate limit, and says whether something optional may still be asked. */
export class RequestBudget {
  /** When each of the last hour's was. */
  #answers: number[] = [];
  #remaining = Infinity;
  #purse = BURST;
  #filledAt: number;
  #largest = 0;
  #total = 0;

  constructor(nowMs: number) {
    this.#filledAt = nowMs;
  }

  /** An answer of GitHub; 304 costs nothing. */
  answered(atMs: number, status: number | undefined): void {
    if (status === 304) return;
    this.spend(atMs, 1);
  }

  /** Requests that somebody else makes for this training, such as an edit of the comment. */
  spend(atMs: number, requests: number): void {
    this.#pass(atMs);
    this.#purse = Math.max(0, this.#purse - requests);
    for (let one = 0; one < requests; one += 1) this.#answers.push(atMs);
    this.#total += requests;
    this.#largest = Math.max(this.#largest, this.#answers.length);
  }

  /** What GitHub says is left of the token's limit. */
  told(remaining: number): void {
    this.#remaining = remaining;
  }

  /** True where the token's own limit runs low, so that everything should slow down. */
  get low(): boolean {
    return this.#remaining < LOW_REMAINING;
  }

  /** How many requests may be spent now on something that only shows how it goes. */
  affordable(atMs: number): number {
    this.#pass(atMs);
    if (this.low) return 0;
    return Math.floor(Math.min(this.#purse, MAX_AN_HOUR - RESERVE - this.#answers.length));
  }

  /** The most in any hour so far, and all. */
  get counts(): { readonly largestHour: number; readonly total: number } {
    return { largestHour: this.#largest, total: this.#total };
  }

  #pass(atMs: number): void {
    this.#answers = this.#answers.filter((at) => at > atMs - HOUR_MS);
    this.#purse = Math.min(BURST, this.#purse + ((atMs - this.#filledAt) / HOUR_MS) * REFILL_AN_HOUR);
    this.#filledAt = atMs;
  }
}
