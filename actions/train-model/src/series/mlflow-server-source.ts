import { z } from 'zod';
import { messageOf, UsageError } from '../../../../shared/errors.ts';
import { numberOf, parseJson } from '../decide/metrics.ts';
import { pointOf } from '../decide/point-of.ts';
import { MAX_DOCUMENT_BYTES, SERVER_GAP_MS } from './limits.ts';
import type { MetricSource } from './metric-source.ts';
import { finiteOrNot } from './mlflow-values.ts';
import { type Look, NOTHING, type Problem, type Row, type Source, type SourceReader } from './source.ts';

/** One answer; a server that does not answer must not hold up the end of a training. */
const ANSWER_MS = 10_000;
/** One look at all metrics. */
const LOOK_MS = 20_000;
const PAGE_ROWS = 25_000;
/** Each metric is a request. */
const MAX_METRICS = 200;
const MAX_ROWS = 2_000_000;

/** NaN and Infinity come as text, or as Python's json writes them; see `INFINITE` for those that came from a database. */
const numberSchema = z
  .union([z.number(), z.string()])
  .transform((value) => finiteOrNot(typeof value === 'number' ? value : (numberOf(value) ?? Number(value))));
const runSchema = z.looseObject({
  run: z.looseObject({
    data: z.looseObject({ metrics: z.array(z.looseObject({ key: z.string() })).optional() }),
  }),
});
const historySchema = z.looseObject({
  metrics: z.array(z.looseObject({ value: numberSchema, step: numberSchema.optional() })).optional(),
  next_page_token: z.string().optional(),
});

interface Server {
  readonly address: string;
  readonly run: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The run that a page's address names, `…/#/experiments/1/runs/<id>` or `?run_id=<id>`, else that of the environment. */
function serverOf({ place, label }: MetricSource, environment: Readonly<Record<string, string>>): Server {
  const url = new URL(place);
  const run =
    /\/runs\/([0-9a-zA-Z]{32})\b/.exec(url.hash + url.pathname)?.[1] ??
    url.searchParams.get('run_id') ??
    environment['MLFLOW_RUN_ID'];
  if (run === undefined || !/^[\w-]{1,64}$/.test(run)) {
    throw new UsageError(`${label} names no run of MLflow's.`, {
      remedy:
        'Create the run before the training, and give the address of its page, `?run_id=<id>` behind the address, or the variable MLFLOW_RUN_ID, which the command sees too.',
    });
  }
  const path = url.pathname.replace(/\/runs\/.*$|\/+$/, '');
  return { address: `${url.origin}${path}`, run, headers: authorization(environment) };
}

/** As MLflow's own client: mlflow.org/docs/latest/auth. It goes only to the address that the user named. */
function authorization(environment: Readonly<Record<string, string>>): Record<string, string> {
  const token = environment['MLFLOW_TRACKING_TOKEN'];
  if (token !== undefined && token !== '') return { authorization: `Bearer ${token}` };
  const [user, password] = [environment['MLFLOW_TRACKING_USERNAME'], environment['MLFLOW_TRACKING_PASSWORD']];
  if (user === undefined || password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** A run on an MLflow server, by its REST API (mlflow.org/docs/latest/rest-api.html, "Get Metric History"). */
export function mlflowServerSource(
  source: MetricSource,
  environment: Readonly<Record<string, string>>,
): Source {
  const server = serverOf(source, environment);
  let before = new Map<string, number>();
  return {
    label: source.label,
    prefix: source.format,
    files: [],
    gapMs: SERVER_GAP_MS,
    async begin(signal) {
      before = new Map();
      // What cannot be asked now is asked again at the end, and told then.
      const histories = await askAll(server, signal).catch(() => new Map<string, History>());
      for (const [metric, rows] of histories) before.set(metric, rows.length);
    },
    open: () => new ServerReader(server, before),
    absent: () => Promise.resolve(`tells no metric of the run ${server.run}`),
  };
}

type History = readonly { readonly step: number; readonly value: number }[];

class ServerReader implements SourceReader {
  readonly #server: Server;
  readonly #before: ReadonlyMap<string, number>;
  #problem: string | undefined;

  constructor(server: Server, before: ReadonlyMap<string, number>) {
    this.#server = server;
    this.#before = before;
  }

  async look(signal: AbortSignal): Promise<Look> {
    try {
      const histories = await askAll(this.#server, signal);
      this.#problem = undefined;
      const rows = [...histories].flatMap(([metric, history]) =>
        history
          .slice(this.#before.get(metric) ?? 0)
          .map(({ step, value }): Row => ({ ...pointOf(step, [[metric, value]]), group: '' })),
      );
      return { rows, anew: true, more: false };
    } catch (error) {
      this.#problem = `could not be asked: ${reasonOf(error)}`;
      return NOTHING;
    }
  }

  end(): Row[] {
    return [];
  }

  problems(): readonly Problem[] {
    return this.#problem === undefined ? [] : [{ failureClass: 'missing-outputs', message: this.#problem }];
  }
}

async function askAll(server: Server, outer: AbortSignal): Promise<Map<string, History>> {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(LOOK_MS)]);
  const { run } = await ask(server, 'runs/get', { run_id: server.run }, runSchema, signal);
  const names = [...new Set((run.data.metrics ?? []).map(({ key }) => key))].slice(0, MAX_METRICS);
  const histories = new Map<string, History>();
  let count = 0;
  for (const name of names) {
    const rows: { step: number; value: number }[] = [];
    let token = '';
    do {
      const page = await ask(
        server,
        'metrics/get-history',
        {
          run_id: server.run,
          metric_key: name,
          max_results: String(PAGE_ROWS),
          ...(token === '' ? {} : { page_token: token }),
        },
        historySchema,
        signal,
      );
      for (const { step = 0, value } of page.metrics ?? []) rows.push({ step, value });
      const next = page.next_page_token ?? '';
      // A server that gives the same page for ever must not keep us.
      token = next === token ? '' : next;
      count += page.metrics?.length ?? 0;
      if (count > MAX_ROWS) throw new Error(`it holds more than ${MAX_ROWS} rows`);
    } while (token !== '');
    histories.set(name, rows);
  }
  return histories;
}

async function ask<T>(
  { address, headers }: Server,
  endpoint: string,
  query: Readonly<Record<string, string>>,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<T> {
  const url = `${address}/api/2.0/mlflow/${endpoint}?${new URLSearchParams(query).toString()}`;
  const get = (): Promise<Response> =>
    fetch(url, {
      headers,
      // Where a redirection leads, the user has not named.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
  // A connection that was kept from the last look may have been closed by the server: a second one is new.
  const response = await get().catch((error: unknown) => {
    if (error instanceof TypeError && !signal.aborted) return get();
    throw error;
  });
  if (!response.ok) throw new Error(`${endpoint} answered ${response.status}`);
  const parsed = parseJson(await boundedText(response));
  const result = parsed.ok ? schema.safeParse(parsed.document) : undefined;
  if (result?.success !== true) throw new Error(`${endpoint} answered what is none of MLflow's answers`);
  return result.data;
}

/** `fetch` says why it failed in the cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof TypeError && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return `${messageOf(error)}${inner}`;
}

async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    const part = chunk as Uint8Array;
    bytes += part.byteLength;
    if (bytes > MAX_DOCUMENT_BYTES) throw new Error(`an answer is larger than ${MAX_DOCUMENT_BYTES} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}
