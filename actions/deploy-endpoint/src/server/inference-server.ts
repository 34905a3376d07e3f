import type { FastifyInstance, FastifyReply } from 'fastify';
import { messageOf } from '../../../../shared/errors.ts';
import { decodeTensor, encodeTensor, TensorError } from '../../../../shared/onnx/tensors.ts';
import type { OnnxRuntime } from '../../../../shared/onnx/runtime.ts';
import type { OpenModel } from '../../../../shared/onnx/session.ts';
import { checkRequest, inferenceRequestSchema } from './inference-protocol.ts';

export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** Answered in the header `x-trainyard-revision`, so that a caller can tell who served it. */
  readonly revision: string;
  readonly runtime: OnnxRuntime;
  readonly model: OpenModel;
}

/** Rows of a golden test or of a batch fit many times; a larger body is more likely a mistake than a request. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;
export const REVISION_HEADER = 'x-trainyard-revision';
const PLATFORM = 'onnx_onnxruntime';

/**
 * An Open Inference Protocol v2 server (REST) for one model.
 * Source: github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md.
 */
export async function createInferenceServer(served: ServedModel): Promise<FastifyInstance> {
  // Not the named export: of a module that is a function the bundle only has the default one.
  const { default: fastify } = await import('fastify');
  const server = fastify({
    bodyLimit: MAX_BODY_BYTES,
    // Only the supervisor connects. It keeps connections open, and must never find one closed under a request.
    keepAliveTimeout: 0,
    // Names of models and tensors are data: a body may hold any key.
    onProtoPoisoning: 'remove',
    onConstructorPoisoning: 'remove',
    routerOptions: { ignoreTrailingSlash: true },
  });
  // Only JSON; it is also what a web page cannot send across origins without asking first.
  server.removeContentTypeParser('text/plain');
  const { name, version, model } = served;

  server.addHook('onRequest', async (_request, reply) => {
    reply.header(REVISION_HEADER, served.revision);
    return Promise.resolve();
  });
  server.setErrorHandler((error, _request, reply) =>
    reply.code(statusOf(error)).send({ error: messageOf(error) }),
  );
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `There is no ${request.method} ${request.url} here.` }),
  );

  server.get('/v2/health/live', () => ({ live: true }));
  server.get('/v2/health/ready', () => ({ ready: true }));
  server.get('/v2', () => ({ name: 'trainyard', version: '1', extensions: [] }));

  const known = (parameters: { name: string; version?: string }, reply: FastifyReply): boolean => {
    const sameVersion = parameters.version === undefined || parameters.version === version;
    if (parameters.name === name && sameVersion) return true;
    const wanted =
      parameters.version === undefined ? parameters.name : `${parameters.name} ${parameters.version}`;
    reply
      .code(404)
      .send({ error: `There is no model "${wanted}" here; this endpoint serves "${name}" ${version}.` });
    return false;
  };

  for (const path of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    server.get<{ Params: { name: string; version?: string } }>(path, (request, reply) => {
      if (!known(request.params, reply)) return reply;
      const { inputs, outputs } = model.metadata;
      return reply.send({ name, versions: [version], platform: PLATFORM, inputs, outputs });
    });
    server.get<{ Params: { name: string; version?: string } }>(`${path}/ready`, (request, reply) =>
      known(request.params, reply) ? reply.send({ name, ready: true }) : reply,
    );
    server.post<{ Params: { name: string; version?: string } }>(`${path}/infer`, async (request, reply) =>
      known(request.params, reply) ? reply.send(await infer(served, request.body)) : reply,
    );
  }
  return server;
}

async function infer(served: ServedModel, body: unknown): Promise<object> {
  const parsed = inferenceRequestSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TensorError(
      `The request is not valid at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}.`,
    );
  }
  const { inputs, outputs } = checkRequest(parsed.data, served.model.metadata);
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, decodeTensor(input, served.runtime)]));
  const results = await run(
    served,
    feeds,
    outputs.map((output) => output.name),
  );
  return {
    model_name: served.name,
    model_version: served.version,
    ...(parsed.data.id === undefined ? {} : { id: parsed.data.id }),
    outputs: outputs.map((output) => {
      const result = results[output.name];
      if (result === undefined) throw new Error(`The model gave no output "${output.name}".`);
      return encodeOutput(output.name, output.datatype, result);
    }),
  };
}

type Feeds = Parameters<OpenModel['session']['run']>[0];
type Results = Awaited<ReturnType<OpenModel['session']['run']>>;

/** The model refused to compute with inputs that fit its metadata: the request's fault as far as one can tell. */
class ModelRefused extends Error {}

async function run(served: ServedModel, feeds: Feeds, outputs: string[]): Promise<Results> {
  try {
    return await served.model.session.run(feeds, outputs);
  } catch (cause) {
    throw new ModelRefused(`The model could not compute with these inputs: ${messageOf(cause)}`, { cause });
  }
}

/** The model's answer cannot be carried by the protocol: not the request's fault. */
class BadOutput extends Error {}

function encodeOutput(...parameters: Parameters<typeof encodeTensor>): ReturnType<typeof encodeTensor> {
  try {
    return encodeTensor(...parameters);
  } catch (cause) {
    throw new BadOutput(messageOf(cause), { cause });
  }
}

function statusOf(error: unknown): number {
  if (error instanceof TensorError || error instanceof ModelRefused) return 400;
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')
    return error.statusCode;
  return 500;
}
