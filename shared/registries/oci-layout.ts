import type { Stats } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InfrastructureError, messageOf, UsageError } from '../errors.ts';
import { hashFile } from '../record/digest.ts';
import { copyVerified, writeAtomic } from './atomic-file.ts';
import { sha256Of } from './hashing.ts';
import { type Descriptor, hexOf, type Index, INDEX_TYPE, indexSchema } from './oci-manifest.ts';

/** Manifests, configs and sections are read whole; what is larger was not written by us. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** Our own folder in the layout's root, for the lock and for files being written. Other readers ignore it. */
const OWN_FOLDER = '.trainyard';

const layoutSchema = z.looseObject({ imageLayoutVersion: z.literal('1.0.0') });

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function entriesOf(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** A folder that is an OCI image layout (image-layout.md of the OCI image specification), or is to become one. */
export class OciLayout {
  readonly root: string;
  readonly #name: string;

  /** `name` is how the user knows the registry, for errors. */
  constructor(root: string, name: string) {
    this.root = root;
    this.#name = name;
  }

  get lockPath(): string {
    return join(this.root, OWN_FOLDER, 'lock');
  }

  get temporaryFolder(): string {
    return join(this.root, OWN_FOLDER, 'tmp');
  }

  blobPath(sha256: string): string {
    return join(this.root, 'blobs', 'sha256', sha256);
  }

  /** The index; undefined where nothing was ever published here. Anything half written is an error. */
  async readIndex(): Promise<Index | undefined> {
    const folder = await statOf(this.root);
    if (folder === undefined) return undefined;
    if (!folder.isDirectory()) {
      throw new UsageError(`The registry ${this.#name} is a file.`, {
        remedy: 'Name a folder, or one that does not exist yet.',
      });
    }
    const entries = (await entriesOf(this.root)).filter((entry) => entry !== OWN_FOLDER);
    if (entries.length === 0) return undefined;
    if (!entries.includes('oci-layout')) {
      throw new UsageError(
        `The registry ${this.#name} is a folder with other content and without the file oci-layout.`,
        {
          remedy: 'Name an empty folder, one that does not exist yet, or an OCI image layout.',
        },
      );
    }
    await this.#readJson(join(this.root, 'oci-layout'), 'oci-layout', layoutSchema);
    if (!entries.includes('index.json')) {
      // Only a start that was cut off looks like this, and then no blob was written yet.
      if ((await entriesOf(join(this.root, 'blobs', 'sha256'))).length === 0) return undefined;
      throw this.damaged('its file index.json is missing');
    }
    return this.#readJson(join(this.root, 'index.json'), 'index.json', indexSchema);
  }

  /** Makes the folder a layout. Call it under the lock. */
  async create(): Promise<Index> {
    const index = await this.readIndex();
    if (index !== undefined) return index;
    const empty: Index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] };
    await writeAtomic(
      join(this.root, 'oci-layout'),
      this.temporaryFolder,
      '{"imageLayoutVersion":"1.0.0"}\n',
    );
    await mkdir(join(this.root, 'blobs', 'sha256'), { recursive: true });
    await this.writeIndex(empty);
    return empty;
  }

  /** Replaces the index at once. Call it under the lock, when every blob that it names is there. */
  async writeIndex(index: Index): Promise<void> {
    await writeAtomic(
      join(this.root, 'index.json'),
      this.temporaryFolder,
      `${JSON.stringify(index, undefined, 2)}\n`,
    );
  }

  /** Brings a file's bytes, by digest. What is there and whole is left; what is there and damaged is replaced. */
  async putFile(
    path: string,
    expected: { bytes: number; sha256: string },
    signal: AbortSignal,
  ): Promise<boolean> {
    const target = this.blobPath(expected.sha256);
    if ((await statOf(target))?.size === expected.bytes) {
      if ((await hashFile(target, signal)).sha256 === expected.sha256) return true;
    }
    return copyVerified(path, target, this.temporaryFolder, expected, signal);
  }

  /** Brings a small document, by digest. */
  async putDocument(text: string): Promise<{ sha256: string; bytes: number }> {
    const blob = { sha256: sha256Of(text), bytes: Buffer.byteLength(text) };
    await writeAtomic(this.blobPath(blob.sha256), this.temporaryFolder, text);
    return blob;
  }

  /** Fails where a blob is missing or cut short. Digests are verified when the bytes are read. */
  async checkBlob(descriptor: Descriptor, what: string): Promise<void> {
    const found = await statOf(this.blobPath(hexOf(descriptor.digest)));
    if (found === undefined) throw this.damaged(`the blob ${descriptor.digest} of ${what} is missing`);
    if (found.size !== descriptor.size) {
      throw this.damaged(
        `the blob ${descriptor.digest} of ${what} has ${found.size} bytes instead of ${descriptor.size}`,
      );
    }
  }

  /** A small document by its descriptor, verified. */
  async readDocument(descriptor: Descriptor, what: string): Promise<string> {
    await this.checkBlob(descriptor, what);
    if (descriptor.size > MAX_DOCUMENT_BYTES)
      throw this.damaged(`${what} is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    const bytes = await readFile(this.blobPath(hexOf(descriptor.digest)));
    if (sha256Of(bytes) !== hexOf(descriptor.digest)) {
      throw this.damaged(`the blob ${descriptor.digest} of ${what} has other content than its digest says`);
    }
    return bytes.toString('utf8');
  }

  /** Reads a JSON document of the registry with a schema; what does not parse is damage. */
  parse<T>(text: string, what: string, schema: z.ZodType<T>): T {
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch (cause) {
      throw this.damaged(`${what} is not JSON (${messageOf(cause)})`, cause);
    }
    const parsed = schema.safeParse(document);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw this.damaged(
      `${what} is not valid${issue === undefined ? '' : ` at "${issue.path.join('.')}": ${issue.message}`}`,
    );
  }

  damaged(what: string, cause?: unknown): InfrastructureError {
    return new InfrastructureError(`The registry ${this.#name} is damaged: ${what}.`, {
      remedy: 'Nothing was changed. Restore the folder from a copy, or publish into another one.',
      cause,
    });
  }

  async #readJson<T>(path: string, what: string, schema: z.ZodType<T>): Promise<T> {
    return this.parse(await readFile(path, 'utf8'), what, schema);
  }
}
