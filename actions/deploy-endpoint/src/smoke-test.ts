import { z } from 'zod';
import { InfrastructureError, messageOf, SubjectError, UsageError } from '../../../shared/errors.ts';
import { parseExactly } from '../../../shared/onnx/exact-json.ts';
import type { BodyOf } from '../../../shared/record/section.ts';
import { quantile } from '../../../shared/statistics/quantile.ts';
import { checkGoldenRows } from './decide/golden-check.ts';
import { differenceOf, type GoldenRow, goldenRequest } from './decide/golden-rows.ts';
import { probeRequest, problemOf } from './decide/smoke-request.ts';
import {
  type InferenceRequest,
  type InferenceResponse,
  inferenceResponseSchema,
  modelMetadataSchema,
} from './server/inference-protocol.ts';
import { REVISION_HEADER } from './server/inference-server.ts';

export type SmokeTest = NonNullable<BodyOf<'deployment'>['smokeTest']>;

export interface SmokeOptions {
  /** Where the server is, without `/v2`. */
  readonly url: string;
  readonly model: string;
  readonly golden: readonly GoldenRow[];
  readonly tolerance: number;
  /** Every answer must be of this revision, as its header says; undefined for a server that has no such header. */
  readonly revision: string | undefined;
  readonly signal: AbortSignal;
}

/** How often the request of zeros is sent: enough for a median of latencies, cheap for any model. */
const PROBES = 5;
const REQUEST_TIMEOUT_MS = 30_000;
const errorSchema = z.object({ error: z.string() });

/**
 * Asks a model over HTTP what only a model that works can answer: a row of zeros built from its own metadata, and
 * golden rows. A difference is a result; a server that does not answer is thrown.
 */
export async function smokeTest(options: SmokeOptions): Promise<SmokeTest> {
  const session = new Session(options);
  const metadata = await session.metadata();
  if (metadata === undefined && options.golden.length > 0) {
    throw new UsageError(
      'Input "golden-rows" is given, and the server does not speak the Open Inference Protocol.',
      {
        remedy: 'Leave "golden-rows" out: then readiness is all that is tested.',
      },
    );
  }
  if (metadata === undefined) {
    return session.result(
      'not-run',
      0,
      'The server does not speak the Open Inference Protocol; it is ready, and no more is known.',
    );
  }
  checkGoldenRows(options.golden, metadata);
  try {
    if (metadata.inputs.length > 0) {
      const probe = probeRequest(metadata);
      for (let index = 0; index < PROBES; index++) {
        const problem = problemOf(metadata, await session.infer(probe));
        if (problem !== undefined) return session.result('fail', 0, problem);
      }
    }
    const differences: string[] = [];
    for (const row of options.golden) {
      const difference = differenceOf(
        row,
        await session.infer(goldenRequest(row, metadata)),
        options.tolerance,
      );
      if (difference !== undefined) differences.push(difference);
    }
    const agreeing = options.golden.length - differences.length;
    if (differences.length === 0) return session.result('pass', agreeing, null);
    const share = `${differences.length} of ${options.golden.length} golden rows are answered otherwise`;
    return session.result('fail', agreeing, `${share}; the first: ${differences[0] ?? ''}.`);
  } catch (error) {
    if (error instanceof SubjectError) return session.result('fail', 0, error.message);
    throw error;
  }
}

/** The requests of one smoke test, and how long each took. */
class Session {
  readonly #options: SmokeOptions;
  readonly #latencies: number[] = [];

  constructor(options: SmokeOptions) {
    this.#options = options;
  }

  result(result: SmokeTest['result'], agreeing: number, reason: string | null): SmokeTest {
    return {
      result,
      goldenRows: this.#options.golden.length,
      agreeing,
      requests: this.#latencies.length,
      latencyP50Ms: quantile(this.#latencies, 0.5) ?? null,
      latencyP95Ms: quantile(this.#latencies, 0.95) ?? null,
      reason,
    };
  }

  /** What the model takes and gives; undefined where the server speaks another protocol. */
  async metadata(): Promise<z.infer<typeof modelMetadataSchema> | undefined> {
    const { status, body } = await this.#ask('GET', '', undefined);
    if (status !== 200) return undefined;
    return modelMetadataSchema.safeParse(body).data;
  }

  async infer(request: InferenceRequest): Promise<InferenceResponse> {
    const startedAt = performance.now();
    const { status, body } = await this.#ask('POST', '/infer', request);
    this.#latencies.push(performance.now() - startedAt);
    if (status !== 200) {
      const said = errorSchema.safeParse(body).data?.error.slice(0, 300) ?? 'nothing that the protocol knows';
      throw new SubjectError('model', `The server answered a smoke request with status ${status}: ${said}`);
    }
    const parsed = inferenceResponseSchema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new SubjectError(
      'model',
      'The server answered a smoke request with what is no inference response.',
    );
  }

  async #ask(
    method: string,
    path: string,
    body: object | undefined,
  ): Promise<{ status: number; body: unknown }> {
    const { url, model, revision, signal } = this.#options;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}/v2/models/${model}${path}`, {
        method,
        redirect: 'manual',
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
      });
      text = await response.text();
    } catch (cause) {
      signal.throwIfAborted();
      throw new InfrastructureError(
        `The server at ${url} did not answer a smoke request: ${messageOf(cause)}`,
        { cause },
      );
    }
    const answeredBy = response.headers.get(REVISION_HEADER);
    if (revision !== undefined && answeredBy !== revision) {
      throw new InfrastructureError(
        `The server at ${url} was to serve ${revision}, and ${answeredBy ?? 'another'} answered.`,
      );
    }
    return { status: response.status, body: json(text) };
  }
}

function json(text: string): unknown {
  try {
    return parseExactly(text);
  } catch {
    return undefined;
  }
}
