import { join } from 'node:path';

/**
 * Where the endpoints of this machine have their folders: in a terminal below the workspace, on a runner in its
 * temporary folder, as what lies in the workspace is not ours.
 */
export function endpointsRoot(options: {
  readonly runner: boolean;
  readonly workspace: string;
  readonly environment: NodeJS.ProcessEnv;
}): string {
  const temporary = options.environment['RUNNER_TEMP'];
  return options.runner && temporary !== undefined && temporary !== ''
    ? join(temporary, 'trainyard', 'endpoints')
    : join(options.workspace, '.trainyard', 'endpoints');
}
