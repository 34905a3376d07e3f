import { randomUUID } from 'node:crypto';
import { GitObjects } from './git-objects.ts';
import { finishRun, type JobChange, setJob, startRun } from './runs.ts';

export const SCOPES = [
  'attestations',
  'actions',
  'administration',
  'contents',
  'issues',
  'pull-requests',
  'statuses',
  'metadata',
] as const;
export type Scope = (typeof SCOPES)[number];
export type Access = 'none' | 'read' | 'write';
export type Permissions = Partial<Record<Scope, Access>>;

export interface Token {
  readonly token: string;
  readonly login: string;
  /** `installation`: GITHUB_TOKEN or an App's token, which may not ask who it is through REST. */
  readonly kind: 'installation' | 'user';
  /** `write-all`, or as a job's `permissions:` names them; what is not named is none. */
  readonly permissions: Permissions | 'write-all';
}

export interface Repository {
  readonly id: number;
  /** `owner/name`. */
  readonly fullName: string;
  readonly isPrivate: boolean;
  readonly fork: boolean;
}

export interface PullRequest {
  readonly id: number;
  readonly number: number;
  state: 'open' | 'closed';
  readonly title: string;
  readonly head: { readonly ref: string; readonly sha: string; readonly repository: string };
  readonly base: { readonly ref: string; readonly sha: string };
  readonly created: Date;
  /** By default the owner of the head's repository. */
  readonly author?: string;
  /** The commit on the base branch that it was merged as. */
  mergedAs?: string;
}

export interface Comment {
  readonly id: number;
  readonly issue: number;
  readonly login: string;
  body: string;
  readonly created: Date;
  updated: Date;
}

export interface Status {
  readonly id: number;
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly login: string;
  readonly created: Date;
}

export interface Attestation {
  readonly id: number;
  /** `sha256:…`, of each subject of its statement. */
  readonly subjects: readonly string[];
  readonly predicateType: string;
  readonly bundle: Record<string, unknown>;
}

export interface WorkflowRun {
  readonly id: number;
  readonly number: number;
  attempt: number;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly headRepository: string;
  readonly workflow: string;
  /** The workflow's file. */
  readonly path: string;
  readonly displayTitle: string;
  readonly actor: string;
  status: string;
  conclusion: string | null;
  readonly backendId: string;
  readonly created: Date;
  /** When this attempt began. */
  started: Date;
  /** Moves only when something about the run changes: unchanged runs answer 304. */
  updated: Date;
  /** The environment whose approval the run waits for. */
  waitingFor: string | null;
}

export interface Step {
  readonly name: string;
  readonly number: number;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
}

/** A job as runs show it; what a runtime token stands for is a `Job`. */
export interface WorkflowJob {
  readonly id: number;
  readonly runId: number;
  readonly attempt: number;
  readonly name: string;
  readonly created: Date;
  labels: readonly string[];
  status: 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending';
  conclusion: string | null;
  runner: string | null;
  started: Date | null;
  completed: Date | null;
  steps: readonly Step[];
  /** Cannot be read before the job has completed. */
  log: string;
}

export interface Runner {
  readonly id: number;
  readonly name: string;
  readonly labels: readonly string[];
  status: 'online' | 'offline';
  busy: boolean;
}

/** One dispatch that was taken. */
export interface Dispatch {
  readonly runId: number;
  /** The file's name, such as `trainyard-worker.yml`. */
  readonly workflow: string;
  readonly ref: string;
  readonly sha: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly login: string;
}

/** What really runs the runs of the fake. Without one, tests move them on by hand. */
export interface WorkflowHost {
  start(run: WorkflowRun, dispatch: Dispatch): void;
  cancel(run: WorkflowRun, force: boolean): void;
}

/** What the runtime token of one job stands for. */
export interface Job {
  readonly runId: number;
  readonly attempt: number;
  readonly runBackendId: string;
  readonly jobBackendId: string;
}

export interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly runId: number;
  readonly attempt: number;
  readonly runBackendId: string;
  readonly jobBackendId: string;
  readonly blob: string;
  readonly created: Date;
  size: number;
  digest: string | null;
  finalized: boolean;
}

export interface Cache {
  readonly id: number;
  readonly key: string;
  readonly version: string;
  readonly blob: string;
  finalized: boolean;
}

export interface ReleaseAsset {
  readonly id: number;
  readonly name: string;
  readonly contentType: string;
  readonly blob: string;
  readonly size: number;
  readonly digest: string;
  readonly login: string;
  readonly created: Date;
}

export interface Release {
  readonly id: number;
  tag: string;
  name: string | null;
  body: string | null;
  draft: boolean;
  prerelease: boolean;
  target: string;
  readonly login: string;
  readonly created: Date;
  published: Date | null;
  readonly assets: ReleaseAsset[];
}

/** All state of the fake, in memory. Everything belongs to the one main repository unless it says otherwise. */
export class World {
  readonly repository: Repository;
  readonly repositories = new Map<string, Repository>();
  readonly tokens = new Map<string, Token>();
  readonly pullRequests: PullRequest[] = [];
  /** What people may do, by login; who is not in it may read. */
  readonly permissions = new Map<string, 'admin' | 'write' | 'read' | 'none'>();
  readonly comments: Comment[] = [];
  readonly statuses: Status[] = [];
  /** Bundles as they were stored, oldest first. A test may put any text under any digest. */
  readonly attestations: Attestation[] = [];
  readonly runs: WorkflowRun[] = [];
  readonly jobs = new Map<string, Job>();
  readonly artifacts: Artifact[] = [];
  readonly caches: Cache[] = [];
  readonly releases: Release[] = [];
  /** Every dispatch that was taken, oldest first. */
  readonly dispatches: Dispatch[] = [];
  readonly workflowJobs: WorkflowJob[] = [];
  readonly runners: Runner[] = [];
  /** Ids of workflows by their path. */
  readonly workflows = new Map<string, number>();
  host: WorkflowHost | undefined;
  /** False: a GitHub Enterprise Server before 3.21, which cannot tell which run a dispatch made. */
  dispatchDetails = true;
  /** The clock of everything that runs tell; a test may give its own. */
  now = (): Date => new Date();
  readonly git = new GitObjects();
  /** Full names (`refs/heads/main`) to commits. */
  readonly refs = new Map<string, string>();
  /** Refs that a rule of the repository protects from every writer. */
  readonly protectedRefs = new Set<string>();
  #lastId = 1000;

  constructor(repository: { readonly fullName: string; readonly isPrivate: boolean }) {
    this.repository = this.addRepository({ ...repository, fork: false });
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  addRepository(repository: Omit<Repository, 'id'>): Repository {
    const added = { id: this.nextId(), ...repository };
    this.repositories.set(added.fullName, added);
    return added;
  }

  /** The repository of a head that may never have been added, such as a fork's. */
  repositoryNamed(fullName: string): Repository {
    return (
      this.repositories.get(fullName) ??
      this.addRepository({ fullName, isPrivate: false, fork: fullName !== this.repository.fullName })
    );
  }

  /** A run, created when it is first spoken of. A later attempt of it changes only the attempt. */
  run(facts: Partial<Omit<WorkflowRun, 'backendId' | 'created' | 'started' | 'updated'>> = {}): WorkflowRun {
    const known = this.runs.find((run) => run.id === facts.id);
    const now = this.now();
    if (known !== undefined) {
      known.attempt = Math.max(known.attempt, facts.attempt ?? 1);
      known.updated = now;
      if (facts.conclusion !== undefined) known.conclusion = facts.conclusion;
      if (facts.status !== undefined) known.status = facts.status;
      return known;
    }
    const run: WorkflowRun = {
      id: this.nextId(),
      number: this.runs.length + 1,
      attempt: 1,
      event: 'pull_request',
      headSha: '0'.repeat(40),
      headBranch: 'topic',
      headRepository: this.repository.fullName,
      workflow: 'ci',
      path: `.github/workflows/${facts.workflow ?? 'ci'}.yml`,
      displayTitle: facts.workflow ?? 'ci',
      actor: 'octocat',
      status: 'in_progress',
      conclusion: null,
      waitingFor: null,
      ...facts,
      backendId: randomUUID(),
      created: now,
      started: now,
      updated: now,
    };
    this.runs.push(run);
    return run;
  }

  /** The id of the workflow in a file; the same for the same file. */
  workflowId(path: string): number {
    const id = this.workflows.get(path) ?? this.nextId();
    this.workflows.set(path, id);
    return id;
  }

  /** A runner takes the run: it and its jobs that wait are in progress. */
  startRun(id: number, options: { readonly runner?: string } = {}): WorkflowRun {
    return startRun(this, id, options.runner ?? 'gpu-1');
  }

  /** Changes a job of a run's newest attempt, found by its name or made where there is none. */
  setJob(id: number, name: string, change: JobChange): WorkflowJob {
    return setJob(this, id, name, change);
  }

  /** Ends a run, and with it all its jobs that have not ended. */
  finishRun(id: number, conclusion: string): WorkflowRun {
    return finishRun(this, id, conclusion);
  }

  /** A job of a run: what a runtime token is made for. */
  addJob(run: WorkflowRun, attempt: number): Job {
    const job: Job = { runId: run.id, attempt, runBackendId: run.backendId, jobBackendId: randomUUID() };
    this.jobs.set(job.jobBackendId, job);
    return job;
  }
}

/** The unsigned JWT that the results service tells a job by (@actions/artifact reads only `scp`). */
export function runtimeTokenOf(job: Job): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({
    scp: `Actions.Example Actions.Results:${job.runBackendId}:${job.jobBackendId}`,
    exp: 4_102_444_800,
  })}.none`;
}
