import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder beside the checkout that holds the standards' own schemas; they are not ours to ship. */
const FOLDER = resolve(import.meta.dirname, '../../shared/schemas');

export interface Standard {
  readonly path: string;
  /** Why the tests that read it are skipped; undefined where it is there. */
  readonly missing: string | undefined;
}

/**
 * Finds a standard's own schema. A stranger's clone has none, and skips what needs it, with the reason. In CI it must
 * be there, for a skipped referee would let things drift unseen; a CI that cannot have it says so by
 * `TRAINYARD_STANDARDS=absent`.
 */
export function standard(name: string): Standard {
  const path = join(FOLDER, name);
  if (existsSync(path)) return { path, missing: undefined };
  const missing = `../shared/schemas/${name} is not there: it is no part of this repository`;
  if (process.env['CI'] === 'true' && process.env['TRAINYARD_STANDARDS'] !== 'absent') {
    throw new Error(`${missing}, and CI does not skip.`);
  }
  return { path, missing };
}
