import { join } from 'node:path';
import { z } from 'zod';
import { isExpected, messageOf } from '../../../../shared/errors.ts';
import { readAnswer } from '../../../../shared/github/answer.ts';
import { createClient } from '../../../../shared/github/client.ts';
import { RefusedError } from '../../../../shared/github/permission.ts';
import { repositoryName } from '../../../../shared/github/repository.ts';
import { createArtifacts } from '../../../../shared/record/artifacts.ts';
import { readSectionText } from '../../../../shared/record/section-folder.ts';
import { readTrained } from './decide/admit.ts';
import { SECTION_FILE } from './in-cache.ts';
import { type Candidate, type Looked, NOTHING, notTaken, type Search } from './place.ts';
import { trainedArtifactName } from './trained-artifact.ts';

/** No section is near this; a larger artifact is not unpacked. */
const MAX_ARTIFACT_BYTES = 16 * 1024 * 1024;
/** The newest trainings of one fingerprint are as good as older ones, and their files are there for longer. */
const MAX_CANDIDATES = 5;

/** GitHub's REST API, "List artifacts for a repository". */
const listSchema = z.object({
  artifacts: z.array(
    z.object({
      id: z.int().positive(),
      name: z.string(),
      size_in_bytes: z.int().min(0),
      expired: z.boolean(),
      digest: z.string().nullish(),
      created_at: z.string().nullable(),
      workflow_run: z
        .object({
          id: z.int().positive().optional(),
          repository_id: z.int().optional(),
          head_repository_id: z.int().optional(),
        })
        .nullish(),
    }),
  ),
});
type Listed = z.infer<typeof listSchema>['artifacts'][number];

/** Looks at the artifacts of this repository's runs, never at those of a fork's code. */
export async function lookInRuns(search: Search): Promise<Looked> {
  const { subject, fingerprint, context, token } = search;
  const { host, commit, logger, signal, origin } = context;
  const { repository } = commit;
  if (host.kind !== 'github' || !host.hasArtifacts || repository === null) return NOTHING;
  if (token === undefined) {
    logger.info('The runs of this repository are not searched for an equal training: there is no token.');
    return NOTHING;
  }
  const name = trainedArtifactName(subject, fingerprint.sha256);
  const candidates: Candidate[] = [];
  const notices: string[] = [];
  for (const artifact of await listArtifacts(name, repository, search)) {
    const runId = String(artifact.workflow_run?.id);
    const where =
      origin.serverUrl === null ? `run ${runId}` : `${origin.serverUrl}/${repository}/actions/runs/${runId}`;
    try {
      const directory = join(context.temporaryDirectory, 'reuse', String(artifact.id));
      await createArtifacts().download(
        { name, id: artifact.id, bytes: artifact.size_in_bytes, digest: artifact.digest ?? undefined },
        directory,
        { runId, repository, token },
        signal,
      );
      const text = await readSectionText(join(directory, SECTION_FILE));
      const trained = readTrained(text ?? '', name, { subject, repository });
      if ('reason' in trained) notices.push(notTaken(where, trained.reason));
      else candidates.push({ from: 'run', where, trained, files: (files) => Promise.resolve(files) });
    } catch (error) {
      signal.throwIfAborted();
      if (!isExpected(error)) throw error;
      notices.push(notTaken(where, `could not be read: ${messageOf(error)}`));
    }
  }
  return { candidates, notices };
}

async function listArtifacts(
  name: string,
  repository: string,
  { context, token }: Search,
): Promise<readonly Listed[]> {
  const { environment, logger, signal } = context;
  try {
    const client = await createClient({ token, environment, logger });
    const { data } = await client.rest.actions.listArtifactsForRepo({
      ...repositoryName(repository),
      name,
      per_page: 30,
      request: { signal },
    });
    return readAnswer(listSchema, data, `artifacts named ${name}`)
      .artifacts.filter((artifact) => artifact.name === name && isOurs(artifact))
      .sort((a, b) => b.id - a.id)
      .slice(0, MAX_CANDIDATES);
  } catch (error) {
    signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    const said = `The runs of this repository could not be searched for an equal training: ${error.message}`;
    // A permission that is not given is a choice; all else is trouble.
    if (error instanceof RefusedError) logger.info(`${said} ${error.remedy ?? ''}`.trimEnd());
    else logger.warning(said);
    return [];
  }
}

function isOurs({ expired, size_in_bytes: bytes, workflow_run: run }: Listed): boolean {
  return (
    !expired &&
    bytes <= MAX_ARTIFACT_BYTES &&
    run?.id !== undefined &&
    run.repository_id !== undefined &&
    run.repository_id === run.head_repository_id
  );
}
