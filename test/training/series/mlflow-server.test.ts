import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { followUntil, never, openPlace } from './place.ts';

const RUN = 'a'.repeat(32);

type Answer = (request: IncomingMessage, url: URL, response: ServerResponse) => void;

async function serve(answer: Answer): Promise<{ server: Server; address: string } & AsyncDisposable> {
  const server = createServer((request, response) =>
    answer(request, new URL(request.url ?? '/', 'http://server'), response),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers as MLflow's server does, for one run with two metrics. */
function mlflow(
  history: Record<string, { value: number | string; step: number }[]>,
  seen: IncomingMessage[] = [],
): Answer {
  return (request, url, response) => {
    seen.push(request);
    const json = (body: unknown): void => void response.end(JSON.stringify(body));
    if (url.searchParams.get('run_id') !== RUN) {
      response.statusCode = 404;
      json({ error_code: 'RESOURCE_DOES_NOT_EXIST' });
    } else if (url.pathname === '/api/2.0/mlflow/runs/get') {
      const metrics = Object.keys(history).map((key) => ({ key, value: 0, timestamp: 1, step: '0' }));
      json({ run: { info: {}, data: { metrics } } });
    } else if (url.pathname === '/api/2.0/mlflow/metrics/get-history') {
      const all = history[url.searchParams.get('metric_key') ?? ''] ?? [];
      const from = Number(url.searchParams.get('page_token') ?? '0');
      const next = from + 2 < all.length ? { next_page_token: String(from + 2) } : {};
      json({
        metrics: all.slice(from, from + 2).map((one) => ({ ...one, step: String(one.step), timestamp: 1 })),
        ...next,
      });
    }
  };
}

describe('a run on an MLflow server', () => {
  it('is read page by page, with the credentials of the command, and only what is new', async () => {
    await using place = await openPlace();
    const history = {
      loss: [{ value: 9, step: 0 }],
      'val/acc': [] as { value: number | string; step: number }[],
    };
    const seen: IncomingMessage[] = [];
    await using server = await serve(mlflow(history, seen));
    const environment = { MLFLOW_RUN_ID: RUN, MLFLOW_TRACKING_TOKEN: 'secret' };
    const metrics = place.open([`mlflow=${server.address}/`], { environment });
    await metrics.begin(never);
    const points = followUntil(metrics, new Promise((resolve) => setTimeout(resolve, 300)));
    history.loss.push({ value: 1, step: 1 }, { value: 0.5, step: 2 }, { value: 0.25, step: 3 });
    history['val/acc'].push({ value: 'NaN', step: 3 }, { value: 1.7976931348623157e308, step: 4 });
    expect((await points).length).toBeGreaterThanOrEqual(0);
    const found = await metrics.finish(never);
    expect(found.series).toEqual([
      {
        metric: 'loss',
        points: [
          [1, 1],
          [2, 0.5],
          [3, 0.25],
        ],
      },
    ]);
    expect(found.faults[0]?.message).toMatch(/: step 3: val\/acc is NaN\.$/);
    expect(new Set(seen.map((request) => request.headers.authorization))).toEqual(new Set(['Bearer secret']));
    expect(metrics.files).toEqual([]);
  });

  it('takes the run from the address of its page, and a name and password', async () => {
    await using place = await openPlace();
    const seen: IncomingMessage[] = [];
    await using server = await serve(mlflow({ loss: [{ value: 1, step: 1 }] }, seen));
    const environment = { MLFLOW_TRACKING_USERNAME: 'u', MLFLOW_TRACKING_PASSWORD: 'p' };
    for (const address of [
      `${server.address}/#/experiments/1/runs/${RUN}`,
      `${server.address}?run_id=${RUN}`,
    ]) {
      const metrics = place.open([`mlflow=${address}`], { environment });
      // Nothing is there before: it has not begun.
      expect((await metrics.finish(never)).faults).toEqual([]);
      await metrics.begin(never);
      const { faults } = await metrics.finish(never);
      expect(faults[0]?.message).toContain(`tells no metric of the run ${RUN}`);
    }
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
  });

  it.each<[string, Answer, RegExp]>([
    ['refuses', (_request, _url, response) => void response.writeHead(403).end(), /runs\/get answered 403/],
    [
      'answers no JSON',
      (_request, _url, response) => void response.end('<html>'),
      /none of MLflow's answers/,
    ],
    [
      'answers something else',
      (_request, _url, response) => void response.end('{"run":3}'),
      /none of MLflow's answers/,
    ],
    [
      'leads elsewhere',
      (_request, _url, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /could not be asked/,
    ],
    [
      'never stops',
      (_request, _url, response) => {
        const chunk = Buffer.alloc(1024 * 1024, 0x20);
        const more = (): void => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
      /could not be asked: an answer is larger than/,
    ],
    ['hangs', () => undefined, /could not be asked: .*time/i],
  ])('that %s is a fault, soon', async (_what, answer, message) => {
    await using place = await openPlace();
    await using server = await serve(answer);
    const metrics = place.open([`mlflow=${server.address}?run_id=${RUN}`]);
    const begun = performance.now();
    await metrics.begin(never);
    const { faults } = await metrics.finish(never);
    expect(performance.now() - begun).toBeLessThan(60_000);
    expect(faults[0]?.message).toMatch(message);
  });

  it('needs a run', async () => {
    await using place = await openPlace();
    expect(() => place.open(['mlflow=http://127.0.0.1:5000'])).toThrow(/names no run of MLflow's/);
  });
});

/** A Python with MLflow: TRAINYARD_TEST_MLFLOW names one, else that of the path. */
const python = process.env['TRAINYARD_TEST_MLFLOW'] ?? 'python3';
const hasMlflow =
  spawnSync(python, ['-c', 'import mlflow.server, sqlalchemy'], { stdio: 'ignore' }).status === 0;

describe.skipIf(!hasMlflow)('a real MLflow server (skipped where no Python with MLflow is found)', () => {
  it('tells what its own client logged', async () => {
    await using place = await openPlace();
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    const server = spawn(
      python,
      [
        '-m',
        'mlflow',
        'server',
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--workers',
        '1',
        '--backend-store-uri',
        `sqlite:///${place.directory}/server.db`,
        '--default-artifact-root',
        `${place.directory}/artifacts`,
      ],
      { cwd: place.directory, stdio: 'ignore', detached: true },
    );
    try {
      await answers(address, server);
      const log = (code: string): string =>
        execFileSync(
          python,
          [
            '-c',
            `import mlflow, math\nmlflow.set_tracking_uri("${address}")\nclient = mlflow.MlflowClient()\n${code}`,
          ],
          {
            encoding: 'utf8',
            cwd: place.directory,
          },
        );
      const run = log('print(client.create_run("0").info.run_id)').trim();
      log(`client.log_metric("${run}", "loss", 9, step=0)`);
      const metrics = place.open([`mlflow=${address}`, 'mlflow=server.db'], {
        environment: { MLFLOW_RUN_ID: run },
      });
      await metrics.begin(never);
      log(
        `[client.log_metric("${run}", "loss", 1 / step, step=step) for step in range(1, 4)]\nclient.log_metric("${run}", "acc", math.inf, step=1)`,
      );
      const { series, faults } = await metrics.finish(never);
      const points = [
        [1, 1],
        [2, 0.5],
        [3, 1 / 3],
      ];
      expect(faults.map(({ message }) => message)).toEqual([
        expect.stringMatching(/step 1: acc is Infinity/),
        expect.stringMatching(/step 1: acc is Infinity/),
      ]);
      expect(series).toEqual([
        { metric: 'loss', points },
        { metric: 'mlflow/loss', points },
      ]);
    } finally {
      if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
    }
    expect(existsSync(`${place.directory}/server.db`)).toBe(true);
  });
});

async function freePort(): Promise<number> {
  await using probe = await serve(() => undefined);
  return (probe.server.address() as AddressInfo).port;
}

async function answers(address: string, server: ChildProcess): Promise<void> {
  const end = performance.now() + 120_000;
  while (performance.now() < end && server.exitCode === null) {
    if ((await fetch(`${address}/health`).catch(() => undefined))?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error('the MLflow server did not come up');
}
