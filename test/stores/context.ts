import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FileReference } from '../../shared/record/common.ts';
import type { StoreContext } from '../../shared/stores/open.ts';
import { keepLogs } from '../record/logs.ts';

export interface Place extends AsyncDisposable {
  readonly root: string;
  readonly context: StoreContext & { readonly signal: AbortSignal };
  readonly lines: readonly string[];
  /** Writes a file below the workspace, and returns its reference. */
  write(path: string, content: string | Buffer, role?: FileReference['role']): Promise<FileReference>;
}

/** A workspace of its own. */
export async function openPlace(environment: NodeJS.ProcessEnv = {}): Promise<Place> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'trainyard-store-')));
  const { logger, lines } = keepLogs();
  return {
    root,
    lines,
    context: {
      workspace: root,
      workingDirectory: root,
      environment,
      logger,
      signal: AbortSignal.timeout(120_000),
    },
    async write(path, content, role = 'model') {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
      return {
        path,
        role,
        bytes: Buffer.byteLength(content),
        sha256: createHash('sha256').update(content).digest('hex'),
        locations: [],
      };
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}
