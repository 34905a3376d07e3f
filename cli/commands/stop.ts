import { stopEndpoint } from '../../actions/deploy-endpoint/src/stop.ts';
import { parseFlags } from '../flags.ts';
import { commandLogger } from '../record.ts';

/** `trainyard stop`: ends endpoints that were left serving. */
export async function runStop(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args, [{ name: 'endpoint', boolean: false }], 'trainyard stop');
  await stopEndpoint({
    endpoint: flags.get('endpoint'),
    workspace: process.cwd(),
    environment: process.env,
    logger: commandLogger(),
    signal: new AbortController().signal,
  });
  return 0;
}
