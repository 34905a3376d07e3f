import { ofKind } from './disk-store.ts';
import type { SectionOf } from './section.ts';
import type { RecordStore } from './store.ts';

/**
 * The data sections that a model answers for: those of its dataset, or of all datasets of the run where it is not known
 * which is the model's. All keys of a dataset count: one that failed is enough. Of another run only the one that counts
 * can be had.
 */
export async function dataSections(
  store: Pick<RecordStore, 'find' | 'list'>,
  { dataset, recordFrom }: { readonly dataset: string | undefined; readonly recordFrom: string | undefined },
  signal: AbortSignal,
): Promise<SectionOf<'data'>[]> {
  if (recordFrom !== undefined) {
    const found = await store.find('data', { subject: dataset, recordFrom }, signal);
    return found === undefined ? [] : [found];
  }
  return ofKind(await store.list(signal), 'data').filter(
    ({ subject }) => dataset === undefined || subject === dataset,
  );
}
