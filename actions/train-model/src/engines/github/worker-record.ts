import type { Logger } from '../../../../../shared/action/logger.ts';
import { messageOf, SubjectError } from '../../../../../shared/errors.ts';
import type { GitHubClient } from '../../../../../shared/github/client.ts';
import type { ConditionalRequests } from '../../../../../shared/github/conditional-requests.ts';
import { findRunArtifact, readArtifactFile } from '../../../../../shared/github/repository-artifacts.ts';
import { isFilesName, nameOfSection, sectionName } from '../../../../../shared/record/artifact-name.ts';
import type { FileReference } from '../../../../../shared/record/common.ts';
import { doubtOf } from '../../../../../shared/record/decide/believe.ts';
import { parseSection, type SectionOf } from '../../../../../shared/record/section.ts';

/** As the record's own reader has it. */
const MAX_SECTION_BYTES = 16 * 1024 * 1024;
const SECTION_FILE = 'section.json';

/** What a worker's section has to say of itself so that it counts: all that was dispatched. */
export interface Expected {
  readonly repository: string;
  readonly model: string;
  /** The key of the dispatching step's section. */
  readonly key: string;
  readonly runId: string;
  readonly runAttempt: number;
  readonly treeHash: string | null;
}

export interface RecordSource {
  readonly client: GitHubClient;
  readonly requests: ConditionalRequests;
  readonly logger: Logger;
}

/** The training section that the worker wrote in its own run; undefined where there is none that may be believed. */
export async function readWorkerSection(
  { client, requests, logger }: RecordSource,
  workerRunId: string,
  expected: Expected,
  signal: AbortSignal,
): Promise<SectionOf<'training'> | undefined> {
  const { repository, model: subject, key, runAttempt, runId, treeHash } = expected;
  // A step that is run again attaches to what an earlier attempt dispatched.
  for (let attempt = runAttempt; attempt >= 1; attempt -= 1) {
    const name = sectionName({ subject, kind: 'training', key, attempt });
    const artifact = await findRunArtifact(requests, { repository, runId: workerRunId, name }, signal);
    if (artifact === undefined) continue;
    try {
      const options = { repository, artifact, file: SECTION_FILE, maxBytes: MAX_SECTION_BYTES };
      const text = await readArtifactFile(client, options, signal);
      const section = parseSection(text ?? '', `the artifact "${name}" of run ${workerRunId}`);
      const standpoint = { repository, runId, attempt: runAttempt, tree: { hash: treeHash } };
      const doubt = doubtOf(section, { name, own: nameOfSection(section) }, standpoint);
      if (doubt === undefined && section.kind === 'training') return section;
      logger.warning(
        `The worker's record in "${name}" is not believed: it ${doubt?.reason ?? 'is of another kind'}.`,
      );
    } catch (error) {
      if (!(error instanceof SubjectError)) throw error;
      logger.warning(`The worker's record in "${name}" cannot be read: ${messageOf(error)}`);
    }
    return undefined;
  }
  return undefined;
}

/**
 * The files of a worker's record with the places that are good here: artifacts of its own runs, and a store that the
 * user named. A path of the worker's machine is none.
 */
export function filesFromWorker(
  files: readonly FileReference[],
  workerRuns: readonly string[],
): FileReference[] {
  return files.map((file) => ({
    ...file,
    locations: file.locations.filter((location) => {
      if (location.kind !== 'artifact') return location.kind !== 'file';
      return workerRuns.includes(location.runId) && isFilesName(location.artifact);
    }),
  }));
}
