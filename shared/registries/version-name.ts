import { UsageError } from '../errors.ts';

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
