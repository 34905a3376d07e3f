import { InfrastructureError, isExpected, messageOf, UsageError } from '../errors.ts';

/** One artifact of a run. */
export interface Artifact {
  readonly name: string;
  readonly id: number;
  readonly bytes: number;
  /** `sha256:…` of the archive, where the service tells it. */
  readonly digest: string | undefined;
}

/** A run other than this one, which only the public API with a token can read. */
export interface OtherRun {
  readonly runId: string;
  readonly repository: string;
  readonly token: string;
}

/** The artifact service of the code host, as the record needs it. */
export interface Artifacts {
  /** Undefined where the run already has an artifact of this name. */
  upload(
    name: string,
    root: string,
    files: readonly string[],
    signal: AbortSignal,
  ): Promise<{ id: number } | undefined>;
  /** All artifacts of this run, or of another one. */
  list(run: OtherRun | undefined, signal: AbortSignal): Promise<Artifact[]>;
  /** Unpacks an artifact into a folder. */
  download(
    artifact: Artifact,
    directory: string,
    run: OtherRun | undefined,
    signal: AbortSignal,
  ): Promise<void>;
}

/** Waits for a client that takes no signal: what it still does after an abort is not waited for. */
export async function untilAborted<T>(start: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([start(), aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

async function told<T>(what: string, start: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await untilAborted(start, signal);
  } catch (cause) {
    signal.throwIfAborted();
    if (isExpected(cause)) throw cause;
    throw new InfrastructureError(`${what}: ${messageOf(cause)}`, {
      remedy: 'Run the job again. If it stays, see githubstatus.com.',
      cause,
    });
  }
}

function findBy(run: OtherRun | undefined): {
  findBy?: { token: string; workflowRunId: number; repositoryOwner: string; repositoryName: string };
} {
  if (run === undefined) return {};
  const [repositoryOwner = '', repositoryName = ''] = run.repository.split('/');
  return { findBy: { token: run.token, workflowRunId: Number(run.runId), repositoryOwner, repositoryName } };
}

/**
 * The artifact service through GitHub's own client. It is loaded when first used, and reads the runner's variables
 * (ACTIONS_RUNTIME_TOKEN, ACTIONS_RESULTS_URL, GITHUB_SERVER_URL) from the process itself.
 */
export function createArtifacts(): Artifacts {
  const client = async () => new (await import('@actions/artifact')).DefaultArtifactClient();
  return {
    upload: (name, root, files, signal) =>
      told(
        `The artifact "${name}" could not be uploaded`,
        async () => {
          try {
            const { id } = await (await client()).uploadArtifact(name, [...files], root);
            if (id === undefined) throw new Error('the service named no id');
            return { id };
          } catch (error) {
            const message = messageOf(error);
            if (/\(409\)|already exists/i.test(message)) return undefined;
            const [, character] = /Contains the following character:\s*(.+)/.exec(message) ?? [];
            if (character === undefined) throw error;
            throw new UsageError(
              `A file of the artifact "${name}" has a character in its path that artifacts cannot hold: ${character.trim()}.`,
              { remedy: 'Let the command write it under another name.', cause: error },
            );
          }
        },
        signal,
      ),
    list: (run, signal) =>
      told(
        'The artifacts of the run could not be listed',
        async () => {
          const { artifacts } = await (await client()).listArtifacts({ latest: true, ...findBy(run) });
          return artifacts.map(({ name, id, size, digest }) => ({ name, id, bytes: size, digest }));
        },
        signal,
      ),
    download: (artifact, directory, run, signal) =>
      told(
        `The artifact "${artifact.name}" could not be downloaded`,
        async () => {
          const { digestMismatch } = await (
            await client()
          ).downloadArtifact(artifact.id, {
            path: directory,
            ...(artifact.digest === undefined ? {} : { expectedHash: artifact.digest }),
            ...findBy(run),
          });
          if (digestMismatch === true)
            throw new Error('its bytes have not the digest that the service tells');
        },
        signal,
      ),
  };
}

/** Deletes an artifact of this run, such as one that a newer one replaces. */
export async function deleteArtifact(name: string, signal: AbortSignal): Promise<void> {
  await told(
    `The artifact "${name}" could not be deleted`,
    async () => {
      const client = new (await import('@actions/artifact')).DefaultArtifactClient();
      await client.deleteArtifact(name);
    },
    signal,
  );
}
