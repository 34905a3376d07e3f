import { realpath } from 'node:fs/promises';
import { UsageError } from '../errors.ts';
import type { FileReference } from '../record/common.ts';
import { withLocation } from '../record/disk-store.ts';
import { placeOf } from '../record/reference-path.ts';
import { chooseStored } from './decide/choose-stored.ts';
import { openStore, type StoreContext } from './open.ts';

export interface SaveFilesOptions {
  /** As the user wrote it; undefined where no store is named. */
  readonly store: string | undefined;
  /** All files together may have so many bytes where no store is named. */
  readonly limitBytes: number;
  readonly files: readonly FileReference[];
  /** What the references' paths are relative to. */
  readonly directory: string;
  readonly context: StoreContext & { readonly signal: AbortSignal };
}

/**
 * Brings large files into the store that the user named, of which only references travel. Returns them with their new
 * locations, and apart from them those that travel as the record's files do.
 */
export async function saveFilesToStore({
  store: name,
  limitBytes,
  files,
  directory,
  context,
}: SaveFilesOptions): Promise<{ stored: FileReference[]; others: FileReference[] }> {
  if (name === undefined) {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > limitBytes) throw tooLarge(bytes, limitBytes);
    return { stored: [], others: [...files] };
  }
  const { chosen, others } = chooseStored(files, limitBytes);
  if (chosen.length === 0) return { stored: [], others };
  const store = await openStore(name, context);
  const base = await realpath(directory);
  const local = chosen.map((reference) => ({ reference, path: placeOf(base, reference.path) }));
  const location = await store.stage(local, context.signal);
  context.logger.info(`${chosen.length} of ${files.length} files lie in ${store.uri}, by their digest.`);
  const stored = local.map(({ reference, path }) =>
    withLocation(withLocation(reference, { kind: 'file', path }), location),
  );
  return { stored, others };
}

function tooLarge(bytes: number, limitBytes: number): UsageError {
  return new UsageError(
    `The outputs have ${megabytes(bytes)} together, and input "artifact-limit-mb" is ${megabytes(limitBytes)}.`,
    {
      remedy:
        'Give the input "store" (directory:<path> or s3://<bucket>/<prefix>): the bytes go there, and only references travel. Or raise "artifact-limit-mb", or write less.',
    },
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 6 })} MB`;
}
