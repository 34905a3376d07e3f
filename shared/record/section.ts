import { z } from 'zod';
import { SubjectError } from '../errors.ts';
import { type Kind, SUBJECT_PATTERN } from '../names.ts';
import { VERDICTS } from '../verdict.ts';
import { blameSchema, commitSchema, costSchema, runSchema } from './common.ts';
import { dataBodySchema } from './data-section.ts';
import { deploymentBodySchema } from './deployment-section.ts';
import { evaluationBodySchema } from './evaluation-section.ts';
import { publicationBodySchema } from './publication-section.ts';
import { trainingBodySchema } from './training-section.ts';

/** The version of the sections' format; a reader refuses any other. */
export const SCHEMA_VERSION = 1;

const head = {
  schemaVersion: z.literal(SCHEMA_VERSION),
  /** The model's name, or in a data section the dataset's. */
  subject: z.string().regex(SUBJECT_PATTERN),
  /** The dataset that a model's section was made from; null where it is unknown. */
  dataset: z.string().regex(SUBJECT_PATTERN).nullable(),
  verdict: z.enum(VERDICTS),
  /** What `skipped` stands for; equal to `verdict === 'pass'` for all others. */
  passed: z.boolean(),
  /** One sentence for people: why this verdict. */
  summary: z.string(),
  blame: blameSchema.nullable(),
  /** Things a reader should know that no rule judges: `policy-from: head`, no comment, self-reported. */
  notices: z.array(z.string()),
  created: z.iso.datetime(),
  durationMs: z.number().min(0),
  cost: costSchema.nullable(),
  commit: commitSchema,
  run: runSchema,
};

/** A body is null only where an action ended before it could measure anything (verdict `error` or `skipped`). */
export const sectionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('data'), ...head, body: dataBodySchema.nullable() }),
  z.strictObject({ kind: z.literal('training'), ...head, body: trainingBodySchema.nullable() }),
  z.strictObject({ kind: z.literal('evaluation'), ...head, body: evaluationBodySchema.nullable() }),
  z.strictObject({ kind: z.literal('publication'), ...head, body: publicationBodySchema.nullable() }),
  z.strictObject({ kind: z.literal('deployment'), ...head, body: deploymentBodySchema.nullable() }),
]);

export type Section = z.infer<typeof sectionSchema>;
export type SectionOf<K extends Kind> = Extract<Section, { kind: K }>;
export type BodyOf<K extends Kind> = NonNullable<SectionOf<K>['body']>;

/** Reads a section from JSON text. A text that is no section is an error that names `source` and the key. */
export function parseSection(text: string, source: string): Section {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new SubjectError('data', `The section of the record in ${source} is not JSON.`, { cause });
  }
  const parsed = sectionSchema.safeParse(document);
  if (parsed.success) {
    const { verdict, passed } = parsed.data;
    if (verdict === 'skipped' || passed === (verdict === 'pass')) return parsed.data;
    throw new SubjectError(
      'data',
      `The section of the record in ${source} contradicts itself: verdict "${verdict}" and passed ${passed}.`,
      { remedy: 'No step of Trainyard writes that: run the action that writes it again.' },
    );
  }
  const issue = parsed.error.issues[0];
  const place = issue === undefined ? '' : ` at "${issue.path.join('.')}": ${issue.message}`;
  throw new SubjectError('data', `The section of the record in ${source} is not valid${place}.`, {
    remedy: 'Run the action that writes it again, with the same version of Trainyard in all steps.',
  });
}
