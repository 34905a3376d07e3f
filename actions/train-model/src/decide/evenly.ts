/** A long sequence in bounded memory: every so many-th item, doubled when there are too many, and the last. */
export class Evenly<T> {
  readonly #most: number;
  #kept: T[] = [];
  #stride = 1;
  #count = 0;
  #last: T[] = [];

  /** Keeps at least half of `most` items where there have been as many, and never more than one above it. */
  constructor(most: number) {
    this.#most = most;
  }

  add(item: T): void {
    this.#last = [item];
    if (this.#count % this.#stride === 0) {
      this.#kept.push(item);
      if (this.#kept.length >= this.#most) {
        this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
        this.#stride *= 2;
      }
    }
    this.#count += 1;
  }

  /** What is kept, in order, with the first and the last. */
  items(): T[] {
    const isLastKept = (this.#count - 1) % this.#stride === 0;
    return isLastKept ? [...this.#kept] : [...this.#kept, ...this.#last];
  }
}
