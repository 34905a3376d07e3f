import type { ActionContext } from '../../../shared/action/action.ts';
import { UsageError } from '../../../shared/errors.ts';
import { dataSections } from '../../../shared/record/data-sections.ts';
import type { SectionOf } from '../../../shared/record/section.ts';
import type { Inputs } from './inputs.ts';

/** What the record of the run tells about the model. */
export interface RunSections {
  readonly subject: string;
  readonly dataset: string | null;
  readonly training: SectionOf<'training'> | undefined;
  readonly evaluation: SectionOf<'evaluation'> | undefined;
  readonly publication: SectionOf<'publication'> | undefined;
  readonly data: readonly SectionOf<'data'>[];
}

/** Collects the sections that count for the model: that which the user named, or the run's only one. */
export async function collectSections(
  inputs: Pick<Inputs, 'subject' | 'dataset' | 'fromKey' | 'recordFrom'>,
  { store, signal }: Pick<ActionContext, 'store' | 'signal'>,
): Promise<RunSections> {
  const options = { subject: inputs.subject, fromKey: inputs.fromKey, recordFrom: inputs.recordFrom };
  const publication = await store.find('publication', options, signal);
  const evaluation = await store.find('evaluation', options, signal);
  const training = await store.find('training', options, signal);
  const subject = inputs.subject ?? publication?.subject ?? evaluation?.subject ?? training?.subject;
  if (subject === undefined) {
    throw new UsageError('Input "model" was not given, and this run has no model.', {
      remedy: 'Name the model, or run train-model before deploy-endpoint.',
    });
  }
  const dataset = inputs.dataset ?? training?.dataset ?? evaluation?.dataset ?? publication?.dataset ?? null;
  const { recordFrom } = inputs;
  const data = await dataSections(store, { dataset: dataset ?? undefined, recordFrom }, signal);
  return { subject, dataset, training, evaluation, publication, data };
}
