import { nameOfKey } from './gathered.ts';

/**
 * Names of metrics while the training runs: the source that tells a name first keeps it, another's goes by its format.
 * In the end the order in which they are declared decides (`assemble`).
 */
export class LiveNames {
  readonly #owners = new Map<string, number>();
  readonly #groups = new Map<number, Set<string>>();

  nameOf(source: number, prefix: string, group: string, key: string): string {
    const groups = this.#groups.get(source) ?? new Set();
    this.#groups.set(source, groups.add(group));
    const name = nameOfKey(key, groups.size > 1);
    const owner = this.#owners.get(name) ?? source;
    this.#owners.set(name, owner);
    return owner === source ? name : `${prefix}/${name}`;
  }
}
