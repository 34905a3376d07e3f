import { isAbsolute, normalize, resolve } from 'node:path';
import type { ActionContext } from '../action/action.ts';
import { containedPath } from '../action/contained-path.ts';
import { acceptedNames } from '../action/accepted-names.ts';
import { UsageError } from '../errors.ts';
import type { ModelRegistry } from './registry.ts';

export const REGISTRY_KINDS = ['directory', 'github-release'] as const;

type RegistryContext = Pick<
  ActionContext,
  'workspace' | 'workingDirectory' | 'environment' | 'logger' | 'origin' | 'signal'
> & { readonly token: string | undefined };

/**
 * Opens the registry that an input names: `directory:<path>` or `github-release`. `input` is the input's name.
 *
 * A relative path stays inside the workspace. An absolute one is taken as it is written: it comes from the workflow's
 * author, and a self-hosted runner keeps its registry on a disk that outlives the workspace.
 */
export async function openRegistry(
  input: string,
  value: string,
  context: RegistryContext,
): Promise<ModelRegistry> {
  const colon = value.indexOf(':');
  const kind = colon === -1 ? value : value.slice(0, colon);
  const rest = colon === -1 ? undefined : value.slice(colon + 1).trim();
  switch (REGISTRY_KINDS.find((known) => known === kind)) {
    case 'directory':
      return openDirectory(input, value, rest ?? '', context);
    case 'github-release':
      return openGitHubRelease(input, value, rest, context);
    case undefined:
      throw new UsageError(`Input "${input}" is "${value}": there is no registry "${kind}".`, {
        remedy: `${acceptedNames(kind, REGISTRY_KINDS)} A directory is written directory:<path>.`,
      });
  }
}

async function openDirectory(
  input: string,
  value: string,
  path: string,
  { workspace, workingDirectory }: RegistryContext,
): Promise<ModelRegistry> {
  if (path === '' || path.includes('\0')) {
    throw new UsageError(`Input "${input}" is "${value}": no folder is named.`, {
      remedy: 'Write directory:<path>, for example directory:.trainyard/registry.',
    });
  }
  const root = isAbsolute(path)
    ? normalize(path)
    : containedPath(workspace, workingDirectory, path, `Input "${input}"`);
  if (root === resolve(workspace) || root === resolve(workingDirectory)) {
    throw new UsageError(`Input "${input}" is "${value}": that is the repository itself.`, {
      remedy: 'Name a folder of its own, for example directory:.trainyard/registry.',
    });
  }
  const { DirectoryRegistry } = await import('./directory.ts');
  const { explainDiskErrors } = await import('./disk-errors.ts');
  return explainDiskErrors(new DirectoryRegistry({ root, name: value }));
}

async function openGitHubRelease(
  input: string,
  value: string,
  rest: string | undefined,
  { environment, logger, origin, token }: RegistryContext,
): Promise<ModelRegistry> {
  if (rest !== undefined) {
    throw new UsageError(`Input "${input}" is "${value}": github-release takes nothing after it.`, {
      remedy: "Write github-release. Models are kept in the releases of the workflow's own repository.",
    });
  }
  const repository = origin.repository ?? environment['GITHUB_REPOSITORY'] ?? '';
  const [owner, name, ...more] = repository.split('/');
  if (owner === undefined || owner === '' || name === undefined || name === '' || more.length > 0) {
    throw new UsageError(
      `Input "${input}" is "${value}": the repository whose releases are meant is not known.`,
      {
        remedy: 'Set GITHUB_REPOSITORY to owner/name and give a token, or use directory:<path>.',
      },
    );
  }
  if (token === undefined) {
    throw new UsageError(`Input "${input}" is "${value}", and there is no token.`, {
      remedy: 'Give the input "token"; it needs contents: write to publish and contents: read to compare.',
    });
  }
  const { openReleaseApi } = await import('./github-release-api.ts');
  const { GitHubReleaseRegistry } = await import('./github-release.ts');
  const api = await openReleaseApi({ owner, repo: name, token, environment, logger });
  return new GitHubReleaseRegistry({ api, name: value, headSha: origin.headSha, logger });
}
