import { InfrastructureError } from '../errors.ts';
import { isAbsent } from '../github/permission.ts';
import { sha256Of } from './hashing.ts';
import type { Version } from './registry.ts';
import type { Release, ReleaseApi, ReleaseAsset, TagReference } from './release-api.ts';
import {
  embeddedManifest,
  MANIFEST_ASSET,
  type ManifestPart,
  partsOf,
  type ReleaseManifest,
  releaseManifestSchema,
} from './release-manifest.ts';
import { aliasFolder, tagOf, versionOfTag } from './release-names.ts';
import { isAliasName, isVersionName, versionNumber } from './version-name.ts';

/** Manifests and records are read whole; what is larger was not written by us. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** Reads versions, aliases and files from releases, and believes nothing that does not fit together. */
export class ReleaseReader {
  readonly #api: ReleaseApi;
  readonly #name: string;
  readonly #manifests = new Map<number, string>();

  /** `name` is how the user knows the registry, for errors. */
  constructor(api: ReleaseApi, name: string) {
    this.#api = api;
    this.#name = name;
  }

  async versions(model: string, releases: readonly Release[], signal: AbortSignal): Promise<Version[]> {
    const found: { version: string; release: Release }[] = [];
    for (const release of releases) {
      const version = release.draft ? undefined : versionOfTag(model, release.tag);
      if (version !== undefined) found.push({ version, release });
    }
    const aliases = await this.#aliases(model, signal);
    const versions: Version[] = [];
    for (const { version, release } of found) {
      signal.throwIfAborted();
      const { manifest, digest } = await this.#readManifest(model, version, release, signal);
      const location = { kind: 'registry' as const, registry: this.#name, version };
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
        throw this.damaged(
          `the alias ${alias} of ${model} names ${target}, which has no release (delete refs/${aliasFolder(model)}${alias} to begin anew)`,
        );
      }
    }
    return versions.sort((a, b) => versionNumber(b.version) - versionNumber(a.version));
  }

  async #aliases(model: string, signal: AbortSignal): Promise<Map<string, string>> {
    const aliases = new Map<string, string>();
    const prefix = `refs/${aliasFolder(model)}`;
    for (const reference of await this.#api.references(aliasFolder(model), signal)) {
      const name = reference.ref.slice(prefix.length);
      if (isAliasName(name)) aliases.set(name, await this.versionOfAlias(reference, signal));
    }
    return aliases;
  }

  async versionOfAlias({ ref, sha }: TagReference, signal: AbortSignal): Promise<string> {
    let message: string;
    try {
      message = await this.#api.commitMessage(sha, signal);
    } catch (error) {
      // The reference was listed a moment ago, so no permission is missing.
      if (isAbsent(error)) throw this.damaged(`${ref} points at something that is no commit`);
      throw error;
    }
    const version = /^Trainyard-Version: (v\d+)$/m.exec(message)?.[1];
    if (version !== undefined && isVersionName(version)) return version;
    throw this.damaged(`${ref} points at a commit that names no version`);
  }

  async open(
    version: Version,
    signal: AbortSignal,
  ): Promise<{ release: Release; manifest: ReleaseManifest }> {
    const tag = tagOf(version.model, version.version);
    const release = (await this.#api.listReleases(signal)).find((one) => !one.draft && one.tag === tag);
    if (release === undefined) throw this.damaged(`the release ${tag} is no longer there`);
    const { manifest, digest } = await this.#readManifest(version.model, version.version, release, signal);
    if (`sha256:${digest}` !== version.manifestDigest)
      throw this.damaged(`the manifest of ${tag} changed meanwhile`);
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
    if (asset?.uploaded !== true) throw this.damaged(`the release ${release.tag} has no ${MANIFEST_ASSET}`);
    const text =
      this.#manifests.get(asset.id) ??
      embeddedManifest(release.body, asset.sha256) ??
      (await this.#downloadText(asset, what, signal));
    const parsed = releaseManifestSchema.safeParse(readJson(text));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw this.damaged(`${what} is not valid at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}`);
    }
    if (parsed.data.model !== model || parsed.data.version !== version) {
      throw this.damaged(`${what} is that of ${parsed.data.model} ${parsed.data.version}`);
    }
    this.#manifests.set(asset.id, text);
    for (const part of partsOf(parsed.data)) this.#assetOf(release, part);
    return { manifest: parsed.data, digest: sha256Of(text) };
  }

  #assetOf(release: Release, part: ManifestPart): ReleaseAsset {
    const asset = release.assets.find(({ name }) => name === part.asset);
    if (asset?.uploaded !== true) throw this.damaged(`the asset ${part.asset} of ${release.tag} is missing`);
    if (asset.bytes !== part.bytes || (asset.sha256 !== null && asset.sha256 !== part.sha256)) {
      throw this.damaged(`the asset ${part.asset} of ${release.tag} has other bytes than its manifest says`);
    }
    return asset;
  }

  async *parts(
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

  async readText(release: Release, part: ManifestPart, what: string, signal: AbortSignal): Promise<string> {
    const text = await this.#downloadText(this.#assetOf(release, part), what, signal);
    if (sha256Of(text) !== part.sha256) throw this.damaged(`${what} has other content than its digest says`);
    return text;
  }

  async #downloadText(asset: ReleaseAsset, what: string, signal: AbortSignal): Promise<string> {
    if (asset.bytes > MAX_DOCUMENT_BYTES)
      throw this.damaged(`${what} is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    const chunks: Buffer[] = [];
    for await (const chunk of await this.#api.download(asset.id, signal))
      chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks).toString('utf8');
  }

  damaged(what: string): InfrastructureError {
    return new InfrastructureError(`The registry ${this.#name} (${this.#api.title}) is damaged: ${what}.`, {
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
