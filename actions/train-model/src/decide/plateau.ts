const WORDS = { min: 'fallen below', max: 'risen above' } as const;

/** Tells when a metric has not become better for so many steps. */
export class PlateauWatch {
  readonly #metric: string;
  readonly #steps: number;
  readonly #direction: 'min' | 'max';
  #best: { value: number; step: number } | undefined;

  constructor(rule: { readonly metric: string; readonly steps: number; readonly direction: 'min' | 'max' }) {
    this.#metric = rule.metric;
    this.#steps = rule.steps;
    this.#direction = rule.direction;
  }

  /** Begins a sentence that says how long it has not become better; undefined while it may still. */
  observe(metric: string, step: number, value: number): string | undefined {
    if (metric !== this.#metric) return undefined;
    const best = this.#best;
    if (best === undefined || (this.#direction === 'min' ? value < best.value : value > best.value)) {
      this.#best = { value, step };
      return undefined;
    }
    // A metrics file that was begun anew counts its steps anew.
    if (step < best.step) best.step = step;
    if (step - best.step < this.#steps) return undefined;
    return (
      `It came to a plateau: ${metric} has not ${WORDS[this.#direction]} ${Number(best.value.toPrecision(4))}, ` +
      `its value at step ${best.step}, for ${step - best.step} steps (rule "plateau" of "stop-on")`
    );
  }
}
