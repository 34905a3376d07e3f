import type { Origin } from '../shared/github/code-host.ts';

/** Where an action runs that knows of no code host, as a terminal tells it; tests override what they are about. */
export function terminalOrigin(overrides: Partial<Origin> = {}): Origin {
  return {
    repository: null,
    serverUrl: null,
    event: 'terminal',
    ref: null,
    headSha: null,
    baseSha: null,
    pullRequest: null,
    fork: false,
    runId: 'terminal',
    runNumber: 0,
    runAttempt: 1,
    runUrl: null,
    workflow: null,
    job: null,
    actor: null,
    runnerEnvironment: null,
    worker: null,
    ...overrides,
  };
}
