import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The example's Python, with scikit-learn; undefined where set-up has not made it. */
export function findPython(): string | undefined {
  const path = join(resolve(import.meta.dirname, '../..'), '.venv/bin/python');
  return existsSync(path) ? path : undefined;
}
