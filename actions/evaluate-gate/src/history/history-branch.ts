import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { InfrastructureError } from '../../../../shared/errors.ts';
import { readAnswer } from '../../../../shared/github/answer.ts';
import type { GitHubClient } from '../../../../shared/github/client.ts';
import { treeAt } from '../../../../shared/github/contents.ts';
import { GitHubError, isAbsent } from '../../../../shared/github/permission.ts';
import { repositoryName } from '../../../../shared/github/repository.ts';
import { appendLine, type HistoryLine, historyPath, MAX_FILE_BYTES } from './decide/history-line.ts';

/** An orphan branch: it shares no commit with the code, so that nobody checks it out by mistake. */
export const HISTORY_BRANCH = 'trainyard/history';
const REF = `heads/${HISTORY_BRANCH}`;
/** With so many writers at once the last of them needs as many tries; a matrix seldom ends in one second. */
const MAX_TRIES = 16;
/** The unit of the wait before another try, which grows up to sixteen times that and is drawn by chance. */
const BACKOFF_MS = 250;

const README = `# History of Trainyard

evaluate-gate keeps here what it measured on commits of the default branch: one file a model, one line of JSON a commit.
Reports show it as trend. No verdict depends on it: to begin anew, delete the branch.
`;

const refSchema = z.object({ object: z.object({ sha: z.string() }) });
const shaSchema = z.object({ sha: z.string() });
const fileSchema = z.object({
  type: z.string(),
  sha: z.string(),
  size: z.number(),
  encoding: z.string().optional(),
  content: z.string().optional(),
});
const blobSchema = z.object({ content: z.string(), encoding: z.literal('base64') });

export interface Branch {
  readonly client: GitHubClient;
  readonly repository: string;
  readonly signal: AbortSignal;
  /** Tests shorten the waits. */
  readonly backoffMs?: number;
}

/** What the branch holds about one model. */
interface Held {
  /** The newest commit; undefined where there is no such branch. */
  readonly head: string | undefined;
  readonly text: string;
}

/** The text about one model in the branch; empty where there is none, or no branch. */
export async function readHistory(branch: Branch, model: string): Promise<string> {
  return (await held(branch, model)).text;
}

/**
 * Adds a line to the branch by fast-forward: a new commit on the newest, and another try where somebody else was faster.
 * Tells whether it was there already. GitHub's REST API: "Git database".
 */
export async function appendHistory(branch: Branch, line: HistoryLine): Promise<'written' | 'present'> {
  const { client, repository, signal } = branch;
  const where = { ...repositoryName(repository), request: { signal } };
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const { head, text } = await held(branch, line.model);
    const content = appendLine(text, line);
    if (content === undefined) return 'present';
    const file = (path: string, what: string) =>
      ({ path, mode: '100644', type: 'blob', content: what }) as const;
    const { data: tree } = await client.rest.git.createTree({
      ...where,
      ...(head === undefined ? {} : { base_tree: await treeAt(client, repository, head, signal) }),
      tree: [
        file(historyPath(line.model), content),
        ...(head === undefined ? [file('README.md', README)] : []),
      ],
    });
    const { data: commit } = await client.rest.git.createCommit({
      ...where,
      message: `${line.model}: ${line.verdict} at ${line.commit.slice(0, 12)}`,
      tree: readAnswer(shaSchema, tree, 'a new tree').sha,
      parents: head === undefined ? [] : [head],
    });
    if (await moved(branch, head, readAnswer(shaSchema, commit, 'a new commit').sha)) return 'written';
    const waitMs = (branch.backoffMs ?? BACKOFF_MS) * 2 ** Math.min(4, tries - 1);
    await setTimeout(waitMs * (0.5 + Math.random() / 2), undefined, { signal });
  }
  throw new InfrastructureError(
    `The branch ${HISTORY_BRANCH} was moved by others each of ${MAX_TRIES} times that a line was to be added.`,
    { remedy: 'Run the job again, with fewer jobs at once.' },
  );
}

async function held(branch: Branch, model: string): Promise<Held> {
  const head = await headOf(branch);
  return { head, text: head === undefined ? '' : await textAt(branch, head, historyPath(model)) };
}

async function headOf({ client, repository, signal }: Branch): Promise<string | undefined> {
  try {
    const { data } = await client.rest.git.getRef({
      ...repositoryName(repository),
      ref: REF,
      request: { signal },
    });
    return readAnswer(refSchema, data, `the branch ${HISTORY_BRANCH}`).object.sha;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Files up to 1 MB come with the contents API, larger ones as a blob (docs: "Get repository content"). */
async function textAt({ client, repository, signal }: Branch, head: string, path: string): Promise<string> {
  const where = { ...repositoryName(repository), request: { signal } };
  const what = `${path} in the branch ${HISTORY_BRANCH}`;
  let answer: unknown;
  try {
    ({ data: answer } = await client.rest.repos.getContent({ ...where, path, ref: head }));
  } catch (error) {
    if (isAbsent(error)) return '';
    throw error;
  }
  const remedy = `Delete the branch ${HISTORY_BRANCH}: it is begun anew.`;
  const file = Array.isArray(answer) ? undefined : readAnswer(fileSchema, answer, what);
  if (file?.type !== 'file') throw new InfrastructureError(`${what} is no file.`, { remedy });
  if (file.size > MAX_FILE_BYTES) {
    throw new InfrastructureError(`${what} has ${file.size} bytes, and at most ${MAX_FILE_BYTES} are read.`, {
      remedy,
    });
  }
  if (file.encoding === 'base64' && file.content !== undefined) return decoded(file.content);
  const { data } = await client.rest.git.getBlob({ ...where, file_sha: file.sha });
  return decoded(readAnswer(blobSchema, data, what).content);
}

const decoded = (content: string): string => Buffer.from(content, 'base64').toString('utf8');

/** Lets the branch point at a commit; false where it no longer points at what that commit was made on. */
async function moved(branch: Branch, from: string | undefined, to: string): Promise<boolean> {
  const { client, repository, signal } = branch;
  const where = { ...repositoryName(repository), request: { signal } };
  try {
    if (from === undefined) await client.rest.git.createRef({ ...where, ref: `refs/${REF}`, sha: to });
    else await client.rest.git.updateRef({ ...where, ref: REF, sha: to, force: false });
    return true;
  } catch (error) {
    if (!(error instanceof GitHubError) || (error.status !== 422 && error.status !== 409)) throw error;
    // Whether somebody was faster or a rule of the repository forbids it, the branch itself tells better than words.
    if ((await headOf(branch)) !== from || CONTENTION.test(error.message)) return false;
    throw error;
  }
}

/** Two updates at one moment: GitHub refuses both, and the branch has not moved. */
const CONTENTION = /fast.?forward|already exists|reference update failed|cannot lock/i;
