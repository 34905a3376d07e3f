import { z } from 'zod';
import { readAnswer } from './answer.ts';
import type { GitHubClient } from './client.ts';
import { isAbsent } from './permission.ts';
import { repositoryName } from './repository.ts';

const entrySchema = z.object({
  type: z.string(),
  sha: z.string(),
  encoding: z.string().optional(),
  content: z.string().optional(),
});
const commitSchema = z.object({ tree: z.object({ sha: z.string() }) });
const blobSchema = z.object({ content: z.string(), encoding: z.literal('base64') });

/** The hash of a commit's tree. */
export async function treeAt(
  client: GitHubClient,
  repository: string,
  sha: string,
  signal: AbortSignal,
): Promise<string> {
  const { data } = await client.rest.git.getCommit({
    ...repositoryName(repository),
    commit_sha: sha,
    request: { signal },
  });
  return readAnswer(commitSchema, data, `commit ${sha}`).tree.sha;
}

/**
 * A file's bytes at a commit; undefined where that commit has no such file. Files up to 1 MB come with the contents
 * API, larger ones as a blob (docs: "Get repository content").
 */
export async function fileAt(
  client: GitHubClient,
  repository: string,
  sha: string,
  path: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const place = repositoryName(repository);
  let answer: unknown;
  try {
    ({ data: answer } = await client.rest.repos.getContent({
      ...place,
      path,
      ref: sha,
      request: { signal },
    }));
  } catch (error) {
    if (!isAbsent(error)) throw error;
    // GitHub hides what a token may not see behind the same 404: a commit that is visible settles it.
    await treeAt(client, repository, sha, signal);
    return undefined;
  }
  // A folder is a list, a symbolic link or submodule another type: none of them is the file that was asked for.
  if (Array.isArray(answer)) return undefined;
  const entry = readAnswer(entrySchema, answer, `${path} at ${sha}`);
  if (entry.type !== 'file') return undefined;
  if (entry.encoding === 'base64' && entry.content !== undefined) return Buffer.from(entry.content, 'base64');
  const { data } = await client.rest.git.getBlob({ ...place, file_sha: entry.sha, request: { signal } });
  return Buffer.from(readAnswer(blobSchema, data, `${path} at ${sha}`).content, 'base64');
}
