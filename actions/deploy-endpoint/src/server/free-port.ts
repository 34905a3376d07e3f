import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Takes a port of 127.0.0.1 and lets it go again; undefined where somebody has it. 0 is any. */
export async function takePort(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  const taken = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return taken;
}
