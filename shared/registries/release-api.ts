import type { Readable } from 'node:stream';

/** One file of a release. */
export interface ReleaseAsset {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  /** False while the upload runs or after it was cut off. */
  readonly uploaded: boolean;
  /** GitHub's own SHA-256 of the bytes; null on servers that do not compute one. */
  readonly sha256: string | null;
}

export interface Release {
  readonly id: number;
  readonly tag: string;
  readonly draft: boolean;
  readonly body: string;
  readonly created: string;
  readonly url: string;
  readonly uploadUrl: string;
  readonly assets: readonly ReleaseAsset[];
}

export interface TagReference {
  /** In full: `refs/…`. */
  readonly ref: string;
  readonly sha: string;
}

export interface Publication {
  readonly tag: string;
  readonly name: string;
  readonly body: string;
}

/**
 * What the registry needs of a code host's releases and Git objects. Each call fails with an InfrastructureError
 * that names the permission where one is missing; `exists` and `conflict` are outcomes, for a race has a loser.
 */
export interface ReleaseApi {
  /** Half a sentence for errors: `the releases of acme/yard`. */
  readonly title: string;
  /** Published releases and, where the token may write, drafts. */
  listReleases(signal: AbortSignal): Promise<Release[]>;
  release(id: number, signal: AbortSignal): Promise<Release>;
  createDraft(tag: string, name: string, signal: AbortSignal): Promise<Release>;
  /** Publishes a draft as a pre-release under a tag that exists. */
  publish(id: number, publication: Publication, signal: AbortSignal): Promise<Release | 'exists'>;
  deleteRelease(id: number, signal: AbortSignal): Promise<void>;
  /** Sends a blob, which streams from disk and can be sent again. */
  upload(
    release: Release,
    name: string,
    label: string,
    blob: Blob,
    signal: AbortSignal,
  ): Promise<ReleaseAsset | 'exists'>;
  deleteAsset(id: number, signal: AbortSignal): Promise<void>;
  download(id: number, signal: AbortSignal): Promise<Readable>;
  /** References whose full name begins with `refs/<prefix>`. */
  references(prefix: string, signal: AbortSignal): Promise<TagReference[]>;
  createReference(ref: string, sha: string, signal: AbortSignal): Promise<'created' | 'exists'>;
  /** Moves a reference to a descendant of the commit that it points at, and nowhere else. */
  fastForward(ref: string, sha: string, signal: AbortSignal): Promise<'moved' | 'conflict'>;
  /** Writes an annotated tag object; nothing points at it yet. */
  createTagObject(tag: string, message: string, commit: string, signal: AbortSignal): Promise<string>;
  /** The message of a tag object; undefined where the name is that of something else. */
  tagMessage(sha: string, signal: AbortSignal): Promise<string | undefined>;
  /** Writes a commit with one small file; nothing points at it yet. */
  createCommit(message: string, parents: readonly string[], signal: AbortSignal): Promise<string>;
  commitMessage(sha: string, signal: AbortSignal): Promise<string>;
}
