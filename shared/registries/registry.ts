import type { FileReference } from '../record/common.ts';
import type { Section } from '../record/section.ts';

/** One immutable version of a model in a registry. */
export interface Version {
  readonly model: string;
  /** `v<n>`, counted from 1. */
  readonly version: string;
  readonly modelDigest: string;
  /** The registry's own digest of its manifest, `sha256:…`; null where it has none. */
  readonly manifestDigest: string | null;
  /** RFC 3339. */
  readonly created: string;
  readonly aliases: readonly string[];
  readonly files: readonly FileReference[];
  readonly url: string | null;
}

/** Bytes that lie in a registry and that nothing points at yet. */
export interface Staged {
  readonly model: string;
  readonly modelDigest: string;
  readonly files: readonly FileReference[];
  /** What the implementation needs to commit; opaque to callers. */
  readonly handle: unknown;
}

/** A file to be staged: its reference and where its bytes lie on this machine. */
export interface LocalFile {
  readonly reference: FileReference;
  readonly path: string;
}

/** What lies beside the model. Predictions are kept, so that a later candidate can be compared row by row. */
export interface Beside {
  readonly sections: readonly Section[];
  /** Model card in Markdown with Hugging Face front matter. */
  readonly card: string;
  readonly files: readonly LocalFile[];
}

/** A model registry (port). "Empty" and "did not answer" differ: the latter is an InfrastructureError. */
export interface ModelRegistry {
  /** As the user wrote it: `directory:registry`, `github-release`. */
  readonly name: string;
  /** All versions, newest first. An empty list means that the registry answered and has none. */
  list(model: string, signal: AbortSignal): Promise<Version[]>;
  /** The version that an alias points at; undefined where the alias was never set. */
  resolve(model: string, alias: string, signal: AbortSignal): Promise<Version | undefined>;
  /** Brings the bytes, by digest. Idempotent; nothing points at them. */
  stage(
    model: string,
    modelDigest: string,
    files: readonly LocalFile[],
    signal: AbortSignal,
  ): Promise<Staged>;
  /** Creates the next version, `v<n>`, if absent. The same model digest twice is the same version. */
  commit(
    staged: Staged,
    beside: Beside,
    signal: AbortSignal,
  ): Promise<{ version: Version; created: boolean }>;
  /** Compare and set: fails where the alias does not point at `expected` (null: was never set). */
  alias(
    model: string,
    name: string,
    version: string,
    expected: string | null,
    signal: AbortSignal,
  ): Promise<void>;
  /** Brings a version's files of the given roles into `directory`, verified; returns absolute paths. */
  fetch(
    version: Version,
    roles: readonly FileReference['role'][],
    directory: string,
    signal: AbortSignal,
  ): Promise<{ reference: FileReference; path: string }[]>;
  /** The record that was stored beside a version. */
  record(version: Version, signal: AbortSignal): Promise<Section[]>;
}
