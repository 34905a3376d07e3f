import type { ActionContext } from '../../../../shared/action/action.ts';
import { variableOf } from '../../../../shared/action/inputs.ts';
import {
  type Artifact,
  type Artifacts,
  createArtifacts,
  deleteArtifact,
  type OtherRun,
} from '../../../../shared/record/artifacts.ts';
import { openOtherRun } from '../../../../shared/record/other-run.ts';

/** A checkpoint that is kept somewhere, by its name. */
export interface KeptCheckpoint {
  readonly name: string;
  /** As it is kept; packed it is no larger than its files. */
  readonly bytes: number;
}

/** Where checkpoints are kept: what this module needs of the artifact service. */
export interface CheckpointArtifacts {
  /** How the place is told in a message, such as `this run`. */
  label(runId: string | undefined): string;
  /** Where a reference of the record finds them; undefined where only this machine does. */
  readonly runId: string | undefined;
  /** False where there is one of this name already. */
  upload(name: string, root: string, files: readonly string[], signal: AbortSignal): Promise<boolean>;
  /** All of this run, or of another run of this repository, whatever their names. */
  list(runId: string | undefined, signal: AbortSignal): Promise<KeptCheckpoint[]>;
  /** Unpacks one into a folder. */
  download(name: string, directory: string, runId: string | undefined, signal: AbortSignal): Promise<void>;
  /** Best effort; only of this run. */
  remove(name: string, signal: AbortSignal): Promise<void>;
}

/** The artifacts of a runner; undefined where it has none, as in a terminal and on GHES. */
export function checkpointArtifacts(context: ActionContext): CheckpointArtifacts | undefined {
  const { host, environment, origin, run } = context;
  const given = ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL'].every((name) => environment[name]);
  if (host.kind === 'terminal' || !host.hasArtifacts || !given) return undefined;
  const repository = context.commit.repository;
  const token = environment[variableOf('token')]?.trim() ?? environment['GITHUB_TOKEN'];
  return artifactsOf(createArtifacts(), {
    ownRunId: origin.worker?.runId ?? run.id,
    openRun: (runId, signal) =>
      openOtherRun(
        runId,
        {
          repository,
          token,
          input: 'resume-from',
          async lookUp(id) {
            const { createClient } = await import('../../../../shared/github/client.ts');
            const { runFacts } = await import('../../../../shared/github/run-facts.ts');
            const client = await createClient({ token, environment, logger: context.logger });
            return await runFacts(client, repository ?? '', id, signal);
          },
        },
        signal,
      ),
  });
}

export interface ArtifactsOptions {
  readonly ownRunId: string;
  /** Makes sure that another run may be read: one of this repository, never of a fork's code. */
  readonly openRun: (runId: string, signal: AbortSignal) => Promise<OtherRun>;
  readonly remove?: typeof deleteArtifact;
}

/** Checkpoints as artifacts of runs. */
export function artifactsOf(
  artifacts: Artifacts,
  { ownRunId, openRun, remove = deleteArtifact }: ArtifactsOptions,
): CheckpointArtifacts {
  const open = async (runId: string | undefined, signal: AbortSignal): Promise<OtherRun | undefined> =>
    runId === undefined || runId === ownRunId ? undefined : await openRun(runId, signal);
  const listed = new Map<string, readonly Artifact[]>();
  const list = async (runId: string | undefined, signal: AbortSignal): Promise<readonly Artifact[]> => {
    const found = await artifacts.list(await open(runId, signal), signal);
    listed.set(runId ?? ownRunId, found);
    return found;
  };
  return {
    runId: ownRunId,
    label: (runId) => (runId === undefined || runId === ownRunId ? 'this run' : `run ${runId}`),
    async upload(name, root, files, signal) {
      return (await artifacts.upload(name, root, files, signal)) !== undefined;
    },
    async list(runId, signal) {
      return (await list(runId, signal)).map(({ name, bytes }) => ({ name, bytes }));
    },
    async download(name, directory, runId, signal) {
      const known = listed.get(runId ?? ownRunId) ?? (await list(runId, signal));
      const artifact = known.find((candidate) => candidate.name === name);
      if (artifact === undefined) {
        throw new Error('the artifact has expired');
      }
      await artifacts.download(artifact, directory, await open(runId, signal), signal);
    },
    async remove(name, signal) {
      await remove(name, signal).catch(() => undefined);
    },
  };
}
