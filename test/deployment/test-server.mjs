// A server of somebody else's, for the target `command`: node test-server.mjs <port> [--never-ready] [--exit <code>]
import { createServer } from 'node:http';

const [port, flag, code] = process.argv.slice(2);
if (flag === '--exit') process.exit(Number(code));
createServer((request, response) => {
  const ready = flag !== '--never-ready' && request.url === '/ready';
  response.writeHead(ready ? 200 : 404, { 'content-type': 'text/plain' });
  response.end(`${process.pid}`);
}).listen(Number(port), '127.0.0.1');
