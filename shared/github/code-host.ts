/** The pull request that a run belongs to. */
export interface PullRequest {
  readonly number: number;
  readonly headSha: string;
  readonly baseSha: string;
  readonly baseRef: string;
  /** The head lies in another repository: no secrets, no self-hosted runner, no comment. */
  readonly fork: boolean;
}

/** The run of a dispatched worker: where its own artifacts lie, while it counts as part of its dispatcher's run. */
export interface WorkerRun {
  readonly runId: string;
  readonly runAttempt: number;
  readonly runUrl: string;
  /** The newest attempt of the dispatching run, which may have been run again meanwhile: its comment is older then. */
  readonly latestAttempt: number;
  /** The key of the dispatching step's section, which is this worker's too. */
  readonly key: string;
  /** The commit that this worker has to check out. */
  readonly sha: string;
  /** The model that is trained: its report is the worker's whatever happens. */
  readonly model: string;
  /**
   * `owner/name/.github/workflows/<file>` of the dispatching workflow, by which its comment is found; null where its
   * runner did not tell, and then the workflow's name is.
   */
  readonly workflowPath: string | null;
}

/** Where and for what an action runs, as the code host tells it; nothing here comes from the workspace. */
export interface Origin {
  /** `owner/name`; null in a terminal. */
  readonly repository: string | null;
  readonly serverUrl: string | null;
  readonly event: string;
  readonly ref: string | null;
  /** The commit that verdicts are attached to: the pull request's head, never the merge commit. */
  readonly headSha: string | null;
  /** The commit that policy is taken from; null where an event has none. */
  readonly baseSha: string | null;
  readonly pullRequest: PullRequest | null;
  /** The code lies in another repository, also where no pull request is known. */
  readonly fork: boolean;
  readonly runId: string;
  readonly runNumber: number;
  readonly runAttempt: number;
  readonly runUrl: string | null;
  readonly workflow: string | null;
  readonly job: string | null;
  readonly actor: string | null;
  /** `github-hosted` or `self-hosted`; null in a terminal. */
  readonly runnerEnvironment: string | null;
  /**
   * Set in a run that another one dispatched: everything else here is then the dispatcher's, verified through the API
   * (design, "Who may be believed").
   */
  readonly worker: WorkerRun | null;
}

export const STATUS_STATES = ['error', 'failure', 'pending', 'success'] as const;
export type StatusState = (typeof STATUS_STATES)[number];

export interface CommitStatus {
  readonly sha: string;
  readonly state: StatusState;
  readonly context: string;
  /** At most 140 characters; longer text is cut. */
  readonly description: string;
  readonly targetUrl: string | null;
}

/** What a call that needs a permission ended as; `reason` is one line that names the missing permission. */
export type HostOutcome =
  { readonly done: true; readonly url?: string } | { readonly done: false; readonly reason: string };

/** What a comment is stamped with: an older run never overwrites a newer one. */
export interface CommentStamp {
  /** Together with the author it identifies the comment: one for each workflow and pull request. */
  readonly marker: string;
  readonly headSha: string;
  readonly runNumber: number;
  readonly runAttempt: number;
  /** A view of what still changes: written once, and not until nothing new is found. */
  readonly provisional?: boolean;
}

/** The code host (port). One implementation for GitHub and servers like it, one for a terminal. */
export interface CodeHost {
  readonly kind: 'github' | 'terminal';
  /** False on GHES, whose artifact service the client refuses. */
  readonly hasArtifacts: boolean;
  origin(signal: AbortSignal): Promise<Origin>;
  /** A file's bytes at a commit; undefined where that commit has no such file. */
  fileAt(sha: string, path: string, signal: AbortSignal): Promise<Buffer | undefined>;
  /** The tree hash of a commit. */
  treeOf(sha: string, signal: AbortSignal): Promise<string>;
  setStatus(status: CommitStatus, signal: AbortSignal): Promise<HostOutcome>;
  /**
   * Writes the one comment of this workflow on the pull request. `render` is called again until what it returns
   * does not change, so that sections of jobs that end at once are all in it. Permission missing is an outcome.
   */
  comment(
    pullRequest: number,
    stamp: CommentStamp,
    render: () => Promise<string>,
    signal: AbortSignal,
  ): Promise<HostOutcome>;
}
