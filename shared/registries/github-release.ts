import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Logger } from '../action/logger.ts';
import { type InfrastructureError, messageOf } from '../errors.ts';
import type { FileReference } from '../record/common.ts';
import { parseSection, type Section } from '../record/section.ts';
import { aliasMoved, noSuchVersion } from './alias-moved.ts';
import { writeVerified } from './atomic-file.ts';
import { placeWithin } from './paths.ts';
import type { Beside, LocalFile, ModelRegistry, Staged, Version } from './registry.ts';
import type { Release, ReleaseApi } from './release-api.ts';
import { type ReleaseManifest, releaseManifestSchema, writeBody } from './release-manifest.ts';
import { aliasFolder, draftPrefix, draftTagOf, tagOf } from './release-names.ts';
import { takeVersion } from './release-numbers.ts';
import { ReleaseReader } from './release-reader.ts';
import { ReleaseUploads } from './release-uploads.ts';
import { checkAliasName } from './version-name.ts';

interface GitHubReleaseOptions {
  readonly api: ReleaseApi;
  /** As the user wrote it. */
  readonly name: string;
  /** The commit that new versions are tagged at. */
  readonly headSha: string | null;
  readonly logger: Logger;
  /** GitHub takes assets below this size. */
  readonly assetLimitBytes?: number;
  readonly now?: () => Date;
  /** How long to wait for another upload of the same asset, in milliseconds. */
  readonly uploadWaitMs?: number;
}

/** GitHub: "Each file included in a release must be under 2 GiB" (docs, About releases). */
const ASSET_LIMIT_BYTES = 2 * 1024 ** 3;
/** An upload of another process that still runs after this time counts as cut off. */
const UPLOAD_WAIT_MS = 120_000;
/** GitHub may answer a list from a copy that is some seconds behind. */
const SHOW_TRIES = 10;
const SHOW_WAIT_MS = 1_000;
/** A draft that nobody went on with for so long was cut off. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

const handleSchema = z.object({
  releaseId: z.int(),
  files: z.array(releaseManifestSchema.shape.files.element),
});

/**
 * A registry in the releases of the workflow's repository, durable on hosted runners.
 *
 * A version is a published pre-release with the tag `<model>-v<n>` and the asset trainyard-manifest.json. Bytes are
 * brought into a draft, which nobody sees, and verified there. The number is taken by creating the tag, which GitHub
 * does for one of several only; the tag's message names the model digest, so that a publish that was cut off finds
 * its own number again. An alias is the ref `refs/trainyard/<model>/<alias>`: a chain of small commits, each naming
 * the version. GitHub moves it to a descendant only, which makes it compare-and-set; it needs no more than
 * `contents: write`, triggers no workflow, and no protection of tags or immutable release stands in its way.
 */
export class GitHubReleaseRegistry implements ModelRegistry {
  readonly name: string;
  readonly #api: ReleaseApi;
  readonly #headSha: string | null;
  readonly #reader: ReleaseReader;
  readonly #uploads: ReleaseUploads;
  readonly #now: () => Date;

  constructor(options: GitHubReleaseOptions) {
    const { api, name, logger, assetLimitBytes = ASSET_LIMIT_BYTES, uploadWaitMs = UPLOAD_WAIT_MS } = options;
    this.name = name;
    this.#api = api;
    this.#headSha = options.headSha;
    this.#now = options.now ?? (() => new Date());
    this.#reader = new ReleaseReader(api, name);
    this.#uploads = new ReleaseUploads({ api, reader: this.#reader, logger, assetLimitBytes, uploadWaitMs });
  }

  async list(model: string, signal: AbortSignal): Promise<Version[]> {
    signal.throwIfAborted();
    return this.#reader.versions(model, await this.#api.listReleases(signal), signal);
  }

  async resolve(model: string, alias: string, signal: AbortSignal): Promise<Version | undefined> {
    checkAliasName(alias);
    return (await this.list(model, signal)).find((version) => version.aliases.includes(alias));
  }

  async stage(
    model: string,
    modelDigest: string,
    files: readonly LocalFile[],
    signal: AbortSignal,
  ): Promise<Staged> {
    signal.throwIfAborted();
    const releases = await this.#api.listReleases(signal);
    const same = (await this.#reader.versions(model, releases, signal)).find(
      (one) => one.modelDigest === modelDigest,
    );
    const references = files.map(({ reference }) => reference);
    // Published already: nothing is brought again.
    if (same !== undefined) return { model, modelDigest, files: references, handle: null };
    const tag = draftTagOf(model, modelDigest);
    const draft =
      releases.find((release) => release.draft && release.tag === tag) ??
      (await this.#api.createDraft(tag, `${model} (being published)`, signal));
    const stagedFiles = await this.#uploads.bringFiles(draft.id, files, signal);
    return { model, modelDigest, files: references, handle: { releaseId: draft.id, files: stagedFiles } };
  }

  async commit(
    staged: Staged,
    beside: Beside,
    signal: AbortSignal,
  ): Promise<{ version: Version; created: boolean }> {
    const { model, modelDigest } = staged;
    const releases = await this.#api.listReleases(signal);
    const versions = await this.#reader.versions(model, releases, signal);
    const same = versions.find((one) => one.modelDigest === modelDigest);
    if (same !== undefined || staged.handle === null) {
      if (same === undefined)
        throw this.#reader.damaged(`the version of ${model} with this model vanished meanwhile`);
      await this.#clean(model, modelDigest, releases, signal);
      return { version: same, created: false };
    }
    const { releaseId, files } = handleSchema.parse(staged.handle);
    const besideFiles = await this.#uploads.bringFiles(releaseId, beside.files, signal);
    const card = await this.#uploads.bringText(releaseId, 'README.md', beside.card, signal);
    const record = await this.#uploads.bringText(
      releaseId,
      'record.json',
      JSON.stringify(beside.sections),
      signal,
    );

    const version = await takeVersion(this.#api, {
      model,
      modelDigest,
      versions,
      headSha: this.#headSha,
      signal,
    });
    const manifest: ReleaseManifest = {
      schemaVersion: 1,
      model,
      version,
      modelDigest,
      created: this.#now().toISOString(),
      files: [...files, ...besideFiles],
      card,
      record,
    };
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    await this.#uploads.replaceManifest(releaseId, text, signal);
    await this.#uploads.verify(await this.#api.release(releaseId, signal), manifest, signal);
    const publication = {
      tag: tagOf(model, version),
      name: `${model} ${version}`,
      body: writeBody(beside.card, text),
    };
    const published = await this.#api.publish(releaseId, publication, signal);
    const { version: found, releases: after } = await this.#whenShown(model, version, modelDigest, signal);
    await this.#clean(model, modelDigest, after, signal);
    return { version: found, created: published !== 'exists' };
  }

  async alias(
    model: string,
    name: string,
    version: string,
    expected: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    checkAliasName(name);
    const versions = await this.list(model, signal);
    if (!versions.some((one) => one.version === version)) {
      throw noSuchVersion(this.name, model, version, name);
    }
    const current = versions.find(({ aliases }) => aliases.includes(name))?.version ?? null;
    if (current === version) return;
    if (current !== expected) throw this.#moved(model, name, current, expected);

    const ref = `refs/${aliasFolder(model)}${name}`;
    const before = (await this.#api.references(aliasFolder(model), signal)).find((one) => one.ref === ref);
    if (before !== undefined && (await this.#reader.versionOfAlias(before, signal)) !== expected) {
      throw this.#moved(model, name, 'another version', expected);
    }
    const parents = before === undefined ? [] : [before.sha];
    const message = `${name}: ${expected ?? 'nothing'} to ${version}\n\nTrainyard-Version: ${version}\n`;
    const commit = await this.#api.createCommit(message, parents, signal);
    const done =
      before === undefined
        ? (await this.#api.createReference(ref, commit, signal)) === 'created'
        : (await this.#api.fastForward(ref, commit, signal)) === 'moved';
    if (done) return;
    // Our own call may have been heard, and answered too late.
    const now =
      (await this.list(model, signal)).find(({ aliases }) => aliases.includes(name))?.version ?? null;
    if (now !== version) throw this.#moved(model, name, now, expected);
  }

  async fetch(
    version: Version,
    roles: readonly FileReference['role'][],
    directory: string,
    signal: AbortSignal,
  ): Promise<{ reference: FileReference; path: string }[]> {
    const wanted = version.files
      .filter(({ role }) => roles.includes(role))
      .map((reference) => ({ reference, path: placeWithin(directory, reference.path, this.name) }));
    const { release, manifest } = await this.#reader.open(version, signal);
    for (const { reference, path } of wanted) {
      const file = manifest.files.find((one) => one.path === reference.path && one.role === reference.role);
      if (file?.sha256 !== reference.sha256) {
        throw this.#reader.damaged(
          `${reference.path} is no longer what ${tagOf(version.model, version.version)} said`,
        );
      }
      const source = Readable.from(this.#reader.parts(release, file.parts, signal));
      if (!(await writeVerified(source, path, directory, reference, signal))) {
        throw this.#reader.damaged(`the bytes of ${reference.path} are not those that the manifest names`);
      }
    }
    return wanted;
  }

  async record(version: Version, signal: AbortSignal): Promise<Section[]> {
    const { release, manifest } = await this.#reader.open(version, signal);
    const what = `the record of ${tagOf(version.model, version.version)}`;
    const text = await this.#reader.readText(release, manifest.record, what, signal);
    let sections: unknown;
    try {
      sections = JSON.parse(text);
    } catch (cause) {
      throw this.#reader.damaged(`${what} is not JSON (${messageOf(cause)})`);
    }
    if (!Array.isArray(sections)) throw this.#reader.damaged(`${what} is no list of sections`);
    return sections.map((section) => parseSection(JSON.stringify(section), `${what} in ${this.name}`));
  }

  /** Waits until the list shows what was published, as the alias and the next job read it there. */
  async #whenShown(
    model: string,
    version: string,
    modelDigest: string,
    signal: AbortSignal,
  ): Promise<{ version: Version; releases: Release[] }> {
    for (let tries = 1; ; tries++) {
      const releases = await this.#api.listReleases(signal);
      const versions = await this.#reader.versions(model, releases, signal);
      const found = versions.find((one) => one.modelDigest === modelDigest);
      if (found !== undefined) return { version: found, releases };
      if (tries === SHOW_TRIES) {
        throw this.#reader.damaged(
          `the release ${tagOf(model, version)} does not show what was just published`,
        );
      }
      await sleep(SHOW_WAIT_MS, undefined, { signal });
    }
  }

  /** Removes drafts of this very model and those that nobody went on with; a draft is never a version. */
  async #clean(
    model: string,
    modelDigest: string,
    releases: readonly Release[],
    signal: AbortSignal,
  ): Promise<void> {
    const own = draftTagOf(model, modelDigest);
    for (const release of releases) {
      if (!release.draft || !release.tag.startsWith(draftPrefix(model))) continue;
      if (release.tag !== own && this.#now().getTime() - Date.parse(release.created) < ABANDONED_MS) continue;
      await this.#api.deleteRelease(release.id, signal);
    }
  }

  #moved(model: string, name: string, current: string | null, expected: string | null): InfrastructureError {
    return aliasMoved({ registry: this.name, model, name, current, expected });
  }
}
