import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGitHubHost } from '../../shared/github/github-host.ts';
import { createTerminalLogger } from '../../shared/action/terminal-logger.ts';

// One of many jobs that end at once: it waits until all are ready, "uploads" its own section, and comments.
// A folder of files stands for the list of artifacts.
const [folder = '', name = '', pullRequest = '1'] = process.argv.slice(2);
const logger = createTerminalLogger({
  stream: process.stderr,
  verbose: process.env['TRAINYARD_DEBUG'] === '1',
  loadBar: async () => (await import('cli-progress')).SingleBar,
});
const host = createGitHubHost({ environment: process.env, token: process.env['GITHUB_TOKEN'], logger });
// The libraries are loaded before the start, so that the writes really meet.
await import('@octokit/rest');
await import('@actions/github/lib/utils');
process.stdout.write('ready\n');
while (!existsSync(join(folder, 'go'))) await sleep(10);
// Jobs end at about the same time: some upload while others have commented already.
await sleep(Math.random() * 2_000);

writeFileSync(join(folder, `${name}.section`), `## ${name}\nverdict of ${name}\n`);
// What takes time between the list and the write is where one job overwrites what another has just written.
const render = async (): Promise<string> => {
  const sections = readdirSync(folder)
    .filter((file) => file.endsWith('.section'))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  await sleep(Math.random() * 100);
  return sections.join('\n');
};
const outcome = await host.comment(
  Number(pullRequest),
  { marker: 'trainyard:ci', headSha: 'a'.repeat(40), runNumber: 3, runAttempt: 1 },
  render,
  AbortSignal.timeout(200_000),
);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
