import { posix, resolve, sep } from 'node:path';
import { isInside } from '../action/contained-path.ts';
import { SubjectError, UsageError } from '../errors.ts';

/** What an alias may be called. `v<n>` is a version and never an alias. */
const ALIAS_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;
const VERSION_PATTERN = /^v[1-9][0-9]{0,8}$/;

/** True for an alias that does not look like a version. */
export function isAliasName(name: string): boolean {
  return ALIAS_PATTERN.test(name) && !VERSION_PATTERN.test(name);
}

export function isVersionName(name: string): boolean {
  return VERSION_PATTERN.test(name);
}

/** The number of `v<n>`. */
export function versionNumber(version: string): number {
  return Number(version.slice(1));
}

/** The version after all that exist. Versions are never used twice, so a gap is never filled. */
export function nextVersion(versions: readonly string[]): string {
  return `v${Math.max(0, ...versions.map(versionNumber)) + 1}`;
}

/** Refuses a name that a registry cannot keep apart from its versions. */
export function checkAliasName(name: string): void {
  if (isAliasName(name)) return;
  throw new UsageError(`The alias is "${name}".`, {
    remedy:
      'Accepted: up to 63 lower-case letters, digits and hyphens, a letter first, and not of the form v1.',
  });
}

/**
 * The place of a registry's file below `directory`. A path from a registry is from outside: one that is absolute,
 * leaves the folder or is not written plainly is an error, never a place.
 */
export function placeWithin(directory: string, path: string, registry: string): string {
  const plain =
    path !== '' &&
    path !== '.' &&
    !/[\0\\]/.test(path) &&
    !posix.isAbsolute(path) &&
    posix.normalize(path) === path;
  const place = resolve(directory, path.split('/').join(sep));
  if (plain && isInside(directory, place) && place !== resolve(directory)) return place;
  throw new SubjectError(
    'data',
    `The registry ${registry} holds a file with the path "${path}", which leaves its folder.`,
    {
      remedy: 'Nothing was written. Somebody other than Trainyard wrote this version: do not use it.',
    },
  );
}
