import { realpath } from 'node:fs/promises';
import { isFilesName } from './artifact-name.ts';
import type { ArtifactStoreOptions } from './artifact-store.ts';
import { type Locate, openStored } from './file-transport.ts';
import { placeOf } from './reference-path.ts';

interface FilesOptions extends Pick<
  ArtifactStoreOptions,
  'artifacts' | 'withoutArtifacts' | 'openRun' | 'logger' | 'environment'
> {
  /** The run whose artifacts are this job's own. */
  readonly homeRunId: string;
  /** Makes a folder of its own. */
  readonly scratch: () => Promise<string>;
}

/** Where the bytes of a reference are: on this machine, in a store, or in an artifact, which is unpacked once. */
export function locateArtifacts(options: FilesOptions): Locate {
  const { artifacts, withoutArtifacts, homeRunId, scratch } = options;
  const downloads = new Map<string, Promise<string>>();
  /** Unpacks an artifact once for all its files, and returns the folder. */
  const unpack = (name: string, fromRun: string, signal: AbortSignal): Promise<string> => {
    const id = `${fromRun} ${name}`;
    const unpacked =
      downloads.get(id) ??
      (async () => {
        if (artifacts === undefined) throw new Error(withoutArtifacts);
        const run = fromRun === homeRunId ? undefined : await options.openRun(fromRun, signal);
        const artifact = (await artifacts.list(run, signal)).find((candidate) => candidate.name === name);
        if (artifact === undefined) throw new Error(`run ${fromRun} has no such artifact, or it has expired`);
        const directory = await scratch();
        await artifacts.download(artifact, directory, run, signal);
        return await realpath(directory);
      })();
    downloads.set(id, unpacked);
    unpacked.catch(() => downloads.delete(id));
    return unpacked;
  };
  return async (location, file, signal) => {
    if (location.kind === 'file') return location.path;
    if (location.kind === 'registry') throw new Error('only publish-model reads registries');
    if (location.kind === 'store') return await openStored(location.store, file, options, signal);
    if (!isFilesName(location.artifact)) throw new Error('is no artifact of files that Trainyard writes');
    return placeOf(await unpack(location.artifact, location.runId, signal), file.path);
  };
}
