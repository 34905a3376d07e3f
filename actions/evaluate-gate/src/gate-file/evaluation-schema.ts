import { z } from 'zod';
import { className, columnList, MAX_CLASSES, name, repeated } from './names.ts';

const optionalColumn = name.nullish().transform((value) => value ?? undefined);

/** Keys that say something of the rows that the gate examines the model on, and nothing without them. */
const OF_ROWS = ['rows-sha256', 'features', 'outputs'] as const;

/** Keys that speak of labels or predictions, and need to know their columns. */
const OF_LABELS = ['scores', 'positive', 'labels', 'rows'] as const;

const shape = z.strictObject({
  predictions: name.optional(),
  id: name,
  label: name.optional(),
  prediction: name.optional(),
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
  .meta({
    dependentRequired: {
      ...Object.fromEntries(OF_ROWS.map((key) => [key, ['rows']])),
      ...Object.fromEntries(OF_LABELS.map((key) => [key, ['label', 'prediction']])),
      label: ['prediction'],
      prediction: ['label'],
    },
  })
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
    for (const [key, other] of [
      ['label', 'prediction'],
      ['prediction', 'label'],
    ] as const) {
      if (evaluation[key] !== undefined && evaluation[other] === undefined) {
        problem(
          key,
          `is given without "${other}"; give both, or neither where the rows have scores of their own`,
        );
      }
    }
    for (const key of OF_LABELS) {
      const value = evaluation[key];
      const given = Array.isArray(value) ? value.length > 0 : value !== undefined;
      if (given && label === undefined && evaluation.prediction === undefined) {
        problem(key, 'is given without "label" and "prediction", the columns that it speaks of');
      }
    }
    if (label !== undefined && features?.includes(label) === true) {
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
