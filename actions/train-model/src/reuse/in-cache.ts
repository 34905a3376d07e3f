import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileReference } from '../../../../shared/record/common.ts';
import { placeOf } from '../../../../shared/record/reference-path.ts';
import { readSectionText } from '../../../../shared/record/section-folder.ts';
import { cacheEntries, cacheRoot, withCache } from './cache-entry.ts';
import { readTrained } from './decide/admit.ts';
import { type Looked, NOTHING, notTaken, type Search } from './place.ts';

export const SECTION_FILE = 'section.json';

/** Looks into GitHub's cache: the entry of this fingerprint, else the newest of this model, which explains a miss. */
export async function lookInCache({ subject, fingerprint, context }: Search): Promise<Looked> {
  const { commit } = context;
  const root = cacheRoot(context);
  if (root === undefined) return NOTHING;
  const entries = cacheEntries(subject, fingerprint.sha256, root);
  const { key, nearby, folder } = entries.section;
  await rm(folder, { recursive: true, force: true });
  const found = await withCache('The cache could not be asked for an equal training', context, (cache) =>
    cache.restoreCache([folder], key, [nearby]),
  );
  const text = found === undefined ? undefined : await readSectionText(join(folder, SECTION_FILE));
  if (found === undefined || text === undefined) return NOTHING;
  const where = `cache entry ${found}`;
  const trained = readTrained(text, where, { subject, repository: commit.repository });
  if ('reason' in trained) {
    // Of a model whose name goes on behind this one's the entry is no training of this model, and no harm.
    return found === key ? { candidates: [], notices: [notTaken(where, trained.reason)] } : NOTHING;
  }
  const files = async (wanted: readonly FileReference[]): Promise<readonly FileReference[]> => {
    await rm(entries.files.folder, { recursive: true, force: true });
    const restored = await withCache('The cached files could not be read', context, (cache) =>
      cache.restoreCache([entries.files.folder], entries.files.key),
    );
    // Without an entry of files those that the record names are tried.
    if (restored === undefined) return wanted;
    const base = await realpath(entries.files.folder);
    return wanted.map((file) => ({
      ...file,
      locations: [{ kind: 'file', path: placeOf(base, file.path) }, ...file.locations],
    }));
  };
  return { candidates: [{ from: 'cache', where, trained, files }], notices: [] };
}
