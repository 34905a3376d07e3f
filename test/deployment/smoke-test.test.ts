import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseGoldenRows } from '../../actions/deploy-endpoint/src/decide/golden-rows.ts';
import {
  type SmokeOptions,
  smokeTest,
  type SmokeTest,
} from '../../actions/deploy-endpoint/src/smoke-test.ts';

const METADATA = {
  name: 'm',
  platform: 'somebody_else',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
};
const answerOf = (data: unknown[]): object => ({
  model_name: 'm',
  outputs: [{ name: 'y', datatype: 'FP32', shape: [data.length], data }],
});

/** Tests a server that answers the metadata, and every inference, with what is given. */
async function against(
  answers: { metadata?: object | string; infer?: object | string; status?: number; cut?: boolean },
  options: Partial<SmokeOptions> = {},
): Promise<SmokeTest> {
  const listener: RequestListener = (request, response) => {
    const inference = request.url?.endsWith('/infer') === true;
    const body = inference ? answers.infer : (answers.metadata ?? METADATA);
    if (inference && answers.cut === true) {
      request.socket.destroy();
      return;
    }
    response.writeHead(inference ? (answers.status ?? 200) : 200, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await smokeTest({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      model: 'm',
      golden: [],
      tolerance: 0,
      revision: undefined,
      signal: new AbortController().signal,
      ...options,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('smokeTest', () => {
  it('sends zeros and golden rows, and measures', async () => {
    const golden = parseGoldenRows('{"inputs":{"x":1},"outputs":{"y":2}}', 'g');
    const result = await against({ infer: answerOf([2]) }, { golden });
    expect(result).toMatchObject({ result: 'pass', goldenRows: 1, agreeing: 1, requests: 6, reason: null });
    expect(result.latencyP50Ms).toBeGreaterThan(0);
    expect(result.latencyP95Ms).toBeGreaterThanOrEqual(result.latencyP50Ms ?? Infinity);
  });

  it.each<[string, Parameters<typeof against>[0], RegExp]>([
    [
      'NaN',
      { infer: '{"model_name":"m","outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[null]}]}' },
      /not finite/,
    ],
    ['a missing output', { infer: { model_name: 'm', outputs: [] } }, /lacks the output "y"/],
    ['what is no inference response', { infer: { predictions: [1] } }, /no inference response/],
    ['what is no JSON', { infer: '<html>' }, /no inference response/],
    ['an error', { infer: { error: 'out of luck' }, status: 500 }, /status 500: out of luck/],
    ['a foreign error', { infer: 'oops', status: 400 }, /status 400: nothing that the protocol knows/],
  ])('fails on %s', async (_what, answers, reason) => {
    const result = await against(answers);
    expect(result).toMatchObject({ result: 'fail', agreeing: 0 });
    expect(result.reason).toMatch(reason);
  });

  it('sends no zeros where the metadata names no inputs', async () => {
    const metadata = { name: 'm', platform: 'mlserver' };
    expect(await against({ metadata })).toMatchObject({ result: 'pass', requests: 0, latencyP50Ms: null });
  });

  it('is not run against another protocol', async () => {
    expect(await against({ metadata: 'pong' })).toMatchObject({ result: 'not-run' });
  });

  it('throws where nobody answers, or another than expected', async () => {
    await expect(against({ infer: {}, cut: true })).rejects.toThrow(/did not answer a smoke request/);
    await expect(against({ infer: {} }, { revision: 'v2-r' })).rejects.toThrow(
      /was to serve v2-r, and another answered/,
    );
    await expect(against({ infer: {} }, { url: 'http://127.0.0.1:1' })).rejects.toThrow(/did not answer/);
  });
});
