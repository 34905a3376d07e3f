import { z } from 'zod';
import { readAnswer } from './answer.ts';
import type { GitHubClient } from './client.ts';
import { GitHubError } from './permission.ts';
import { repositoryName } from './repository.ts';

/** The version of the API that tells which run a dispatch made (changelog, 2026-03-10). */
const WITH_DETAILS = '2026-03-10';

const detailsSchema = z.object({ workflow_run_id: z.int().positive(), html_url: z.string() });

export interface DispatchRequest {
  readonly repository: string;
  /** The file's name in `.github/workflows`. */
  readonly workflow: string;
  /** A branch or tag. */
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** `run` is undefined where the server dispatched but cannot tell which run that is: an older GHES. */
export interface Dispatched {
  readonly run: { readonly id: string; readonly url: string } | undefined;
}

/**
 * Dispatches a workflow, once: a request whose answer is lost is not repeated here, since it may have been obeyed.
 * An answer of 4xx means that nothing was dispatched; every other failure leaves it open.
 */
export async function dispatchWorkflow(
  client: GitHubClient,
  request: DispatchRequest,
  signal: AbortSignal,
): Promise<Dispatched> {
  try {
    return await post(client, request, true, signal);
  } catch (error) {
    if (!isOldServer(error)) throw error;
    return await post(client, request, false, signal);
  }
}

async function post(
  client: GitHubClient,
  { repository, workflow, ref, inputs }: DispatchRequest,
  details: boolean,
  signal: AbortSignal,
): Promise<Dispatched> {
  const answer: { status: number; data: unknown } = await client.request(
    'POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches',
    {
      ...repositoryName(repository),
      workflow_id: workflow,
      ref,
      inputs: { ...inputs },
      ...(details ? { return_run_details: true, headers: { 'x-github-api-version': WITH_DETAILS } } : {}),
      request: { signal, retries: 0 },
    },
  );
  // 204 means dispatched as well.
  if (answer.status !== 200) return { run: undefined };
  const { workflow_run_id: id, html_url: url } = readAnswer(detailsSchema, answer.data, 'the dispatched run');
  return { run: { id: String(id), url } };
}

/** GHES below 3.21 answers 400 to the header, or 422 to the key, and has dispatched nothing then. */
function isOldServer(error: unknown): boolean {
  if (!(error instanceof GitHubError)) return false;
  if (error.status === 400) return /version/i.test(error.message);
  return error.status === 422 && /return_run_details|not a permitted key/i.test(error.message);
}
