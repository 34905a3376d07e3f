import { fstatSync } from 'node:fs';
import { startFakeGitHub } from './fake-github.ts';

// A fake GitHub as a process of its own, for tests whose other parts are processes too. Its state is read and preset
// through /_fake/…; it ends by a signal or, where it is a pipe, with its standard input, and then says whether it was violated.
const [repository, port = '0'] = process.argv.slice(2);
const fake = await startFakeGitHub({
  ...(repository === undefined ? {} : { repository }),
  port: Number(port),
});
process.stdout.write(
  `${JSON.stringify({ url: fake.url, token: fake.defaultToken, repository: fake.repository, pid: process.pid })}\n`,
);
const end = (): void => {
  void fake[Symbol.asyncDispose]().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
};
process.once('SIGINT', end);
process.once('SIGTERM', end);
const input = fstatSync(0);
if (input.isFIFO() || input.isSocket()) process.stdin.once('end', end).resume();
