import { z } from 'zod';
import { InfrastructureError, messageOf, UsageError } from '../../../../shared/errors.ts';
import { Collected, MAX_DOCUMENT_BYTES, type Reported } from './collected.ts';

/** A server that does not answer must not hold a runner. */
const ANSWER_MS = 30_000;

const RUN_ID = /^[0-9A-Za-z_-]{1,64}$/;

/** NaN and Infinity come as text (protobuf's JSON). */
const runSchema = z.looseObject({
  run: z.looseObject({
    data: z
      .looseObject({
        metrics: z
          .array(z.looseObject({ key: z.string(), value: z.union([z.number(), z.string()]).optional() }))
          .optional(),
      })
      .optional(),
  }),
});

/** Variables that MLflow's own client reads (mlflow.org/docs/latest/auth). */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the metrics of a run from an MLflow tracking server, `GET /api/2.0/mlflow/runs/get`
 * (mlflow.org/docs/latest/rest-api.html, "Get Run"), which tells the last value of each metric. The server is
 * MLFLOW_TRACKING_URI.
 */
export async function readMlflowRun(
  runId: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<Reported> {
  if (!RUN_ID.test(runId)) {
    throw new UsageError(`"mlflow:${runId}" names no run of MLflow's.`, {
      remedy: 'Write the id of the run, as in mlflow:0a1b2c3d4e5f60718293a4b5c6d7e8f9.',
    });
  }
  const server = serverOf(environment);
  const source = `MLflow's run ${runId}`;
  const text = await ask(`${server}/api/2.0/mlflow/runs/get?run_id=${runId}`, source, environment, signal);
  const parsed = runSchema.safeParse(jsonIn(text));
  if (!parsed.success) {
    throw new InfrastructureError(`What MLFLOW_TRACKING_URI answered for ${source} is no run of MLflow's.`, {
      remedy: 'Give the address of the tracking server without the path of a page.',
    });
  }
  const collected = new Collected(source);
  for (const { key, value } of parsed.data.run.data?.metrics ?? []) {
    // Protobuf leaves out a value of 0.
    const number = value ?? 0;
    collected.add(key, typeof number === 'number' ? number : null);
  }
  return collected.metrics;
}

function serverOf(environment: Environment): string {
  const uri = environment['MLFLOW_TRACKING_URI'] ?? '';
  const url = URL.parse(uri);
  if (url !== null && /^https?:$/.test(url.protocol))
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  throw new UsageError(
    uri === ''
      ? 'The metrics of a run of MLflow are asked for, and MLFLOW_TRACKING_URI is not set.'
      : 'The metrics of a run of MLflow are asked for, and MLFLOW_TRACKING_URI is no http or https address.',
    { remedy: "Set it to the tracking server's address, or give the run's folder of metrics as a path." },
  );
}

async function ask(
  url: string,
  source: string,
  environment: Environment,
  outer: AbortSignal,
): Promise<string> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(ANSWER_MS)]);
  let response: Response;
  let text: string;
  try {
    // Where a redirection leads, the user has not named, and the token is not for it.
    response = await fetch(url, { headers: authorization(environment), redirect: 'error', signal });
    text = await limitedText(response);
  } catch (cause) {
    outer.throwIfAborted();
    throw new InfrastructureError(
      `The MLflow server of MLFLOW_TRACKING_URI did not tell ${source}: ${why(cause)}.`,
      {
        cause,
      },
    );
  }
  if (response.ok) return text;
  if (response.status === 401 || response.status === 403) {
    throw new UsageError(`The MLflow server refused to show ${source} (${response.status}).`, {
      remedy: 'Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.',
    });
  }
  if (response.status === 404) {
    throw new UsageError(`The MLflow server of MLFLOW_TRACKING_URI does not know ${source}.`);
  }
  throw new InfrastructureError(`The MLflow server answered ${response.status} when asked for ${source}.`);
}

function authorization(environment: Environment): Record<string, string> {
  const token = environment['MLFLOW_TRACKING_TOKEN'] ?? '';
  if (token !== '') return { authorization: `Bearer ${token}` };
  const [user, password] = [environment['MLFLOW_TRACKING_USERNAME'], environment['MLFLOW_TRACKING_PASSWORD']];
  if (user === undefined || password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  if (body === null) return '';
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MAX_DOCUMENT_BYTES) throw new Error(`its answer has more than ${MAX_DOCUMENT_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function why(cause: unknown): string {
  if (cause instanceof Error && cause.name === 'TimeoutError') return `no answer in ${ANSWER_MS / 1000} s`;
  return messageOf(cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
