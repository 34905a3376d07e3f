import type { SliceFamily } from './gate-file.ts';
import type { Problem, Source } from './source.ts';
import type { RawSlices } from './slices-schema.ts';

/** Finds slice families by name. A name that the gate file does not define is that of a column. */
export class SliceFamilies {
  readonly problems: Problem[] = [];
  readonly #raw: ReadonlyMap<string, RawSlices[string]>;
  readonly #source: Source;
  readonly #found = new Map<string, SliceFamily>();

  constructor(raw: RawSlices, source: Source) {
    this.#raw = new Map(Object.entries(raw));
    this.#source = source;
    for (const name of this.#raw.keys()) this.find(name, 1);
  }

  /** All that are defined or were asked for. */
  get all(): readonly SliceFamily[] {
    return [...this.#found.values()];
  }

  /** `line` is where the name is used, which counts where it is not defined. */
  find(name: string, line: number): SliceFamily {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const family = this.#build(name, line);
    this.#found.set(name, family);
    return family;
  }

  #build(name: string, usedAt: number): SliceFamily {
    const raw = this.#raw.get(name);
    if (raw === undefined) return { name, line: usedAt, kind: 'column', column: name, values: undefined };
    const line = this.#source.lineOf(['slices', name]);
    const { column = name, values, bins, where } = raw;
    if (raw.all !== undefined) return { name, line, kind: 'all', of: this.#parts(name) };
    if (where !== undefined) return { name, line, kind: 'where', predicate: where };
    return bins === undefined
      ? { name, line, kind: 'column', column, values }
      : { name, line, kind: 'bins', column, edges: bins };
  }

  /** The families that an intersection comes down to: one of intersections is one of all their parts. */
  #parts(name: string): string[] {
    const parts = new Set<string>();
    const visit = (each: string, above: readonly string[]): void => {
      if (above.includes(each)) {
        const message = `${this.#source.nameOf(['slices', name])} refers to itself: ${[...above, each].join(', ')}`;
        // A ring is told once, where its first member stands.
        if (each === name) this.#tell({ line: this.#source.lineOf(['slices', name]), message });
        return;
      }
      const all = this.#raw.get(each)?.all;
      if (all === undefined) {
        this.find(each, this.#source.lineOf(['slices', above.at(-1) ?? name, 'all']));
        parts.add(each);
        return;
      }
      for (const part of all) visit(part, [...above, each]);
    };
    visit(name, []);
    return [...parts];
  }

  #tell(problem: Problem): void {
    const remedy = 'Name families of a column, of bins or of a predicate under "all".';
    this.problems.push({ ...problem, remedy });
  }
}
