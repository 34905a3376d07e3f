import { openAsBlob } from 'node:fs';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Logger } from '../action/logger.ts';
import { InfrastructureError, messageOf, SubjectError, UsageError } from '../errors.ts';
import type { FileReference } from '../record/common.ts';
import { parseSection, type Section } from '../record/section.ts';
import { writeVerified } from './atomic-file.ts';
import { hashRange, HashingStream, sha256Of } from './hashing.ts';
import { placeWithin } from './paths.ts';
import { checkAliasName, isAliasName, isVersionName, nextVersion, versionNumber } from './version-name.ts';
import type { Beside, LocalFile, ModelRegistry, Staged, Version } from './registry.ts';
import type { Release, ReleaseApi, ReleaseAsset, TagReference } from './release-api.ts';
import {
  assetName,
  embeddedManifest,
  MANIFEST_ASSET,
  type ManifestPart,
  partsOf,
  planParts,
  type ReleaseManifest,
  releaseManifestSchema,
  writeBody,
} from './release-manifest.ts';

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
const POLL_MS = 1_000;
/** A draft that nobody went on with for so long was cut off. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;
/** Manifests and records are read whole; what is larger was not written by us. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** Tags of others that may stand in the way of a version's number before we give up. */
const MAX_TAKEN = 100;

const handleSchema = z.object({
  releaseId: z.int(),
  files: z.array(releaseManifestSchema.shape.files.element),
});

const tagOf = (model: string, version: string): string => `${model}-${version}`;
const draftTagOf = (model: string, modelDigest: string): string =>
  `${model}-draft-${modelDigest.slice(0, 16)}`;
const aliasFolder = (model: string): string => `trainyard/${model}/`;
const tagMessageOf = (model: string, version: string, modelDigest: string): string =>
  `${model} ${version}\n\nTrainyard-Model-Digest: ${modelDigest}\n`;

function versionOfTag(model: string, tag: string): string | undefined {
  const version = tag.startsWith(`${model}-`) ? tag.slice(model.length + 1) : '';
  return isVersionName(version) ? version : undefined;
}

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
  readonly #logger: Logger;
  readonly #limit: number;
  readonly #uploadWaitMs: number;
  readonly #now: () => Date;
  readonly #manifests = new Map<number, string>();

  constructor(options: GitHubReleaseOptions) {
    this.name = options.name;
    this.#api = options.api;
    this.#headSha = options.headSha;
    this.#logger = options.logger;
    this.#limit = options.assetLimitBytes ?? ASSET_LIMIT_BYTES;
    this.#uploadWaitMs = options.uploadWaitMs ?? UPLOAD_WAIT_MS;
    this.#now = options.now ?? (() => new Date());
  }

  async list(model: string, signal: AbortSignal): Promise<Version[]> {
    signal.throwIfAborted();
    return this.#versions(model, await this.#api.listReleases(signal), signal);
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
    const same = (await this.#versions(model, releases, signal)).find(
      (one) => one.modelDigest === modelDigest,
    );
    const references = files.map(({ reference }) => reference);
    // Published already: nothing is brought again.
    if (same !== undefined) return { model, modelDigest, files: references, handle: null };
    const tag = draftTagOf(model, modelDigest);
    const draft =
      releases.find((release) => release.draft && release.tag === tag) ??
      (await this.#api.createDraft(tag, `${model} (being published)`, signal));
    const stagedFiles = await this.#bring(draft.id, files, signal);
    return { model, modelDigest, files: references, handle: { releaseId: draft.id, files: stagedFiles } };
  }

  async commit(
    staged: Staged,
    beside: Beside,
    signal: AbortSignal,
  ): Promise<{ version: Version; created: boolean }> {
    const { model, modelDigest } = staged;
    const releases = await this.#api.listReleases(signal);
    const versions = await this.#versions(model, releases, signal);
    const same = versions.find((one) => one.modelDigest === modelDigest);
    if (same !== undefined || staged.handle === null) {
      if (same === undefined)
        throw this.#damaged(`the version of ${model} with this model vanished meanwhile`);
      await this.#clean(model, modelDigest, releases, signal);
      return { version: same, created: false };
    }
    const { releaseId, files } = handleSchema.parse(staged.handle);
    const besideFiles = await this.#bring(releaseId, beside.files, signal);
    const card = await this.#bringText(releaseId, 'README.md', beside.card, signal);
    const record = await this.#bringText(releaseId, 'record.json', JSON.stringify(beside.sections), signal);

    const version = await this.#takeVersion(model, modelDigest, versions, signal);
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
    await this.#replaceManifest(releaseId, text, signal);
    await this.#verify(await this.#api.release(releaseId, signal), manifest, signal);
    const publication = {
      tag: tagOf(model, version),
      name: `${model} ${version}`,
      body: writeBody(beside.card, text),
    };
    const published = await this.#api.publish(releaseId, publication, signal);
    const after = await this.#api.listReleases(signal);
    const found = (await this.#versions(model, after, signal)).find((one) => one.modelDigest === modelDigest);
    if (found === undefined) {
      throw this.#damaged(`the release ${publication.tag} does not show what was just published`);
    }
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
      throw new InfrastructureError(
        `The registry ${this.name} has no ${version} of ${model} to point ${name} at.`,
      );
    }
    const current = versions.find(({ aliases }) => aliases.includes(name))?.version ?? null;
    if (current === version) return;
    if (current !== expected) throw this.#moved(model, name, current, expected);

    const ref = `refs/${aliasFolder(model)}${name}`;
    const before = (await this.#api.references(aliasFolder(model), signal)).find((one) => one.ref === ref);
    if (before !== undefined && (await this.#versionOfAlias(before, signal)) !== expected) {
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
    const { release, manifest } = await this.#open(version, signal);
    for (const { reference, path } of wanted) {
      const file = manifest.files.find((one) => one.path === reference.path && one.role === reference.role);
      if (file?.sha256 !== reference.sha256) {
        throw this.#damaged(
          `${reference.path} is no longer what ${tagOf(version.model, version.version)} said`,
        );
      }
      const source = Readable.from(this.#parts(release, file.parts, signal));
      if (!(await writeVerified(source, path, directory, reference, signal))) {
        throw this.#damaged(`the bytes of ${reference.path} are not those that the manifest names`);
      }
    }
    return wanted;
  }

  async record(version: Version, signal: AbortSignal): Promise<Section[]> {
    const { release, manifest } = await this.#open(version, signal);
    const what = `the record of ${tagOf(version.model, version.version)}`;
    const text = await this.#readText(release, manifest.record, what, signal);
    let sections: unknown;
    try {
      sections = JSON.parse(text);
    } catch (cause) {
      throw this.#damaged(`${what} is not JSON (${messageOf(cause)})`);
    }
    if (!Array.isArray(sections)) throw this.#damaged(`${what} is no list of sections`);
    return sections.map((section) => parseSection(JSON.stringify(section), `${what} in ${this.name}`));
  }

  async #versions(model: string, releases: readonly Release[], signal: AbortSignal): Promise<Version[]> {
    const found: { version: string; release: Release }[] = [];
    for (const release of releases) {
      const version = release.draft ? undefined : versionOfTag(model, release.tag);
      if (version !== undefined) found.push({ version, release });
    }
    // One alias at the least costs a request; a model without versions has none.
    const aliases = found.length === 0 ? new Map<string, string>() : await this.#aliases(model, signal);
    const versions: Version[] = [];
    for (const { version, release } of found) {
      signal.throwIfAborted();
      const { manifest, digest } = await this.#readManifest(model, version, release, signal);
      const location = { kind: 'registry' as const, registry: this.name, version };
      versions.push({
        model,
        version,
        modelDigest: manifest.modelDigest,
        manifestDigest: `sha256:${digest}`,
        created: manifest.created,
        aliases: [...aliases].flatMap(([alias, target]) => (target === version ? [alias] : [])).sort(),
        files: manifest.files.map(({ path, role, bytes, sha256 }) => ({
          path,
          role,
          bytes,
          sha256,
          locations: [location],
        })),
        url: release.url,
      });
    }
    for (const [alias, target] of aliases) {
      // Taken for unset, such an alias would make a comparison look like a first run.
      if (!found.some(({ version }) => version === target)) {
        throw this.#damaged(`the alias ${alias} of ${model} names ${target}, which has no release`);
      }
    }
    return versions.sort((a, b) => versionNumber(b.version) - versionNumber(a.version));
  }

  async #aliases(model: string, signal: AbortSignal): Promise<Map<string, string>> {
    const aliases = new Map<string, string>();
    const prefix = `refs/${aliasFolder(model)}`;
    for (const reference of await this.#api.references(aliasFolder(model), signal)) {
      const name = reference.ref.slice(prefix.length);
      if (isAliasName(name)) aliases.set(name, await this.#versionOfAlias(reference, signal));
    }
    return aliases;
  }

  async #versionOfAlias({ ref, sha }: TagReference, signal: AbortSignal): Promise<string> {
    const message = await this.#api.commitMessage(sha, signal);
    const version = /^Trainyard-Version: (v\d+)$/m.exec(message)?.[1];
    if (version !== undefined && isVersionName(version)) return version;
    throw this.#damaged(`${ref} points at a commit that names no version`);
  }

  /** Takes the next number by creating its tag. A tag that a cut-off publish of this same model left is its own. */
  async #takeVersion(
    model: string,
    modelDigest: string,
    versions: readonly Version[],
    signal: AbortSignal,
  ): Promise<string> {
    if (this.#headSha === null) {
      throw new UsageError(
        `The registry ${this.name} tags the commit of a version, and the commit is not known.`,
        {
          remedy: 'Run where the commit is checked out and pushed, or use directory:<path>.',
        },
      );
    }
    let version = nextVersion(versions.map((one) => one.version));
    for (let taken = 0; taken < MAX_TAKEN; taken++) {
      const tag = tagOf(model, version);
      const standing = await this.#standingTag(tag, signal);
      if (standing === undefined) {
        const message = tagMessageOf(model, version, modelDigest);
        const sha = await this.#api.createTagObject(tag, message, this.#headSha, signal);
        if ((await this.#api.createReference(`refs/tags/${tag}`, sha, signal)) === 'created') return version;
      }
      const now = standing ?? (await this.#standingTag(tag, signal));
      if (now !== undefined) {
        if ((await this.#api.tagMessage(now.sha, signal))?.includes(`Trainyard-Model-Digest: ${modelDigest}`))
          return version;
        version = `v${versionNumber(version) + 1}`;
      }
    }
    throw new InfrastructureError(
      `The next ${MAX_TAKEN} tags of the form ${model}-v<n> are all taken, up to ${version}.`,
      {
        remedy: 'Delete the tags that belong to no release, or give the model another name.',
      },
    );
  }

  async #standingTag(tag: string, signal: AbortSignal): Promise<TagReference | undefined> {
    return (await this.#api.references(`tags/${tag}`, signal)).find(({ ref }) => ref === `refs/tags/${tag}`);
  }

  async #bring(
    releaseId: number,
    files: readonly LocalFile[],
    signal: AbortSignal,
  ): Promise<ReleaseManifest['files']> {
    const brought: ReleaseManifest['files'] = [];
    for (const { reference, path } of files) {
      const { bytes, sha256 } = await hashRange(path, signal);
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
        const part = plan.length === 1 ? { bytes, sha256 } : await hashRange(path, signal, { start, end });
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

  async #bringText(
    releaseId: number,
    name: string,
    text: string,
    signal: AbortSignal,
  ): Promise<ManifestPart> {
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
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
          signal.throwIfAborted();
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
  async #replaceManifest(releaseId: number, text: string, signal: AbortSignal): Promise<void> {
    const release = await this.#api.release(releaseId, signal);
    const left = release.draft ? release.assets.find(({ name }) => name === MANIFEST_ASSET) : undefined;
    if (left !== undefined) await this.#api.deleteAsset(left.id, signal);
    const blob = new Blob([text]);
    const sent = release.draft
      ? await this.#api.upload(release, MANIFEST_ASSET, MANIFEST_ASSET, blob, signal)
      : 'exists';
    if (sent === 'exists') this.#logger.debug('Another publisher of the same model wrote the manifest.');
  }

  async #verify(release: Release, manifest: ReleaseManifest, signal: AbortSignal): Promise<void> {
    for (const part of partsOf(manifest)) {
      const asset = release.assets.find(({ name }) => name === part.asset);
      if (asset === undefined || !(await this.#hasBytes(asset, part, signal))) {
        throw this.#damaged(`the asset ${part.asset} of the draft is missing or has other bytes`);
      }
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
      if (!release.draft || !release.tag.startsWith(`${model}-draft-`)) continue;
      if (release.tag !== own && this.#now().getTime() - Date.parse(release.created) < ABANDONED_MS) continue;
      await this.#api.deleteRelease(release.id, signal);
    }
  }

  async #open(
    version: Version,
    signal: AbortSignal,
  ): Promise<{ release: Release; manifest: ReleaseManifest }> {
    const tag = tagOf(version.model, version.version);
    const release = (await this.#api.listReleases(signal)).find((one) => !one.draft && one.tag === tag);
    if (release === undefined) throw this.#damaged(`the release ${tag} is no longer there`);
    const { manifest, digest } = await this.#readManifest(version.model, version.version, release, signal);
    if (`sha256:${digest}` !== version.manifestDigest)
      throw this.#damaged(`the manifest of ${tag} changed meanwhile`);
    return { release, manifest };
  }

  async #readManifest(
    model: string,
    version: string,
    release: Release,
    signal: AbortSignal,
  ): Promise<{ manifest: ReleaseManifest; digest: string }> {
    const what = `the manifest of ${release.tag}`;
    const asset = release.assets.find(({ name }) => name === MANIFEST_ASSET);
    if (asset?.uploaded !== true) throw this.#damaged(`the release ${release.tag} has no ${MANIFEST_ASSET}`);
    const text =
      this.#manifests.get(asset.id) ??
      embeddedManifest(release.body, asset.sha256) ??
      (await this.#downloadText(asset, what, signal));
    const parsed = releaseManifestSchema.safeParse(readJson(text));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw this.#damaged(
        `${what} is not valid at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}`,
      );
    }
    if (parsed.data.model !== model || parsed.data.version !== version) {
      throw this.#damaged(`${what} is that of ${parsed.data.model} ${parsed.data.version}`);
    }
    this.#manifests.set(asset.id, text);
    for (const part of partsOf(parsed.data)) this.#assetOf(release, part);
    return { manifest: parsed.data, digest: sha256Of(text) };
  }

  #assetOf(release: Release, part: ManifestPart): ReleaseAsset {
    const asset = release.assets.find(({ name }) => name === part.asset);
    if (asset?.uploaded !== true) throw this.#damaged(`the asset ${part.asset} of ${release.tag} is missing`);
    if (asset.bytes !== part.bytes || (asset.sha256 !== null && asset.sha256 !== part.sha256)) {
      throw this.#damaged(`the asset ${part.asset} of ${release.tag} has other bytes than its manifest says`);
    }
    return asset;
  }

  async *#parts(
    release: Release,
    parts: readonly ManifestPart[],
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    for (const part of parts) {
      const asset = this.#assetOf(release, part);
      for await (const chunk of await this.#api.download(asset.id, signal))
        yield Buffer.from(chunk as Uint8Array);
    }
  }

  async #readText(release: Release, part: ManifestPart, what: string, signal: AbortSignal): Promise<string> {
    const text = await this.#downloadText(this.#assetOf(release, part), what, signal);
    if (sha256Of(text) !== part.sha256) throw this.#damaged(`${what} has other content than its digest says`);
    return text;
  }

  async #downloadText(asset: ReleaseAsset, what: string, signal: AbortSignal): Promise<string> {
    if (asset.bytes > MAX_DOCUMENT_BYTES)
      throw this.#damaged(`${what} is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    const chunks: Buffer[] = [];
    for await (const chunk of await this.#api.download(asset.id, signal))
      chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks).toString('utf8');
  }

  #moved(model: string, name: string, current: string | null, expected: string | null): InfrastructureError {
    const to = current ?? 'nothing';
    return new InfrastructureError(
      `The alias ${name} of ${model} in ${this.name} points at ${to}, not at ${expected ?? 'nothing'} as before.`,
      {
        remedy:
          'Another run moved it meanwhile; the alias was left where it is. Run again if this model is to win.',
      },
    );
  }

  #damaged(what: string): InfrastructureError {
    return new InfrastructureError(`The registry ${this.name} (${this.#api.title}) is damaged: ${what}.`, {
      remedy:
        'No version or alias was changed. Restore the release, or delete it with its tag, and run again.',
    });
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
