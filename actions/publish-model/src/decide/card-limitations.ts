import type { ModelRecord } from './admission.ts';

/** What a reader of the card should know that the numbers do not say; all of it from the record. */
export function limitationsOf({ training, evaluation, data }: ModelRecord, gateRequired: boolean): string[] {
  const judged = evaluation?.body ?? null;
  const found = [
    ...(gateRequired
      ? []
      : ['It was published without requiring that a gate had passed it (require-gate: false).']),
    ...(judged?.predictionsBy === 'training'
      ? ['The predictions that it was judged on were written by the training itself (self-reported).']
      : []),
    ...(judged?.firstRun === true ? ['It is the first version: it was compared with no other.'] : []),
    ...(judged?.rules ?? [])
      .filter(({ result, severity }) => result !== 'pass' && (severity !== 'error' || result === 'not-run'))
      .map(({ id, result, reason }) => `Rule ${id} ended as ${result}: ${reason}`),
    ...(data.length === 0 ? ['Its data was checked against no contract in this run.'] : []),
    ...data
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ subject, verdict, summary }) => `The data of ${subject} ended as ${verdict}: ${summary}`),
    ...(training.commit.dirty ? ['It was trained from a tree with changes that are not committed.'] : []),
    ...(training.body?.seed === null
      ? ['The training declared no seed; another run may give another model.']
      : []),
    ...[training, ...(evaluation === undefined ? [] : [evaluation]), ...data].flatMap(
      ({ notices }) => notices,
    ),
  ];
  return found.length === 0 ? ['The record names none.'] : [...new Set(found)];
}
