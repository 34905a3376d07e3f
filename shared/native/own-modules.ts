import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const packageSchema = z.object({ name: z.string().optional(), version: z.string().optional() });

/** Name and version of the package in a folder; undefined where there is none. */
export function packageIn(folder: string): z.infer<typeof packageSchema> | undefined {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return undefined;
  return packageSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
}

/**
 * The folder of a package that lies beside our own program in exactly the pinned version. Looked for from the
 * program's real place upward to our package, never from the workspace: that would be native code of a pull request.
 */
export function findOwnModule(
  program: string | undefined,
  name: string,
  version: string,
): string | undefined {
  if (program === undefined || !existsSync(program)) return undefined;
  let folder = dirname(realpathSync(program));
  while (packageIn(folder)?.name !== 'trainyard') {
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
  const found = join(folder, 'node_modules', name);
  return packageIn(found)?.version === version ? found : undefined;
}
