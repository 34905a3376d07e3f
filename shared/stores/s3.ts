import { createReadStream } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import type * as Sdk from '@aws-sdk/client-s3';
import type * as LibStorage from '@aws-sdk/lib-storage';
import { isExpected, messageOf, SubjectError } from '../errors.ts';
import type { FileReference, Location } from '../record/common.ts';
import { HashingStream } from '../record/hashing-stream.ts';
import { explainS3, saysAbsent } from './decide/s3-errors.ts';
import { type FileStore, type LocalFile, objectName } from './store.ts';

const MEBIBYTE = 1024 * 1024;
/** A part is held in memory until it has arrived, several at once: small enough to keep memory flat. */
const MIN_PART_BYTES = 8 * MEBIBYTE;
const PARALLEL_PARTS = 4;
/** Amazon S3, "Multipart upload limits". */
const MAX_PARTS = 10_000;
/** One request is tried as often, with growing pauses; a download goes on from where it was cut off. */
const ATTEMPTS = 5;
const CONNECT_MS = 10_000;
/** How long a connection may be silent. */
const SILENCE_MS = 60_000;

/** What is written to see that files can be written, for people who look into the bucket. */
const NOTE = 'Files that Trainyard stored, each named by the SHA-256 of its bytes.\n';

/** The SDK's modules and a client of its own for one store. It looks for credentials and region as AWS documents it. */
export async function openS3Store(
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  environment: NodeJS.ProcessEnv,
): Promise<FileStore> {
  const [sdk, { Upload }] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')]);
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  const client = new sdk.S3Client({
    maxAttempts: ATTEMPTS,
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    ...(region === undefined || region === '' ? {} : { region }),
    // Another service than AWS's has no host name for each bucket.
    ...(endpoint === undefined || endpoint === '' ? {} : { endpoint, forcePathStyle: true }),
  });
  return new S3Store({ client, sdk, Upload, bucket, prefix, secrets: secretsOf(environment) });
}

function secretsOf(environment: NodeJS.ProcessEnv): string[] {
  return ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ACCESS_KEY_ID'].flatMap(
    (name) => environment[name] ?? [],
  );
}

interface S3Options {
  readonly client: Sdk.S3Client;
  readonly sdk: typeof Sdk;
  readonly Upload: typeof LibStorage.Upload;
  readonly bucket: string;
  readonly prefix: string;
  readonly secrets: readonly string[];
}

class S3Store implements FileStore {
  readonly uri: string;
  readonly #options: S3Options;

  constructor(options: S3Options) {
    this.uri = `s3://${options.bucket}${options.prefix === '' ? '' : `/${options.prefix}`}`;
    this.#options = options;
  }

  async check(signal: AbortSignal): Promise<void> {
    const { client, sdk } = this.#options;
    await this.#explained(signal, () =>
      client.send(new sdk.PutObjectCommand({ ...this.#at('trainyard-store.txt'), Body: NOTE }), {
        abortSignal: signal,
      }),
    );
  }

  async stage(files: readonly LocalFile[], signal: AbortSignal): Promise<Location> {
    for (const file of files) {
      if (await this.#holds(file.reference, signal)) continue;
      await this.#explained(signal, () => this.#upload(file, signal));
    }
    return { kind: 'store', store: this.uri };
  }

  async read(file: Pick<FileReference, 'sha256' | 'bytes'>, signal: AbortSignal): Promise<Readable> {
    const first = await this.#get(file, 0, signal);
    return Readable.from(this.#whole(file, first, signal), { objectMode: false });
  }

  /** Goes on where a connection breaks: a model of many gigabytes is not begun anew. */
  async *#whole(
    file: Pick<FileReference, 'sha256' | 'bytes'>,
    first: Readable,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    let body = first;
    let seen = 0;
    let begun = 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        for await (const chunk of body as AsyncIterable<Buffer>) {
          seen += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        signal.throwIfAborted();
        // A line that breaks now and then still brings the whole: only breaks without progress add up.
        if (seen - begun >= MIN_PART_BYTES) attempt = 1;
        if (attempt === ATTEMPTS) {
          throw this.#explain(
            new Error(`the download broke off ${ATTEMPTS} times, last by: ${messageOf(error)}`),
          );
        }
        begun = seen;
        body = await this.#get(file, seen, signal);
      }
    }
  }

  async #get(
    { sha256 }: Pick<FileReference, 'sha256'>,
    from: number,
    signal: AbortSignal,
  ): Promise<Readable> {
    const { client, sdk } = this.#options;
    const { Body } = await this.#explained(signal, async (): Promise<Sdk.GetObjectCommandOutput> => {
      const range = from === 0 ? {} : { Range: `bytes=${from}-` };
      return await client.send(new sdk.GetObjectCommand({ ...this.#at(objectName(sha256)), ...range }), {
        abortSignal: signal,
      });
    });
    if (Body instanceof Readable) return Body;
    throw new Error('gave no bytes');
  }

  async #holds({ sha256, bytes }: FileReference, signal: AbortSignal): Promise<boolean> {
    const { client, sdk } = this.#options;
    try {
      const head = await client.send(new sdk.HeadObjectCommand(this.#at(objectName(sha256))), {
        abortSignal: signal,
      });
      return head.ContentLength === bytes;
    } catch (error) {
      signal.throwIfAborted();
      // The upload then tells what is wrong, and with a reason: an answer to HEAD has none.
      if (saysAbsent(error)) return false;
      throw this.#explain(error);
    }
  }

  async #upload({ reference, path }: LocalFile, signal: AbortSignal): Promise<void> {
    const { client, Upload } = this.#options;
    const source = createReadStream(path, { signal });
    const body = expecting(reference);
    source.on('error', (error) => body.destroy(error));
    const upload = new Upload({
      client,
      params: { ...this.#at(objectName(reference.sha256)), Body: source.pipe(body) },
      partSize: Math.max(MIN_PART_BYTES, Math.ceil(reference.bytes / MAX_PARTS)),
      queueSize: PARALLEL_PARTS,
    });
    const stop = (): void => void upload.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await upload.done();
    } finally {
      signal.removeEventListener('abort', stop);
      source.destroy();
    }
  }

  #at(name: string): { Bucket: string; Key: string } {
    const { bucket, prefix } = this.#options;
    return { Bucket: bucket, Key: prefix === '' ? name : `${prefix}/${name}` };
  }

  async #explained<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw this.#explain(error);
    }
  }

  #explain(error: unknown): Error {
    return isExpected(error) ? error : explainS3(error, this.uri, this.#options.secrets);
  }
}

/** Lets bytes through, and fails at their end where they are not those expected: then the upload is not completed. */
function expecting({ path, bytes, sha256 }: FileReference): Transform {
  const hashing = new HashingStream();
  hashing._flush = (done) => {
    const found = hashing.result();
    if (found.bytes === bytes && found.sha256 === sha256) {
      done();
      return;
    }
    done(
      new SubjectError('model', `The file ${path} changed while it was stored.`, {
        remedy:
          'Nothing of it was stored. Let the command end before its outputs are taken, and train again.',
      }),
    );
  };
  return hashing;
}
