import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MIB = 1024 ** 2;

it('uploads a file of 400 MiB in less than half of that memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'upload-'));
  let received = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (received += chunk.length));
    request.on('end', () => {
      response.writeHead(201, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 1, name: 'big.bin', size: received, state: 'uploaded' }));
    });
  });
  try {
    const path = join(folder, 'big.bin');
    await writeFile(path, '');
    await truncate(path, 400 * MIB);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = fileURLToPath(new URL('uploads.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [child, url, path]);
    expect(received).toBe(400 * MIB);
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(Number(stdout)).toBeLessThan(200 * MIB);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
}, 120_000);
