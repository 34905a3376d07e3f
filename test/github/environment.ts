import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runtimeTokenOf, type World } from './world.ts';

export interface EnvironmentOptions {
  /** A folder for the event file, RUNNER_TEMP and the runner's command files; made where it is missing. */
  readonly directory: string;
  readonly workspace: string;
  readonly event?: string;
  readonly payload?: unknown;
  /** GITHUB_SHA: on a pull request the merge commit. */
  readonly sha?: string;
  readonly ref?: string;
  readonly token?: string | undefined;
  readonly runId?: number;
  readonly runNumber?: number;
  readonly runAttempt?: number;
  readonly workflow?: string;
  readonly job?: string;
  readonly headSha?: string;
  readonly runnerEnvironment?: 'github-hosted' | 'self-hosted';
}

/** Everything that a runner would set for one step of a job, pointing at the fake. */
export async function environmentOf(
  world: World,
  baseUrl: string,
  options: EnvironmentOptions,
): Promise<Record<string, string>> {
  const { directory, workspace, event = 'push', runAttempt = 1 } = options;
  const sha = options.sha ?? '0'.repeat(40);
  const run = world.run({
    ...(options.runId === undefined ? {} : { id: options.runId }),
    ...(options.runNumber === undefined ? {} : { number: options.runNumber }),
    attempt: runAttempt,
    event,
    headSha: options.headSha ?? sha,
    workflow: options.workflow ?? 'ci',
  });
  const job = world.addJob(run, runAttempt);
  const temporary = join(directory, 'temp');
  await mkdir(temporary, { recursive: true });
  const eventPath = join(directory, 'event.json');
  await writeFile(eventPath, JSON.stringify(options.payload ?? {}));
  const commandFiles: Record<string, string> = {};
  for (const name of ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY']) {
    const path = join(directory, name.toLowerCase());
    await writeFile(path, '', { flag: 'a' });
    commandFiles[`GITHUB_${name}`] = path;
  }
  const jobName = options.job ?? 'job';
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: baseUrl,
    GITHUB_GRAPHQL_URL: `${baseUrl}/graphql`,
    // The artifact client refuses other servers; nothing of ours ever calls it.
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_EVENT_NAME: event,
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_JOB: jobName,
    GITHUB_REF: options.ref ?? 'refs/heads/main',
    GITHUB_REPOSITORY: world.repository.fullName,
    GITHUB_REPOSITORY_OWNER: world.repository.fullName.split('/')[0] ?? '',
    GITHUB_RUN_ATTEMPT: String(runAttempt),
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_SHA: sha,
    GITHUB_WORKFLOW: run.workflow,
    GITHUB_WORKFLOW_REF: `${world.repository.fullName}/.github/workflows/${run.workflow}.yml@refs/heads/main`,
    GITHUB_WORKSPACE: workspace,
    RUNNER_ENVIRONMENT: options.runnerEnvironment ?? 'github-hosted',
    RUNNER_NAME: 'fake',
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: 'X64',
    RUNNER_TEMP: temporary,
    RUNNER_TOOL_CACHE: join(directory, 'tools'),
    ACTIONS_RESULTS_URL: `${baseUrl}/`,
    ACTIONS_RUNTIME_URL: `${baseUrl}/`,
    ACTIONS_RUNTIME_TOKEN: runtimeTokenOf(job),
    ACTIONS_CACHE_SERVICE_V2: 'true',
    ...commandFiles,
    ...(options.token === undefined ? {} : { GITHUB_TOKEN: options.token }),
  };
}
