import { readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ActionContext } from '../../../shared/action/action.ts';
import { UsageError } from '../../../shared/errors.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { dataSections } from '../../../shared/record/data-sections.ts';
import type { LocalFile } from '../../../shared/registries/registry.ts';
import type { ModelRecord } from './decide/admission.ts';
import type { Inputs } from './inputs.ts';

/** A card is read by people. */
const MAX_APPENDIX_BYTES = 1024 * 1024;

/** The sections of the model and of its dataset, as far as they may be believed. */
export async function collectRecord(
  inputs: Pick<Inputs, 'subject' | 'dataset' | 'fromKey' | 'recordFrom'>,
  { store, signal }: Pick<ActionContext, 'store' | 'signal'>,
): Promise<ModelRecord> {
  const { fromKey, recordFrom } = inputs;
  const training = await store.find('training', { subject: inputs.subject, fromKey, recordFrom }, signal);
  if (training === undefined) {
    const whose = inputs.subject ?? 'a model';
    throw new UsageError(`The record of this run holds no training of ${whose}.`, {
      remedy:
        'Run train-model and evaluate-gate before publish-model, or name their run by record-from: run:<id>.',
    });
  }
  const evaluation = await store.find(
    'evaluation',
    { subject: training.subject, fromKey, recordFrom },
    signal,
  );
  const dataset = inputs.dataset ?? training.dataset ?? undefined;
  return { training, evaluation, data: await dataSections(store, { dataset, recordFrom }, signal) };
}

/**
 * Brings the files that are published: the model, and beside it metrics and predictions. Digests are verified. Predictions
 * of the training often carry the labels of the evaluation rows; where the gate asks the models itself, no later gate needs
 * them, and they stay behind.
 */
export async function fetchFiles(
  { training, evaluation }: Pick<ModelRecord, 'training' | 'evaluation'>,
  { store, temporaryDirectory, signal }: Pick<ActionContext, 'store' | 'temporaryDirectory' | 'signal'>,
): Promise<{ model: LocalFile[]; beside: LocalFile[] }> {
  const examined = evaluation?.body?.examination?.by === 'gate';
  const published = (training.body?.files ?? []).filter(
    ({ role }) => role !== 'checkpoint' && !(examined && role === 'predictions'),
  );
  const paths = await store.fetchFiles(published, join(temporaryDirectory, 'publish'), signal);
  const local = published.map((reference, index): LocalFile => ({ reference, path: paths[index] ?? '' }));
  const isModel = ({ reference }: { reference: FileReference }): boolean => reference.role === 'model';
  return { model: local.filter(isModel), beside: local.filter((file) => !isModel(file)) };
}

/** The user's own part of the card. */
export async function readAppendix(
  path: string | undefined,
  { workingDirectory }: Pick<ActionContext, 'workingDirectory'>,
): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const name = relative(workingDirectory, path);
  const { size } = await stat(path);
  if (size > MAX_APPENDIX_BYTES) {
    throw new UsageError(`Input "card": "${name}" has ${size} bytes.`, {
      remedy: `At most ${MAX_APPENDIX_BYTES} bytes are appended to a model card.`,
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw new UsageError(`Input "card": "${name}" is not UTF-8 text.`, {
      remedy: 'Give a Markdown file.',
      cause,
    });
  }
}
