import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInferenceServer } from '../../actions/deploy-endpoint/src/server/inference-server.ts';
import { openModel, type OpenModel } from '../../shared/onnx/session.ts';
import { classifier, identity, reciprocal } from './onnx-model.ts';
import { onnxRuntime } from './onnx-runtime.ts';
import { createReferee, missingReferee } from './open-inference-protocol.ts';

const skipReason = missingReferee();
const judge = skipReason === undefined ? createReferee() : (): string[] => [];

let folder: string;
const opened: { server: FastifyInstance; model: OpenModel }[] = [];
let server: FastifyInstance;

async function serve(name: string, content: Buffer): Promise<FastifyInstance> {
  const runtime = await onnxRuntime();
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, content);
  const model = await openModel(runtime, { path, label: name, threads: 1 });
  const created = await createInferenceServer({ name, version: 'v3', revision: 'v3-r', runtime, model });
  opened.push({ server: created, model });
  return created;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainyard-oip-'));
  server = await serve('digits', classifier());
}, 120_000);
afterAll(async () => {
  for (const entry of opened) {
    await entry.server.close();
    await entry.model.close();
  }
  await rm(folder, { recursive: true, force: true });
});

const infer = (payload: object | string, path = '/v2/models/digits/infer', to = server) =>
  to.inject({ method: 'POST', url: path, payload, headers: { 'content-type': 'application/json' } });

const x = (data: unknown, shape: unknown = [1, 2], datatype: unknown = 'FP32') => ({
  name: 'x',
  datatype,
  shape,
  data,
});

describe.skipIf(skipReason !== undefined)(
  `judged by the standard's own description${skipReason ?? ''}`,
  () => {
    it.each([
      ['/v2', 'metadata_server_response'],
      ['/v2/', 'metadata_server_response'],
      ['/v2/models/digits', 'metadata_model_response'],
      ['/v2/models/digits/versions/v3', 'metadata_model_response'],
    ])('GET %s is a %s', async (url, schema) => {
      const response = await server.inject({ url });
      expect(response.statusCode).toBe(200);
      expect(judge(schema, response.json())).toEqual([]);
    });

    it('the referee refuses what is wrong', () => {
      expect(judge('inference_response', { model_name: 'digits' })).not.toEqual([]);
      expect(
        judge('metadata_model_response', { name: 'a', platform: 'b', inputs: [{ name: 'x' }] }),
      ).not.toEqual([]);
    });

    it.each(['/v2/models/digits/infer', '/v2/models/digits/versions/v3/infer'])('POST %s', async (path) => {
      const request = { id: '42', inputs: [x([1, 0, 0, 1], [2, 2])] };
      expect(judge('inference_request', request)).toEqual([]);
      const response = await infer(request, path);
      expect(response.statusCode).toBe(200);
      expect(response.headers['x-trainyard-revision']).toBe('v3-r');
      expect(judge('inference_response', response.json())).toEqual([]);
      expect(response.json()).toMatchObject({
        id: '42',
        model_name: 'digits',
        model_version: 'v3',
        outputs: [
          { name: 'label', datatype: 'INT64', shape: [2], data: [10, 20] },
          { name: 'probabilities', datatype: 'FP32', shape: [2, 3] },
        ],
      });
    });

    it('errors are errors of the standard', async () => {
      const response = await infer({ inputs: [] });
      expect(response.statusCode).toBe(400);
      expect(judge('inference_error_response', response.json())).toEqual([]);
    });
  },
);

describe('createInferenceServer', () => {
  it.each([
    '/v2/health/live',
    '/v2/health/ready',
    '/v2/models/digits/ready',
    '/v2/models/digits/versions/v3/ready',
  ])('GET %s is 200', async (url) => {
    expect((await server.inject({ url })).statusCode).toBe(200);
  });

  it.each([
    ['GET', '/v2/models/other', /no model "other" here; this endpoint serves "digits" v3/],
    ['GET', '/v2/models/digits/versions/v2', /no model "digits v2"/],
    ['GET', '/v2/models/other/ready', /no model "other"/],
    ['POST', '/v2/models/other/infer', /no model "other"/],
    ['GET', '/metrics', /There is no GET \/metrics here/],
  ] as const)('%s %s is 404', async (method, url, error) => {
    const response = await server.inject({ method, url, ...(method === 'POST' ? { payload: {} } : {}) });
    expect(response.statusCode).toBe(404);
    expect(response.json<{ error: string }>().error).toMatch(error);
  });

  it.each<[string, unknown, RegExp]>([
    ['no inputs', {}, /not valid at "inputs"/],
    ['no body', [], /not valid at ""/],
    ['an input that the model lacks', { inputs: [{ ...x([1, 0]), name: 'y' }] }, /no input "y"; it has: x/],
    ['an input twice', { inputs: [x([1, 0]), x([1, 0])] }, /"x" is given twice/],
    ['a missing input', { inputs: [] }, /missing: x/],
    [
      'another datatype',
      { inputs: [x([1, 0], [1, 2], 'INT64')] },
      /has the datatype INT64; the model takes FP32/,
    ],
    ['no datatype', { inputs: [x([1, 0], [1, 2], 'FLOAT')] }, /datatype "FLOAT"; accepted: BOOL/],
    ['another rank', { inputs: [x([1, 0], [2])] }, /shape \[2\]; the model takes \[-1, 2\]/],
    ['another size', { inputs: [x([1, 0, 0], [1, 3])] }, /shape \[1, 3\]; the model takes/],
    ['too few values', { inputs: [x([1, 0], [2, 2])] }, /has 2 values; its shape \[2, 2\] holds 4/],
    ['a value of another type', { inputs: [x([1, 'a'])] }, /the string "a" where a number belongs/],
    ['an output that the model lacks', { inputs: [x([1, 0])], outputs: [{ name: 'z' }] }, /no output "z"/],
  ])('%s is 400', async (_what, payload, error) => {
    const response = await infer(payload as object);
    expect(response.json<{ error: string }>().error).toMatch(error);
    expect(response.statusCode).toBe(400);
  });

  it('text that is no JSON is 400, another type of body 415, one too long 413', async () => {
    expect((await infer('{')).statusCode).toBe(400);
    const text = await server.inject({
      method: 'POST',
      url: '/v2/models/digits/infer',
      payload: 'a',
      headers: { 'content-type': 'text/plain' },
    });
    expect(text.statusCode).toBe(415);
    expect(text.json()).toHaveProperty('error');
    const length = { 'content-type': 'application/json', 'content-length': String(1e9) };
    const long = await server.inject({
      method: 'POST',
      url: '/v2/models/digits/infer',
      payload: '{}',
      headers: length,
    });
    expect(long.statusCode).toBe(413);
  });

  it('gives only the outputs asked for', async () => {
    const response = await infer({ inputs: [x([1, 0])], outputs: [{ name: 'label' }] });
    expect(response.json<{ outputs: { name: string }[] }>().outputs.map(({ name }) => name)).toEqual([
      'label',
    ]);
  });

  it('carries whole numbers beyond 2^53 exactly', async () => {
    const other = await serve('echo', identity('INT64'));
    const inputs = [{ name: 'in', datatype: 'INT64', shape: [2], data: ['9007199254740993', 1] }];
    const response = await infer({ inputs }, '/v2/models/echo/infer', other);
    expect(response.body).toContain('"data":[9007199254740993,1]');
  });

  it('answers 500 where the model gives what JSON cannot carry', async () => {
    const other = await serve('reciprocal', reciprocal());
    const inputs = [{ name: 'in', datatype: 'FP32', shape: [1], data: [0] }];
    const response = await infer({ inputs }, '/v2/models/reciprocal/infer', other);
    expect(response.statusCode).toBe(500);
    expect(response.json<{ error: string }>().error).toMatch(/output "out" holds a value that is not finite/);
  });

  it('answers 400 where the model refuses the inputs', async () => {
    const other = await serve('closed', classifier());
    const entry = opened.find((candidate) => candidate.server === other);
    await entry?.model.close();
    const response = await infer({ inputs: [x([1, 0])] }, '/v2/models/closed/infer', other);
    expect(response.statusCode).toBe(400);
    expect(response.json<{ error: string }>().error).toMatch(/could not compute/);
    opened.splice(
      opened.findIndex((candidate) => candidate.server === other),
      1,
    );
    await other.close();
  });
});
