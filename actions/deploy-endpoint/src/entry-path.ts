import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InfrastructureError } from '../../../shared/errors.ts';

export type Entry = 'supervisor' | 'worker';

/**
 * Finds the program of a process that this action starts, from the program that runs: a built one starts built
 * ones, source starts source. `runningScript` is `process.argv[1]`, which may be a link in node_modules/.bin.
 */
export function entryPath(entry: Entry, runningScript: string): string {
  const script = realpathSync(runningScript);
  const candidate = script.endsWith('.ts')
    ? join('actions', 'deploy-endpoint', 'src', 'entries', `${entry}.ts`)
    : join('dist', 'deploy-endpoint', `${entry}.js`);
  for (let folder = dirname(script); ; folder = dirname(folder)) {
    const path = join(folder, candidate);
    if (existsSync(path)) return path;
    if (dirname(folder) === folder) break;
  }
  throw new InfrastructureError(`The program "${entry}" of deploy-endpoint is not beside "${script}".`, {
    remedy: 'Build Trainyard again (npm run build); the checkout of the action is not whole.',
  });
}
