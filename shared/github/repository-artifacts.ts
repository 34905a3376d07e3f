import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SubjectError } from '../errors.ts';
import type { GitHubClient } from './client.ts';
import type { ConditionalRequests } from './conditional-requests.ts';
import { ZipError, zipEntry } from './zip-entry.ts';
import { repositoryName } from './repository.ts';
import { openRedirected } from './storage-download.ts';

export const ARTIFACTS_PER_PAGE = 100;
const LIST = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts';

const artifactSchema = z.object({
  id: z.int().positive(),
  name: z.string(),
  size_in_bytes: z.int().min(0),
  expired: z.boolean(),
  digest: z.string().nullish(),
});
const listSchema = z.object({ total_count: z.int().min(0), artifacts: z.array(artifactSchema) });

/** An artifact of any run of the repository, as the public API shows it, also while that run goes on. */
export interface RunArtifact {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  /** `sha256:…` of the archive, where GitHub tells it. */
  readonly digest: string | undefined;
}

function artifactsOf(list: z.infer<typeof listSchema>): RunArtifact[] {
  return list.artifacts
    .filter(({ expired }) => !expired)
    .map(({ id, name, size_in_bytes: bytes, digest }) => ({ id, name, bytes, digest: digest ?? undefined }));
}

/** The newest artifact of a name in a run; asking again costs nothing until there is one. */
export async function findRunArtifact(
  requests: ConditionalRequests,
  { repository, runId, name }: { repository: string; runId: string; name: string },
  signal: AbortSignal,
): Promise<RunArtifact | undefined> {
  const { data } = await requests.get(
    LIST,
    { ...repositoryName(repository), run_id: Number(runId), name },
    { schema: listSchema, what: `the artifacts of run ${runId}` },
    signal,
  );
  return artifactsOf(data)
    .filter((artifact) => artifact.name === name)
    .toSorted((a, b) => b.id - a.id)[0];
}

/** One page of the artifacts of a run, and how many there are; asking again costs nothing until one is added. */
export async function readArtifactPage(
  requests: ConditionalRequests,
  { repository, runId, page }: { repository: string; runId: string; page: number },
  signal: AbortSignal,
): Promise<{ total: number; artifacts: RunArtifact[] }> {
  const { data } = await requests.get(
    LIST,
    { ...repositoryName(repository), run_id: Number(runId), per_page: ARTIFACTS_PER_PAGE, page },
    { schema: listSchema, what: `the artifacts of run ${runId}` },
    signal,
  );
  return { total: data.total_count, artifacts: artifactsOf(data) };
}

/** One file of an artifact, of at most `maxBytes`; its archive is verified by its digest. Undefined: no such file. */
export async function readArtifactFile(
  client: GitHubClient,
  {
    repository,
    artifact,
    file,
    maxBytes,
  }: { repository: string; artifact: RunArtifact; file: string; maxBytes: number },
  signal: AbortSignal,
): Promise<string | undefined> {
  const what = `the artifact "${artifact.name}"`;
  const tooLarge = (): SubjectError => new SubjectError('data', `${what} is larger than ${maxBytes} bytes.`);
  if (artifact.bytes > maxBytes) throw tooLarge();
  const stream = await openRedirected(
    client,
    'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
    { ...repositoryName(repository), artifact_id: artifact.id, archive_format: 'zip' },
    what,
    signal,
  );
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const archive = Buffer.concat(chunks);
  const digest = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
  if (artifact.digest !== undefined && artifact.digest !== digest) {
    throw new SubjectError('data', `${what} has the digest ${digest} instead of ${artifact.digest}.`);
  }
  try {
    return zipEntry(archive, file, maxBytes)?.toString('utf8');
  } catch (error) {
    if (error instanceof ZipError)
      throw new SubjectError('data', `${what} ${error.message}.`, { cause: error });
    throw error;
  }
}
