import type { Owner } from '../../../../shared/errors.ts';

/** One deployed version. The id is made by this action, and never used again. */
export interface Revision {
  readonly id: string;
  readonly version: string;
  readonly modelDigest: string;
}

/** A revision to be, whose files lie in `folder`. */
export interface Deployable extends Revision {
  readonly model: string;
  /** Absolute: what is served, the only .onnx file, the only file, or the folder. */
  readonly path: string;
  /** How the user knows it. */
  readonly label: string;
}

/** What can be seen of a revision now. `url` is where it answers itself, with traffic or without. */
export type Observation =
  | { readonly state: 'ready'; readonly url: string }
  | { readonly state: 'waiting'; readonly reason: string }
  | { readonly state: 'failed'; readonly owner: Owner; readonly reason: string };

/**
 * Where a model is served (port). One endpoint each. Nothing but `current` and `observe` may be called before
 * `current` was: what serves is captured before anything is touched.
 */
export interface EndpointTarget {
  readonly kind: 'local' | 'command';
  /** A new revision can be tried while the old one serves. */
  readonly dark: boolean;
  /** Where the files of a revision belong. They are removed with it. */
  folderOf(revision: string): string;
  current(signal: AbortSignal): Promise<Revision | undefined>;
  /** Starts a revision, dark where the target can. */
  apply(deployable: Deployable, signal: AbortSignal): Promise<void>;
  observe(revision: string, signal: AbortSignal): Promise<Observation>;
  /** Gives the revision all traffic, if `expected` has it. Returns the endpoint's address. */
  shift(revision: string, expected: string | undefined, signal: AbortSignal): Promise<string>;
  /** Gives a recorded revision all traffic again. Idempotent. */
  restore(revision: string, signal: AbortSignal): Promise<string>;
  /** The revision stays; the one before it is ended. */
  confirm(revision: string, signal: AbortSignal): Promise<void>;
  /** Ends a revision and removes its files. What had the traffic before an unconfirmed one gets it back. */
  remove(revision: string, signal: AbortSignal): Promise<void>;
}
