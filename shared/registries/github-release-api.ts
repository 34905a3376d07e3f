import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Logger } from '../action/logger.ts';
import { InfrastructureError, UsageError } from '../errors.ts';
import { createClient, type GitHubClient } from '../github/client.ts';
import { isAbsent } from '../github/permission.ts';
import {
  assetOf,
  assetSchema,
  refSchema,
  rejectionOf,
  releaseOf,
  releaseSchema,
  shaSchema,
} from './release-answers.ts';
import type { Release, ReleaseApi, ReleaseAsset, TagReference } from './release-api.ts';

interface OpenOptions {
  readonly owner: string;
  readonly repo: string;
  readonly token: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
}

const PER_PAGE = 100;
/** The file that an alias's commits hold, so that their trees are not empty. */
const ALIAS_FILE = 'alias.txt';

/** Opens the releases and Git objects of one repository. */
export async function openReleaseApi({
  owner,
  repo,
  token,
  environment,
  logger,
}: OpenOptions): Promise<ReleaseApi> {
  const client = await createClient({ token, environment, logger });
  return new GitHubReleaseApi(client, owner, repo);
}

class GitHubReleaseApi implements ReleaseApi {
  readonly title: string;
  readonly #client: GitHubClient;
  readonly #where: { readonly owner: string; readonly repo: string };

  constructor(client: GitHubClient, owner: string, repo: string) {
    this.#client = client;
    this.#where = { owner, repo };
    this.title = `the releases of ${owner}/${repo}`;
  }

  async listReleases(signal: AbortSignal): Promise<Release[]> {
    const releases: Release[] = [];
    for (let page = 1; ; page++) {
      const found = await this.#call('list releases', z.array(releaseSchema), () =>
        this.#client.rest.repos.listReleases({
          ...this.#where,
          per_page: PER_PAGE,
          page,
          request: { signal },
        }),
      );
      releases.push(...found.map(releaseOf));
      if (found.length < PER_PAGE) return releases;
    }
  }

  async release(id: number, signal: AbortSignal): Promise<Release> {
    const found = await this.#call('read a draft release', releaseSchema, () =>
      this.#client.rest.repos.getRelease({ ...this.#where, release_id: id, request: { signal } }),
    );
    return releaseOf(found);
  }

  async createDraft(tag: string, name: string, signal: AbortSignal): Promise<Release> {
    const made = await this.#call('create a draft release', releaseSchema, () =>
      this.#client.rest.repos.createRelease({
        ...this.#where,
        tag_name: tag,
        name,
        draft: true,
        request: { signal },
      }),
    );
    return releaseOf(made);
  }

  async publish(
    id: number,
    { tag, name, body }: { tag: string; name: string; body: string },
    signal: AbortSignal,
  ): Promise<Release | 'exists'> {
    const published = await this.#unlessRefused(/already_exists|already exists/i, () =>
      this.#call(`publish the release ${tag}`, releaseSchema, () =>
        this.#client.rest.repos.updateRelease({
          ...this.#where,
          release_id: id,
          tag_name: tag,
          name,
          body,
          draft: false,
          // Never "the latest release" of the repository's own software.
          prerelease: true,
          make_latest: 'false',
          request: { signal },
        }),
      ),
    );
    return published === undefined ? 'exists' : releaseOf(published);
  }

  async deleteRelease(id: number, signal: AbortSignal): Promise<void> {
    await this.#ignoreGone(() =>
      this.#call('delete a draft release', z.unknown(), () =>
        this.#client.rest.repos.deleteRelease({ ...this.#where, release_id: id, request: { signal } }),
      ),
    );
  }

  async upload(
    release: Release,
    name: string,
    label: string,
    blob: Blob,
    signal: AbortSignal,
  ): Promise<ReleaseAsset | 'exists'> {
    const sent = await this.#unlessRefused(/already_exists|already exists/i, () =>
      this.#call(`upload ${label}`, assetSchema, () =>
        this.#client.request(`POST ${release.uploadUrl}{?name,label}`, {
          name,
          label,
          data: blob,
          headers: { 'content-type': 'application/octet-stream' },
          // Otherwise fetch keeps a copy of the whole body in memory, in case it must follow a redirect.
          request: { signal, redirect: 'error' },
        }),
      ),
    );
    return sent === undefined ? 'exists' : assetOf(sent);
  }

  async deleteAsset(id: number, signal: AbortSignal): Promise<void> {
    await this.#ignoreGone(() =>
      this.#call('delete an asset', z.unknown(), () =>
        this.#client.rest.repos.deleteReleaseAsset({ ...this.#where, asset_id: id, request: { signal } }),
      ),
    );
  }

  async download(id: number, signal: AbortSignal): Promise<Readable> {
    const data = await this.#call('download an asset', z.instanceof(ReadableStream), () =>
      this.#client.request('GET /repos/{owner}/{repo}/releases/assets/{asset_id}', {
        ...this.#where,
        asset_id: id,
        headers: { accept: 'application/octet-stream' },
        request: { signal, parseSuccessResponseBody: false },
      }),
    );
    return Readable.fromWeb(data);
  }

  async references(prefix: string, signal: AbortSignal): Promise<TagReference[]> {
    const found = await this.#call('list references', z.array(refSchema), () =>
      this.#client.rest.git.listMatchingRefs({ ...this.#where, ref: prefix, request: { signal } }),
    );
    return found.map(({ ref, object }) => ({ ref, sha: object.sha }));
  }

  async createReference(ref: string, sha: string, signal: AbortSignal): Promise<'created' | 'exists'> {
    const made = await this.#unlessRefused(/already exists/i, () =>
      this.#call(`create ${ref}`, refSchema, () =>
        this.#client.rest.git.createRef({ ...this.#where, ref, sha, request: { signal } }),
      ),
    );
    return made === undefined ? 'exists' : 'created';
  }

  async fastForward(ref: string, sha: string, signal: AbortSignal): Promise<'moved' | 'conflict'> {
    const moved = await this.#unlessRefused(/fast.forward/i, () =>
      this.#call(`move ${ref}`, refSchema, () =>
        this.#client.rest.git.updateRef({
          ...this.#where,
          ref: ref.replace(/^refs\//, ''),
          sha,
          force: false,
          request: { signal },
        }),
      ),
    );
    return moved === undefined ? 'conflict' : 'moved';
  }

  async createTagObject(tag: string, message: string, commit: string, signal: AbortSignal): Promise<string> {
    try {
      const made = await this.#call('tag a commit', shaSchema, () =>
        this.#client.rest.git.createTag({
          ...this.#where,
          tag,
          message,
          object: commit,
          type: 'commit',
          request: { signal },
        }),
      );
      return made.sha;
    } catch (cause) {
      if (rejectionOf(cause) === undefined) throw cause;
      throw new UsageError(
        `GitHub does not know the commit ${commit}, which the version is to be tagged at.`,
        {
          remedy: 'Push the commit first. Nothing was published.',
          cause,
        },
      );
    }
  }

  async tagMessage(sha: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const { data } = await this.#client.rest.git.getTag({
        ...this.#where,
        tag_sha: sha,
        request: { signal },
      });
      return z.object({ message: z.string() }).parse(data).message;
    } catch (error) {
      // The tag points at a commit: it was not made by us.
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async createCommit(message: string, parents: readonly string[], signal: AbortSignal): Promise<string> {
    const tree = await this.#call('write an alias', shaSchema, () =>
      this.#client.rest.git.createTree({
        ...this.#where,
        tree: [{ path: ALIAS_FILE, mode: '100644', type: 'blob', content: message }],
        request: { signal },
      }),
    );
    const commit = await this.#call('write an alias', shaSchema, () =>
      this.#client.rest.git.createCommit({
        ...this.#where,
        message,
        tree: tree.sha,
        parents: [...parents],
        request: { signal },
      }),
    );
    return commit.sha;
  }

  async commitMessage(sha: string, signal: AbortSignal): Promise<string> {
    const commit = await this.#call('read an alias', z.object({ message: z.string() }), () =>
      this.#client.rest.git.getCommit({ ...this.#where, commit_sha: sha, request: { signal } }),
    );
    return commit.message;
  }

  async #call<T>(doing: string, schema: z.ZodType<T>, send: () => Promise<{ data: unknown }>): Promise<T> {
    const parsed = schema.safeParse((await send()).data);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new InfrastructureError(
      `GitHub's answer to "${doing}" is not understood at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}.`,
    );
  }

  /** Undefined where GitHub refused with a 422 of that kind: somebody else was first. */
  async #unlessRefused<T>(reason: RegExp, send: () => Promise<T>): Promise<T | undefined> {
    try {
      return await send();
    } catch (error) {
      if (reason.test(rejectionOf(error) ?? '')) return undefined;
      throw error;
    }
  }

  async #ignoreGone(send: () => Promise<unknown>): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
}
