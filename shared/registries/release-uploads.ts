import { openAsBlob } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../action/logger.ts';
import { InfrastructureError, SubjectError } from '../errors.ts';
import { hashFile } from '../record/digest.ts';
import { HashingStream } from '../record/hashing-stream.ts';
import { sha256Of } from './hashing.ts';
import type { LocalFile } from './registry.ts';
import type { Release, ReleaseApi, ReleaseAsset } from './release-api.ts';
import {
  assetName,
  MANIFEST_ASSET,
  type ManifestPart,
  partsOf,
  planParts,
  type ReleaseManifest,
} from './release-manifest.ts';
import type { ReleaseReader } from './release-reader.ts';

interface UploadOptions {
  readonly api: ReleaseApi;
  readonly reader: ReleaseReader;
  readonly logger: Logger;
  /** GitHub takes assets below this size. */
  readonly assetLimitBytes: number;
  /** How long to wait for another upload of the same asset, in milliseconds. */
  readonly uploadWaitMs: number;
}

const POLL_MS = 1_000;

/** Brings files into a draft release, by digest: what is there and whole is not sent again. */
export class ReleaseUploads {
  readonly #api: ReleaseApi;
  readonly #reader: ReleaseReader;
  readonly #logger: Logger;
  readonly #limit: number;
  readonly #uploadWaitMs: number;

  constructor({ api, reader, logger, assetLimitBytes, uploadWaitMs }: UploadOptions) {
    this.#api = api;
    this.#reader = reader;
    this.#logger = logger;
    this.#limit = assetLimitBytes;
    this.#uploadWaitMs = uploadWaitMs;
  }

  async bringFiles(
    releaseId: number,
    files: readonly LocalFile[],
    signal: AbortSignal,
  ): Promise<ReleaseManifest['files']> {
    const brought: ReleaseManifest['files'] = [];
    for (const { reference, path } of files) {
      const { bytes, sha256 } = await hashFile(path, signal);
      if (bytes !== reference.bytes || sha256 !== reference.sha256) {
        throw new SubjectError(
          'model',
          `The file ${reference.path} changed: its bytes are not those of the record.`,
          {
            remedy: 'Nothing was published. Train and gate again.',
          },
        );
      }
      const blob = await openAsBlob(path);
      const plan = planParts(bytes, this.#limit);
      const parts: ManifestPart[] = [];
      for (const { start, end, suffix } of plan) {
        const part = plan.length === 1 ? { bytes, sha256 } : await hashFile(path, signal, { start, end });
        const asset = assetName(reference.path, sha256, suffix);
        await this.#upload(
          releaseId,
          { asset, ...part },
          reference.path + suffix,
          blob.slice(start, end),
          signal,
        );
        parts.push({ asset, ...part });
      }
      brought.push({ path: reference.path, role: reference.role, bytes, sha256, parts });
    }
    return brought;
  }

  async bringText(releaseId: number, name: string, text: string, signal: AbortSignal): Promise<ManifestPart> {
    const blob = new Blob([text]);
    const sha256 = sha256Of(text);
    const part = { asset: assetName(name, sha256), bytes: blob.size, sha256 };
    await this.#upload(releaseId, part, name, blob, signal);
    return part;
  }

  /** Uploads one asset if it is not there. An upload that was cut off, or has other bytes, is replaced. */
  async #upload(
    releaseId: number,
    part: ManifestPart,
    label: string,
    blob: Blob,
    signal: AbortSignal,
  ): Promise<void> {
    const deadline = Date.now() + this.#uploadWaitMs;
    for (;;) {
      const release = await this.#api.release(releaseId, signal);
      const there = release.assets.find(({ name }) => name === part.asset);
      if (there !== undefined && (await this.#hasBytes(there, part, signal))) return;
      if (there !== undefined) {
        if (!there.uploaded && Date.now() < deadline) {
          await sleep(POLL_MS, undefined, { signal });
          continue;
        }
        await this.#api.deleteAsset(there.id, signal);
      }
      this.#logger.debug(`Uploading ${label} (${part.bytes} bytes) as ${part.asset}.`);
      const sent = await this.#api.upload(release, part.asset, label, blob, signal);
      if (sent !== 'exists' && (await this.#hasBytes(sent, part, signal))) return;
      if (Date.now() > deadline) {
        throw new InfrastructureError(`GitHub did not keep the bytes of ${label} that were sent to it.`, {
          remedy: 'Nothing was published. Run again.',
        });
      }
    }
  }

  /** True where an asset is whole. Without GitHub's digest its bytes are downloaded and hashed. */
  async #hasBytes(asset: ReleaseAsset, part: ManifestPart, signal: AbortSignal): Promise<boolean> {
    if (!asset.uploaded || asset.bytes !== part.bytes) return false;
    if (asset.sha256 !== null) return asset.sha256 === part.sha256;
    const hashing = new HashingStream();
    hashing.resume();
    for await (const chunk of await this.#api.download(asset.id, signal)) hashing.write(chunk);
    hashing.end();
    return hashing.result().sha256 === part.sha256;
  }

  /** The manifest is written last. One of a publish that was cut off is replaced, as long as nobody sees it. */
  async replaceManifest(releaseId: number, text: string, signal: AbortSignal): Promise<void> {
    const release = await this.#api.release(releaseId, signal);
    const left = release.draft ? release.assets.find(({ name }) => name === MANIFEST_ASSET) : undefined;
    if (left !== undefined) await this.#api.deleteAsset(left.id, signal);
    const blob = new Blob([text]);
    const sent = release.draft
      ? await this.#api.upload(release, MANIFEST_ASSET, MANIFEST_ASSET, blob, signal)
      : 'exists';
    if (sent === 'exists') this.#logger.debug('Another publisher of the same model wrote the manifest.');
  }

  async verify(release: Release, manifest: ReleaseManifest, signal: AbortSignal): Promise<void> {
    for (const part of partsOf(manifest)) {
      const asset = release.assets.find(({ name }) => name === part.asset);
      if (asset === undefined || !(await this.#hasBytes(asset, part, signal))) {
        throw this.#reader.damaged(`the asset ${part.asset} of the draft is missing or has other bytes`);
      }
    }
  }
}
