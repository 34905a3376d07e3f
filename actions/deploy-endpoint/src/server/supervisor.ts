import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EndpointStatus, NewRevision } from './control-protocol.ts';
import type { Upstream } from './proxy.ts';
import { WorkerHandle, type WorkerOptions } from './worker-handle.ts';

/** A command that does not fit the endpoint's state; answered with 409. */
export class Conflict extends Error {}

/** Where a revision's model lies. */
export function revisionFolder(folder: string, id: string): string {
  return join(folder, 'revisions', id);
}

export interface SupervisorOptions extends WorkerOptions {
  readonly endpoint: string;
  readonly folder: string;
  /** Called when the last revision has ended. */
  readonly onEmpty: () => void;
}

/** Knows the revisions of one endpoint and which of them gets the traffic. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #revisions = new Map<string, WorkerHandle>();
  #active: WorkerHandle | undefined;
  #previous: WorkerHandle | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  status(url: string): EndpointStatus {
    return {
      endpoint: this.#options.endpoint,
      url,
      active: this.#active?.spec.id ?? null,
      previous: this.#previous?.spec.id ?? null,
      revisions: [...this.#revisions.values()].map((revision) => revision.status()),
    };
  }

  /** Who answers the next public request. */
  choose(): Upstream | { readonly unavailable: string } {
    return (
      this.#active?.take() ?? { unavailable: `The endpoint "${this.#options.endpoint}" has no revision yet.` }
    );
  }

  /** Starts a revision dark: it serves, and gets no traffic. */
  add(spec: NewRevision): void {
    if (this.#revisions.has(spec.id)) throw new Conflict(`There is a revision ${spec.id} already.`);
    this.#revisions.set(spec.id, new WorkerHandle(spec, this.#options));
  }

  /** Gives all traffic to a revision, if `expected` has it now. */
  shift(to: string, expected: string | null): void {
    const target = this.#serving(to);
    const active = this.#active?.spec.id ?? null;
    if (active !== expected) {
      throw new Conflict(
        `The endpoint serves ${active ?? 'nothing'}, not ${expected ?? 'nothing'}: another deployment changed it.`,
      );
    }
    if (target === this.#active) return;
    this.#previous = this.#active;
    this.#active = target;
    this.#options.log(`traffic: ${expected ?? 'none'} -> ${to}`);
  }

  /** Gives all traffic back to a recorded revision. Does nothing where it has it. */
  restore(to: string): void {
    const target = this.#serving(to);
    if (target !== this.#active) this.#options.log(`traffic restored: ${to}`);
    this.#active = target;
    this.#previous = undefined;
  }

  /** The active revision stays: the one before it is ended when its requests are answered. */
  async confirm(id: string): Promise<void> {
    if (this.#active?.spec.id !== id) throw new Conflict(`The endpoint does not serve ${id}.`);
    const previous = this.#previous;
    this.#previous = undefined;
    if (previous !== undefined) await this.#end(previous);
  }

  /** Ends one revision. Where it has traffic that was never confirmed, the one before it gets it back first. */
  async stop(id: string): Promise<void> {
    const revision = this.#revisions.get(id);
    if (revision === undefined) return;
    if (this.#previous === revision) this.#previous = undefined;
    if (this.#active === revision) {
      this.#active = this.#previous;
      this.#previous = undefined;
    }
    await this.#end(revision);
    if (this.#revisions.size === 0) this.#options.onEmpty();
  }

  async stopAll(): Promise<void> {
    this.#active = undefined;
    this.#previous = undefined;
    await Promise.all([...this.#revisions.values()].map((revision) => this.#end(revision)));
    this.#options.onEmpty();
  }

  async #end(revision: WorkerHandle): Promise<void> {
    await revision.stop();
    this.#revisions.delete(revision.spec.id);
    await rm(revisionFolder(this.#options.folder, revision.spec.id), { recursive: true, force: true });
    this.#options.log(`${revision.spec.id}: ended`);
  }

  #serving(id: string): WorkerHandle {
    const revision = this.#revisions.get(id);
    if (revision === undefined) throw new Conflict(`There is no revision ${id}.`);
    if (revision.status().state !== 'serving') throw new Conflict(`The revision ${id} does not serve.`);
    return revision;
  }
}
