import { InfrastructureError } from '../errors.ts';
import type { CodeHost, HostOutcome, Origin } from './code-host.ts';
import { repositoryOfRemote } from './decide/remote.ts';
import { fileAtCommit, git, readCheckout, treeHashAt } from './git.ts';

interface TerminalHostOptions {
  readonly workspace: string;
  readonly environment: NodeJS.ProcessEnv;
}

const NOTHING_TO_WRITE: HostOutcome = { done: false, reason: 'a terminal has no pull request to write to.' };

/** The code host of a terminal: what git on this machine knows. Nothing leaves the machine. */
export function createTerminalHost({ workspace, environment }: TerminalHostOptions): CodeHost {
  return {
    kind: 'terminal',
    hasArtifacts: false,
    async origin(signal): Promise<Origin> {
      const { headSha, ref } = await readCheckout(workspace, signal);
      const remote = await git(workspace, ['config', '--get', 'remote.origin.url'], signal);
      const found = repositoryOfRemote(remote?.toString('utf8') ?? '');
      return {
        repository: found?.repository ?? null,
        serverUrl: found?.serverUrl ?? null,
        event: 'terminal',
        ref,
        headSha,
        baseSha: null,
        pullRequest: null,
        fork: false,
        runId: 'terminal',
        runNumber: 1,
        runAttempt: 1,
        runUrl: null,
        workflow: null,
        job: null,
        actor: environment['USER'] ?? environment['USERNAME'] ?? null,
        runnerEnvironment: null,
        worker: null,
      };
    },
    fileAt: (sha, path, signal) => fileAtCommit(workspace, sha, path, signal),
    async treeOf(sha, signal) {
      const tree = await treeHashAt(workspace, sha, signal);
      if (tree !== null) return tree;
      throw new InfrastructureError(`The repository in ${workspace} has no commit ${sha}.`, {
        remedy: 'Fetch the commit, and run the command again.',
      });
    },
    setStatus: () => Promise.resolve(NOTHING_TO_WRITE),
    comment: () => Promise.resolve(NOTHING_TO_WRITE),
  };
}
