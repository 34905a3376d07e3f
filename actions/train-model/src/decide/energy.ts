const MS_PER_HOUR = 3_600_000;
const WATTS_PER_KILOWATT = 1_000;

/** Adds up the energy of one device from samples of its power, by the trapezoidal rule. */
export class EnergyMeter {
  #wattMs = 0;
  #spans = 0;
  #last: { atMs: number; watts: number } | undefined;

  /** A sample; null where the device did not tell. Over a gap nothing is made up: it starts anew after it. */
  sample(atMs: number, watts: number | null): void {
    if (watts === null) {
      this.#last = undefined;
      return;
    }
    if (this.#last !== undefined && atMs > this.#last.atMs) {
      this.#wattMs += ((this.#last.watts + watts) / 2) * (atMs - this.#last.atMs);
      this.#spans += 1;
    }
    this.#last = { atMs, watts };
  }

  /** In kilowatt hours; null where no two samples in a row told the power. */
  kwh(): number | null {
    return this.#spans === 0 ? null : this.#wattMs / MS_PER_HOUR / WATTS_PER_KILOWATT;
  }
}
