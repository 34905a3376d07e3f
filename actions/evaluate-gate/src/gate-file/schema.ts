import { z } from 'zod';
import { SEVERITIES } from '../../../../shared/verdict.ts';
import { type BaselineSource, type Limit, ON_MISSING } from './gate-file.ts';

const MAX_RULES = 500;
const MAX_CLASSES = 1000;

/** Keys of the canonical gate file that this version does not read; an error says so instead of "unknown". */
export const LATER_KEYS: Readonly<Record<string, string>> = {
  alpha: 'intervals come in a later version',
  power: 'intervals come in a later version',
  seed: 'intervals come in a later version',
  replicates: 'intervals come in a later version',
  'on-inconclusive': 'set the input "on-inconclusive" of the step',
  'min-slice-size': 'slices come in a later version',
  slices: 'slices come in a later version',
  fairness: 'slices come in a later version',
  'max-improvement': 'comparisons other than max-regression come in a later version',
  'min-improvement': 'comparisons other than max-regression come in a later version',
  'negative-control': 'the negative control comes in a later version',
};

const name = z.string('must be a name in text').min(1, 'must be a name in text');
/** YAML reads `labels: [0, 1]` as numbers; classes are compared as text. */
const className = z
  .union([z.string().min(1), z.number(), z.boolean()], 'must be a class: text, a number, true or false')
  .transform(String);

const defaultsSchema = z.strictObject({ 'min-cell-size': z.int().min(0).default(10) });

const evaluationSchema = z
  .strictObject({
    predictions: name.optional(),
    id: name,
    label: name,
    prediction: name,
    scores: z.array(name).max(MAX_CLASSES).default([]),
    positive: className.optional(),
    labels: z.array(className).min(2, 'must name at least two classes').max(MAX_CLASSES).optional(),
    weight: name.nullish().transform((value) => value ?? undefined),
  })
  .superRefine(({ scores, labels, positive }, context) => {
    const problem = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (labels !== undefined && new Set(labels).size !== labels.length)
      problem('labels', 'names a class twice');
    if (new Set(scores).size !== scores.length) problem('scores', 'names a column twice');
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
  });

const ACCEPTED_BASELINES = 'Accepted: production, candidate, version:<v>, file:<path>';

const sourceSchema = z
  .string('must be text: production, candidate, version:<v> or file:<path>')
  .transform((text, context): BaselineSource => {
    if (text === 'production' || text === 'candidate') return { kind: 'alias', alias: text, text };
    const [, kind, rest = ''] = /^(version|file):(.+)$/.exec(text) ?? [];
    if (kind === 'file') return { kind, path: rest, text };
    if (kind === 'version' && /^v[1-9]\d*$/.test(rest)) return { kind, version: rest, text };
    const later = /^(branch|run):/.test(text) ? '; branches and runs come in a later version' : '';
    context.addIssue({
      code: 'custom',
      message: `is "${text}". ${ACCEPTED_BASELINES}, as in version:v3${later}`,
    });
    return z.NEVER;
  });

const baselineSchema = z.strictObject({
  from: sourceSchema.prefault('production'),
  'on-no-baseline': z.enum(['allow', 'fail']).default('fail'),
});

const SHARE = /^\d+(\.\d+)? ?%$/;

const NO_LIMIT = 'is no limit. Accepted: a number, as in 0.01, or a share, as in 5%';

const limitSchema = z
  .union([z.number(), z.string().regex(SHARE, NO_LIMIT)], NO_LIMIT)
  .transform((value): Limit =>
    typeof value === 'number'
      ? { text: String(value), value, relative: false }
      : { text: value, value: Number(value.replace('%', '')) / 100, relative: true },
  );

const absoluteSchema = limitSchema.superRefine((limit, context) => {
  if (!limit.relative) return;
  context.addIssue({
    code: 'custom',
    message: `is "${limit.text}"; a share is only accepted by "max-regression". Write ${limit.value}, in the metric's unit`,
  });
});

const regressionSchema = limitSchema.superRefine((limit, context) => {
  if (limit.value >= 0) return;
  context.addIssue({
    code: 'custom',
    message: `is ${limit.text}; accepted are 0 and more: by how much it may get worse`,
  });
});

const NO_TEST =
  'must be written as "test: none": points are compared; intervals and tests come in a later version';

const ruleSchema = z
  .strictObject({
    metric: name,
    direction: z.enum(['higher', 'lower']).optional(),
    min: absoluteSchema.optional(),
    max: absoluteSchema.optional(),
    'max-regression': regressionSchema.optional(),
    test: z.literal('none', NO_TEST),
    severity: z.enum(SEVERITIES).default('error'),
    'on-missing': z.enum(ON_MISSING).default('error'),
  })
  .superRefine((rule, context) => {
    const { min, max } = rule;
    if (min === undefined && max === undefined && rule['max-regression'] === undefined) {
      context.addIssue({
        code: 'custom',
        path: [],
        message: 'bounds nothing; add "min", "max" or "max-regression"',
      });
    }
    if (min !== undefined && max !== undefined && min.value > max.value) {
      context.addIssue({
        code: 'custom',
        path: ['min'],
        message: `is ${min.text}, above "max" (${max.text})`,
      });
    }
  });

export const gateFileSchema = z.strictObject({
  version: z.literal(1, 'is not known; this version of Trainyard reads version 1'),
  defaults: defaultsSchema.prefault({}),
  evaluation: evaluationSchema.optional(),
  baseline: baselineSchema.prefault({}),
  rules: z
    .array(ruleSchema)
    .min(1, 'is empty; a gate without rules would let everything pass')
    .max(MAX_RULES),
});

/** The keys that an object at `path` accepts; undefined where there is none. */
export function acceptedKeys(path: readonly PropertyKey[]): readonly string[] | undefined {
  const [first] = path;
  if (first === undefined) return Object.keys(gateFileSchema.shape);
  if (first === 'defaults') return Object.keys(defaultsSchema.shape);
  if (first === 'evaluation') return Object.keys(evaluationSchema.shape);
  if (first === 'baseline') return Object.keys(baselineSchema.shape);
  return first === 'rules' && path.length === 2 ? Object.keys(ruleSchema.shape) : undefined;
}
