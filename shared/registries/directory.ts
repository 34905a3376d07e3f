import { SubjectError } from '../errors.ts';
import type { FileReference } from '../record/common.ts';
import { parseSection, type Section } from '../record/section.ts';
import { aliasMoved, noSuchVersion } from './alias-moved.ts';
import { copyVerified } from './atomic-file.ts';
import { type LockOptions, LOCK_OPTIONS, withLock } from './folder-lock.ts';
import { OciLayout } from './oci-layout.ts';
import {
  type Descriptor,
  type Index,
  type Manifest,
  MANIFEST_TYPE,
  manifestSchema,
  MODEL_ARTIFACT_TYPE,
  readFiles,
  readSections,
  readVersionFacts,
  REF_NAME,
  writeManifest,
} from './oci-manifest.ts';
import { placeWithin } from './paths.ts';
import { checkAliasName, isAliasName, isVersionName, nextVersion, versionNumber } from './version-name.ts';
import type { Beside, LocalFile, ModelRegistry, Staged, Version } from './registry.ts';

interface DirectoryOptions {
  /** Absolute. */
  readonly root: string;
  /** As the user wrote it. */
  readonly name: string;
  readonly now?: () => Date;
  readonly lock?: LockOptions;
}

/** A reference within an index: `<model>:<version or alias>`. */
const refOf = (model: string, tag: string): string => `${model}:${tag}`;

function entryOf(index: Index, model: string, tag: string): Descriptor | undefined {
  return index.manifests.find((entry) => entry.annotations?.[REF_NAME] === refOf(model, tag));
}

/** The tags of a model, with the digests that they point at. */
function tagsOf(index: Index, model: string): { tag: string; entry: Descriptor }[] {
  const prefix = refOf(model, '');
  return index.manifests.flatMap((entry) => {
    const name = entry.annotations?.[REF_NAME];
    return name?.startsWith(prefix) === true ? [{ tag: name.slice(prefix.length), entry }] : [];
  });
}

/**
 * A registry in a folder that is a valid OCI image layout, so that oras, skopeo and crane read it too. Blobs come
 * first, the manifest after them and the index last, so that a publish that is cut off leaves nothing visible.
 */
export class DirectoryRegistry implements ModelRegistry {
  readonly name: string;
  readonly #layout: OciLayout;
  readonly #now: () => Date;
  readonly #lock: LockOptions;

  constructor({ root, name, now = () => new Date(), lock = LOCK_OPTIONS }: DirectoryOptions) {
    this.name = name;
    this.#layout = new OciLayout(root, name);
    this.#now = now;
    this.#lock = lock;
  }

  async list(model: string, signal: AbortSignal): Promise<Version[]> {
    const index = await this.#layout.readIndex();
    return index === undefined ? [] : this.#versions(index, model, signal);
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
    await this.#locked(signal, () => this.#layout.create());
    await this.#bring(files, signal);
    return { model, modelDigest, files: files.map(({ reference }) => reference), handle: null };
  }

  async commit(
    staged: Staged,
    beside: Beside,
    signal: AbortSignal,
  ): Promise<{ version: Version; created: boolean }> {
    await this.#bring(beside.files, signal);
    const card = await this.#layout.putDocument(beside.card);
    const sections: { sha256: string; bytes: number; name: string }[] = [];
    for (const section of beside.sections) {
      const blob = await this.#layout.putDocument(JSON.stringify(section));
      sections.push({ ...blob, name: `${section.kind}.${section.subject}.${section.run.key}.json` });
    }
    const revision = beside.sections.find(({ kind }) => kind !== 'data')?.commit.headSha ?? null;
    return this.#locked(signal, async (stillHeld) => {
      const index = await this.#layout.create();
      const versions = await this.#versions(index, staged.model, signal);
      const same = versions.find(({ modelDigest }) => modelDigest === staged.modelDigest);
      if (same !== undefined) return { version: same, created: false };

      const version = nextVersion(versions.map((one) => one.version));
      const { config, manifest } = writeManifest({
        model: staged.model,
        version,
        modelDigest: staged.modelDigest,
        created: this.#now().toISOString(),
        revision,
        files: [...staged.files, ...beside.files.map(({ reference }) => reference)],
        card,
        sections,
      });
      for (const descriptor of this.#parseManifest(manifest, version).layers) {
        await this.#layout.checkBlob(descriptor, refOf(staged.model, version));
      }
      await this.#layout.putDocument(config);
      const { sha256, bytes } = await this.#layout.putDocument(manifest);
      const entry = {
        mediaType: MANIFEST_TYPE,
        artifactType: MODEL_ARTIFACT_TYPE,
        digest: `sha256:${sha256}`,
        size: bytes,
        annotations: { [REF_NAME]: refOf(staged.model, version) },
      };
      await stillHeld();
      await this.#layout.writeIndex({ ...index, manifests: [...index.manifests, entry] });
      return { version: this.#describe(this.#parseManifest(manifest, version), entry, []), created: true };
    });
  }

  async alias(
    model: string,
    name: string,
    version: string,
    expected: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    checkAliasName(name);
    await this.#locked(signal, async (stillHeld) => {
      const index = await this.#layout.readIndex();
      const target = index === undefined ? undefined : entryOf(index, model, version);
      if (index === undefined || target === undefined || !isVersionName(version)) {
        throw noSuchVersion(this.name, model, version, name);
      }
      const versions = await this.#versions(index, model, signal);
      const current = versions.find(({ aliases }) => aliases.includes(name))?.version ?? null;
      if (current === version) return;
      if (current !== expected) throw aliasMoved({ registry: this.name, model, name, current, expected });
      const others = index.manifests.filter((entry) => entry.annotations?.[REF_NAME] !== refOf(model, name));
      const entry = { ...target, annotations: { ...target.annotations, [REF_NAME]: refOf(model, name) } };
      await stillHeld();
      await this.#layout.writeIndex({ ...index, manifests: [...others, entry] });
    });
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
    for (const { reference, path } of wanted) {
      const descriptor = { mediaType: '', digest: `sha256:${reference.sha256}`, size: reference.bytes };
      const what = `${reference.path} of ${refOf(version.model, version.version)}`;
      await this.#layout.checkBlob(descriptor, what);
      const blob = this.#layout.blobPath(reference.sha256);
      if (!(await copyVerified(blob, path, directory, reference, signal))) {
        throw this.#layout.damaged(
          `the blob ${descriptor.digest} of ${what} has other content than its digest says`,
        );
      }
    }
    return wanted;
  }

  async record(version: Version, signal: AbortSignal): Promise<Section[]> {
    const index = await this.#layout.readIndex();
    const entry = index === undefined ? undefined : entryOf(index, version.model, version.version);
    if (entry === undefined)
      throw this.#layout.damaged(`${refOf(version.model, version.version)} is no longer in it`);
    const manifest = await this.#readManifest(entry, refOf(version.model, version.version));
    const sections: Section[] = [];
    for (const descriptor of readSections(manifest)) {
      signal.throwIfAborted();
      const what = `the record of ${refOf(version.model, version.version)}`;
      sections.push(
        parseSection(await this.#layout.readDocument(descriptor, what), `${what} in ${this.name}`),
      );
    }
    return sections;
  }

  async #locked<T>(signal: AbortSignal, work: (stillHeld: () => Promise<void>) => Promise<T>): Promise<T> {
    // A folder that is something else gets an error before anything is written into it.
    await this.#layout.readIndex();
    return withLock(this.#layout.lockPath, signal, work, this.#lock);
  }

  async #bring(files: readonly LocalFile[], signal: AbortSignal): Promise<void> {
    for (const { reference, path } of files) {
      if (await this.#layout.putFile(path, reference, signal)) continue;
      throw new SubjectError(
        'model',
        `The file ${reference.path} changed: its bytes are not those of the record.`,
        {
          remedy: 'Nothing was published. Train and gate again.',
        },
      );
    }
  }

  async #versions(index: Index, model: string, signal: AbortSignal): Promise<Version[]> {
    const tags = tagsOf(index, model);
    const seen = new Set<string>();
    const versions: Version[] = [];
    for (const { tag, entry } of tags) {
      if (seen.has(tag)) throw this.#layout.damaged(`index.json names ${refOf(model, tag)} twice`);
      seen.add(tag);
      if (!isVersionName(tag)) continue;
      signal.throwIfAborted();
      const manifest = await this.#readManifest(entry, refOf(model, tag));
      for (const descriptor of [manifest.config, ...manifest.layers]) {
        await this.#layout.checkBlob(descriptor, refOf(model, tag));
      }
      const facts = readVersionFacts(manifest);
      if (facts.version !== tag || facts.model !== model) {
        throw this.#layout.damaged(
          `${refOf(model, tag)} points at the manifest of ${refOf(facts.model, facts.version)}`,
        );
      }
      const aliases = tags.filter((other) => isAliasName(other.tag) && other.entry.digest === entry.digest);
      versions.push(this.#describe(manifest, entry, aliases.map((other) => other.tag).sort()));
    }
    const known = new Set(versions.map(({ manifestDigest }) => manifestDigest));
    for (const { tag, entry } of tags) {
      // Taken for unset, such an alias would make a comparison look like a first run.
      if (isAliasName(tag) && !known.has(entry.digest)) {
        throw this.#layout.damaged(`the alias ${refOf(model, tag)} points at no version`);
      }
    }
    return versions.sort((a, b) => versionNumber(b.version) - versionNumber(a.version));
  }

  #describe(manifest: Manifest, entry: Descriptor, aliases: string[]): Version {
    const facts = readVersionFacts(manifest);
    const location = { kind: 'registry' as const, registry: this.name, version: facts.version };
    return {
      model: facts.model,
      version: facts.version,
      modelDigest: facts.modelDigest,
      manifestDigest: entry.digest,
      created: facts.created,
      aliases,
      files: readFiles(manifest).map((file) => ({ ...file, locations: [location] })),
      url: null,
    };
  }

  async #readManifest(entry: Descriptor, what: string): Promise<Manifest> {
    return this.#parseManifest(await this.#layout.readDocument(entry, `the manifest of ${what}`), what);
  }

  #parseManifest(text: string, what: string): Manifest {
    return this.#layout.parse(text, `the manifest of ${what}`, manifestSchema);
  }
}
