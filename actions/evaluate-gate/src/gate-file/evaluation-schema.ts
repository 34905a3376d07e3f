import { z } from 'zod';
import { className, columnList, MAX_CLASSES, name, repeated } from './names.ts';

const optionalColumn = name.nullish().transform((value) => value ?? undefined);

/** Keys that say something of the rows that the gate examines the model on, and nothing without them. */
const OF_ROWS = ['rows-sha256', 'features', 'outputs'] as const;

const shape = z.strictObject({
  predictions: name.optional(),
  id: name,
  label: name,
  prediction: name,
  scores: columnList.default([]),
  positive: className.optional(),
  labels: z.array(className).min(2, 'must name at least two classes').max(MAX_CLASSES).optional(),
  weight: optionalColumn,
  group: optionalColumn,
  rows: name.optional(),
  'rows-sha256': z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is no SHA-256: 64 digits of 0-9 and a-f, as sha256sum prints it')
    .optional(),
  features: columnList.min(1, 'is empty; leave it out for all columns that have no other role').optional(),
  outputs: z.strictObject({ prediction: name.optional(), scores: name.optional() }).optional(),
  'accept-self-reported': z.boolean('must be true or false').optional(),
});

export const evaluationSchema = shape
  .meta({ dependentRequired: Object.fromEntries(OF_ROWS.map((key) => [key, ['rows']])) })
  .superRefine((evaluation, context) => {
    const { scores, labels, positive, features, label } = evaluation;
    const problem = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (labels !== undefined && repeated(labels) !== undefined) problem('labels', 'names a class twice');
    if (repeated(scores) !== undefined) problem('scores', 'names a column twice');
    if (scores.length === 1 && positive === undefined) {
      problem('scores', 'has one column; add "positive", the class whose score it holds');
    }
    if (scores.length > 1 && labels?.length !== scores.length) {
      problem(
        'scores',
        `has ${scores.length} columns; add "labels" with the ${scores.length} classes in their order`,
      );
    }
    if (positive !== undefined && labels !== undefined && !labels.includes(positive)) {
      problem('positive', 'is none of "labels"');
    }
    if (features !== undefined && repeated(features) !== undefined)
      problem('features', 'names a column twice');
    if (features?.includes(label) === true) {
      problem('features', `names "${label}", the label: no model may be given what it is to tell`);
    }
    const star = features?.find((feature) => feature.slice(0, -1).includes('*'));
    if (star !== undefined) problem('features', `has "${star}"; a * is accepted at the end of a name only`);
    for (const key of OF_ROWS) {
      if (evaluation[key] !== undefined && evaluation.rows === undefined) {
        problem(key, 'is given without "rows", the file of evaluation rows with their labels');
      }
    }
  });

export type RawEvaluation = z.infer<typeof evaluationSchema>;
