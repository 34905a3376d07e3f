import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { S3Client, CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDiskStore } from '../../shared/record/disk-store.ts';
import type { FileReference } from '../../shared/record/common.ts';
import { openStore } from '../../shared/stores/open.ts';
import { saveFilesToStore } from '../../shared/stores/save-files.ts';
import { objectName } from '../../shared/stores/store.ts';
import { openPlace, type Place } from './context.ts';
import { MOTO, type Moto, startMoto } from './moto.ts';

const SECRET = 'wJalrXUtnFEMI-not-a-key';
const inCi = process.env['CI'] === 'true';

/** The SDK looks for credentials in the process itself, and nowhere else here. */
function stubCredentials(credentials: Readonly<Record<string, string | undefined>>): void {
  const names = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  for (const name of names) vi.stubEnv(name, undefined);
  const folder = '/nonexistent';
  for (const [name, value] of Object.entries({
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: `${folder}/config`,
    AWS_SHARED_CREDENTIALS_FILE: `${folder}/credentials`,
    AWS_REGION: 'us-east-1',
    ...credentials,
  })) {
    vi.stubEnv(name, value);
  }
}

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET };

beforeEach(() => stubCredentials(KEYS));
afterEach(() => vi.unstubAllEnvs());

const local = (place: Place, reference: FileReference) => ({
  reference,
  path: join(place.root, reference.path),
});

describe.skipIf(MOTO === undefined && !inCi)(
  'a store in S3 (skipped where moto_server is not on PATH)',
  () => {
    let moto: Moto;
    let client: S3Client;

    beforeAll(async () => {
      if (MOTO === undefined) throw new Error('moto_server is not on PATH: pip install "moto[server]"');
      moto = await startMoto(MOTO);
      client = new S3Client({
        endpoint: moto.url,
        forcePathStyle: true,
        region: 'us-east-1',
        credentials: { accessKeyId: 'setup', secretAccessKey: 'setup' },
      });
      await client.send(new CreateBucketCommand({ Bucket: 'models' }));
    });
    afterAll(async () => {
      client.destroy();
      await moto[Symbol.asyncDispose]();
    });

    const environment = (): NodeJS.ProcessEnv => ({
      ...KEYS,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: moto.url,
    });
    const listed = async (prefix: string) =>
      (await client.send(new ListObjectsV2Command({ Bucket: 'models', Prefix: prefix }))).Contents ?? [];

    it('brings a model of several parts there and to another machine, and sends nothing twice', async () => {
      await using place = await openPlace(environment());
      // Three parts of 8 MiB and a rest.
      const model = await place.write('out/model.bin', randomBytes(25_000_000));
      const empty = await place.write('out/empty.bin', '');
      const save = () =>
        saveFilesToStore({
          store: 's3://models/team/a/',
          limitBytes: 1,
          files: [model, empty],
          directory: place.root,
          context: place.context,
        });
      const { stored } = await save();
      const [first] = await listed('team/a/sha256');
      expect((await listed('team/a/')).map(({ Key }) => Key).sort()).toEqual(
        [model, empty].map(({ sha256 }) => `team/a/${objectName(sha256)}`).sort(),
      );
      await save();
      expect((await listed('team/a/sha256'))[0]?.LastModified).toEqual(first?.LastModified);

      await using elsewhere = await openPlace(environment());
      await rm(join(place.root, 'out'), { recursive: true });
      const { logger, signal } = elsewhere.context;
      const record = createDiskStore({
        workingDirectory: elsewhere.root,
        repository: null,
        treeHash: null,
        runId: 'terminal',
        attempt: 1,
        key: 'train',
        logger,
        environment: environment(),
      });
      const [path = ''] = await record.fetchFiles(stored, join(elsewhere.root, 'in'), signal);
      expect(
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ).toBe(model.sha256);

      // Somebody wrote other bytes under the digest.
      const Key = `team/a/${objectName(model.sha256)}`;
      await client.send(new PutObjectCommand({ Bucket: 'models', Key, Body: Buffer.alloc(25_000_000) }));
      await expect(record.fetchFiles(stored, join(elsewhere.root, 'bad'), signal)).rejects.toThrow(
        /store s3:\/\/models\/team\/a: has the SHA-256 [0-9a-f]{64} instead of/,
      );
      await client.send(new PutObjectCommand({ Bucket: 'models', Key, Body: 'short' }));
      await expect(record.fetchFiles(stored, join(elsewhere.root, 'bad'), signal)).rejects.toThrow(
        'has 5 bytes instead of 25000000',
      );
      await save().catch(() => undefined);
    });

    it('keeps nothing of a file that changes while it is sent', async () => {
      await using place = await openPlace(environment());
      const small = await place.write('small.bin', 'weights');
      const large = await place.write('large.bin', randomBytes(9_000_000));
      await place.write('small.bin', 'weighty');
      await place.write('large.bin', randomBytes(9_000_000));
      const store = await openStore('s3://models/changed', place.context);
      for (const file of [small, large]) {
        await expect(store.stage([local(place, file)], place.context.signal)).rejects.toThrow(
          `The file ${file.path} changed while it was stored.`,
        );
      }
      expect(await listed('changed')).toEqual([]);
    });

    it('says before anything is spent whether it can be written', async () => {
      await using place = await openPlace(environment());
      const { signal } = place.context;
      await (await openStore('s3://models/checked', place.context)).check(signal);
      expect((await listed('checked')).map(({ Key }) => Key)).toEqual(['checked/trainyard-store.txt']);
      const absent = await openStore('s3://absent/x', place.context);
      await expect(absent.check(signal)).rejects.toThrow('The store s3://absent/x: there is no such bucket.');
      const file = await place.write('model.bin', 'weights');
      await expect(absent.stage([local(place, file)], signal)).rejects.toThrow('there is no such bucket');
      const whole = await openStore('s3://models', place.context);
      await expect(whole.read(file, signal)).rejects.toThrow('The store s3://models: it has no such object.');
    });

    it('ends at once when it is cancelled', async () => {
      await using place = await openPlace(environment());
      const file = await place.write('model.bin', randomBytes(20_000_000));
      const store = await openStore('s3://models/cancelled', place.context);
      const controller = new AbortController();
      const staged = store.stage([local(place, file)], controller.signal);
      setTimeout(() => controller.abort(new Error('stop')), 20);
      await expect(staged).rejects.toThrow();
      await expect(store.stage([local(place, file)], AbortSignal.abort(new Error('stop')))).rejects.toThrow(
        'stop',
      );
      expect(await listed('cancelled')).toEqual([]);
    });

    it('tells absent credentials, refused ones and missing rights apart', async () => {
      await using guarded = await startMoto(MOTO ?? '');
      const iam = async (form: Record<string, string>): Promise<string> =>
        await (
          await fetch(guarded.url, {
            method: 'POST',
            headers: {
              authorization:
                'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0',
              'content-type': 'application/x-www-form-urlencoded',
            },
            body: new URLSearchParams({ Version: '2010-05-08', ...form }),
          })
        ).text();
      await iam({ Action: 'CreateUser', UserName: 'trainer' });
      const made = await iam({ Action: 'CreateAccessKey', UserName: 'trainer' });
      const [, id = ''] = /<AccessKeyId>([^<]+)/.exec(made) ?? [];
      const [, key = ''] = /<SecretAccessKey>([^<]+)/.exec(made) ?? [];
      await fetch(`${guarded.url}/moto-api/reset-auth`, { method: 'POST', body: '0' });

      await using place = await openPlace({ AWS_ENDPOINT_URL: guarded.url, AWS_REGION: 'us-east-1' });
      const file = await place.write('model.bin', 'weights');
      const stage = async (): Promise<string> => {
        const store = await openStore('s3://models/x', place.context);
        return await store.stage([local(place, file)], place.context.signal).then(
          () => 'stored',
          (error: unknown) => String(error),
        );
      };
      expect(await stage()).toBe('UsageError: The store s3://models/x: the AWS credentials are refused.');
      stubCredentials({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: SECRET });
      expect(await stage()).toBe('UsageError: The store s3://models/x: the AWS credentials are refused.');
      stubCredentials({ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key });
      expect(await stage()).toBe('UsageError: The store s3://models/x: access is denied.');
      stubCredentials({ ...KEYS, AWS_REGION: undefined });
      delete place.context.environment['AWS_REGION'];
      expect(await stage()).toBe('UsageError: The store s3://models/x: no region is known.');
      place.context.environment['AWS_REGION'] = 'us-east-1';
      stubCredentials({});
      expect(await stage()).toBe('UsageError: The store s3://models/x: no AWS credentials were found.');
    });
  },
);

describe('a store in S3 that fails', () => {
  async function serve(answer: RequestListener) {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return {
      url: `http://127.0.0.1:${port}`,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    };
  }
  const say = (response: ServerResponse, status: number, code: string, message: string): void => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  };

  it.each([
    [400, 'ExpiredToken', 'InfrastructureError: The store s3://models/x: the AWS credentials have expired.'],
    [
      301,
      'PermanentRedirect',
      'UsageError: The store s3://models/x: the bucket lies in another region than the one asked.',
    ],
    [
      400,
      'AuthorizationHeaderMalformed',
      'UsageError: The store s3://models/x: the bucket lies in another region than the one asked.',
    ],
    [
      409,
      'OperationAborted',
      'InfrastructureError: The store s3://models/x: OperationAborted (HTTP 409): signed by ***.',
    ],
  ])('with %d %s says so, and no secret', async (status, code, words) => {
    await using server = await serve((request, response) => {
      if (request.method === 'HEAD') response.writeHead(404).end();
      else request.resume().on('end', () => say(response, status, code, `signed by ${SECRET}`));
    });
    await using place = await openPlace({ ...KEYS, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: server.url });
    const file = await place.write('model.bin', 'weights');
    const store = await openStore('s3://models/x', place.context);
    const told = await store.stage([local(place, file)], place.context.signal).catch(String);
    expect(told).toBe(words);
    expect(await store.check(place.context.signal).catch(String)).toBe(words);
  });

  it('with an answer to the first question is told, too', async () => {
    await using server = await serve((_request, response) => response.writeHead(400).end());
    await using place = await openPlace({
      ...KEYS,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: server.url,
    });
    const file = await place.write('model.bin', 'weights');
    const store = await openStore('s3://models/x', place.context);
    await expect(store.stage([local(place, file)], place.context.signal)).rejects.toThrow('(HTTP 400)');
  });

  it('by a connection that breaks goes on from where it was', async () => {
    const content = randomBytes(300_000);
    const ranges: (string | undefined)[] = [];
    await using server = await serve((request, response) => {
      const { range } = request.headers;
      ranges.push(range);
      const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
      const rest = content.subarray(from);
      response.writeHead(range === undefined ? 200 : 206, { 'content-length': rest.length });
      if (ranges.length === 3) response.end(rest);
      else response.write(rest.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
    });
    await using place = await openPlace({ ...KEYS, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: server.url });
    const file = await place.write('model.bin', content);
    const store = await openStore('s3://models/x', place.context);
    expect((await buffer(await store.read(file, place.context.signal))).equals(content)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=200000-']);
  });

  it('by connections that always break ends after some', async () => {
    let asked = 0;
    await using server = await serve((_request, response) => {
      asked += 1;
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('x', () => setTimeout(() => response.destroy(), 20));
    });
    await using place = await openPlace({ ...KEYS, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: server.url });
    await mkdir(join(place.root, 'in'));
    const file = await place.write('model.bin', Buffer.alloc(1_000));
    const store = await openStore('s3://models/x', place.context);
    await expect(buffer(await store.read(file, place.context.signal))).rejects.toThrow(
      'The store s3://models/x: the download broke off 5 times, last by: aborted.',
    );
    expect(asked).toBe(5);
  });
});
