import { UsageError } from '../errors.ts';
import type { ArtifactStoreOptions } from './artifact-store.ts';
import type { OtherRun } from './artifacts.ts';

/** `run:<id>`, the only form of the input `record-from`. */
export async function openNamed(
  recordFrom: string,
  {
    artifacts,
    openRun,
    withoutArtifacts,
  }: Pick<ArtifactStoreOptions, 'artifacts' | 'openRun' | 'withoutArtifacts'>,
  signal: AbortSignal,
): Promise<OtherRun> {
  const [, id] = /^run:([1-9][0-9]{0,18})$/.exec(recordFrom) ?? [];
  if (id === undefined) {
    throw new UsageError(`Input "record-from" is "${recordFrom}".`, {
      remedy: 'Accepted: run:<id>, the id of another run of this repository.',
    });
  }
  if (artifacts === undefined) {
    throw new UsageError(`Input "record-from" is "${recordFrom}", but no run's record can be read here.`, {
      remedy: `There are no artifacts: ${withoutArtifacts}.`,
    });
  }
  return await openRun(id, signal);
}
