import { isAbsolute, normalize, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { containedPath } from '../action/contained-path.ts';
import type { Logger } from '../action/logger.ts';
import { UsageError } from '../errors.ts';
import type { FileReference } from '../record/common.ts';
import { parseStore, type StoreAddress } from './decide/store-address.ts';
import type { FileStore } from './store.ts';

export interface StoreContext {
  readonly workspace: string;
  readonly workingDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
}

/**
 * Opens the store that the input `store` names: `directory:<path>` or `s3://<bucket>/<prefix>`.
 *
 * A relative path stays inside the workspace. An absolute one is taken as it is written: it comes from the workflow's
 * author, and a self-hosted runner keeps its store on a disk that outlives the workspace.
 */
export async function openStore(value: string, context: StoreContext): Promise<FileStore> {
  const address = parseStore(value, 'Input "store"');
  const store = await openAddress(
    address.kind === 'directory'
      ? { kind: 'directory', path: folderOf(value, address.path, context) }
      : address,
    context.environment,
  );
  context.logger.debug(`Store: ${store.uri}`);
  return store;
}

/**
 * The bytes of a file in the store that a record names. The record is from outside: only files that lie under their
 * own digest can be had, and the caller verifies it.
 */
export async function readStored(
  uri: string,
  file: Pick<FileReference, 'sha256' | 'bytes'>,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Readable> {
  const address = parseStore(uri, 'The store of the record');
  if (address.kind === 'directory' && !isAbsolute(address.path)) throw new Error('is no absolute path');
  return await (await openAddress(address, environment)).read(file, signal);
}

async function openAddress(address: StoreAddress, environment: NodeJS.ProcessEnv): Promise<FileStore> {
  if (address.kind === 'directory') {
    const { DirectoryStore } = await import('./directory.ts');
    return new DirectoryStore(address.path);
  }
  const { openS3Store } = await import('./s3.ts');
  return await openS3Store(address, environment);
}

function folderOf(value: string, path: string, { workspace, workingDirectory }: StoreContext): string {
  const root = isAbsolute(path)
    ? normalize(path)
    : containedPath(workspace, workingDirectory, path, 'Input "store"');
  if (root === resolve(workspace) || root === resolve(workingDirectory)) {
    throw new UsageError(`Input "store" is "${value}": that is the repository itself.`, {
      remedy: 'Name a folder of its own, for example directory:/mnt/models.',
    });
  }
  return root;
}
