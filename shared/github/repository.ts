import { UsageError } from '../errors.ts';

/** A repository as GitHub's routes name it. */
export interface RepositoryName {
  readonly owner: string;
  readonly repo: string;
}

/** Splits `owner/name`. */
export function repositoryName(fullName: string | undefined | null): RepositoryName {
  const [, owner, repo] = /^([^/\s]+)\/([^/\s]+)$/.exec(fullName ?? '') ?? [];
  if (owner === undefined || repo === undefined) {
    throw new UsageError(`The repository is "${fullName ?? ''}"; the form owner/name is accepted.`, {
      remedy: 'On a runner the variable GITHUB_REPOSITORY holds it.',
    });
  }
  return { owner, repo };
}
