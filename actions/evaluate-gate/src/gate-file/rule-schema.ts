import { z } from 'zod';
import { SEVERITIES } from '../../../../shared/verdict.ts';
import { type Mode, ON_INCONCLUSIVE, ON_MISSING, TESTS } from './gate-file.ts';
import { absoluteLimit, changeLimit, gapLimit, ratioLimit } from './limits.ts';
import { columnList, name } from './names.ts';

/** The keys of a rule that bound something, and what each bounds. */
export const MODE_OF_KEY = {
  min: 'minimum',
  max: 'maximum',
  'max-regression': 'max-regression',
  'min-improvement': 'min-improvement',
  'max-improvement': 'max-improvement',
} as const satisfies Readonly<Record<string, Mode>>;

export const BOUND_KEYS = ['min', 'max', 'max-regression', 'min-improvement', 'max-improvement'] as const;
export const FAIRNESS_KEYS = ['max-difference', 'min-ratio'] as const;

const NO_ALPHA = 'must be from 0.000001 and below 0.5: the error rate of one claim';
// Much less, and 1 - 2α is 1 in floating point, the level of an interval that holds everything.
export const alpha = z.number('must be a number').min(1e-6, NO_ALPHA).lt(0.5, NO_ALPHA);
export const minEffect = z.number('must be a number').min(0, 'must be 0 or more, in the unit of the metric');
export const minSliceSize = z.int().min(1, 'must be at least 1');

const fairnessSchema = z
  .strictObject({ by: name, 'max-difference': gapLimit.optional(), 'min-ratio': ratioLimit.optional() })
  .meta({ anyOf: FAIRNESS_KEYS.map((key) => ({ required: [key] })) })
  .superRefine((fairness, context) => {
    if (FAIRNESS_KEYS.some((key) => fairness[key] !== undefined)) return;
    const message = 'has no limit; add "max-difference" or "min-ratio"';
    context.addIssue({ code: 'custom', path: [], message });
  });

export const ruleSchema = z
  .strictObject({
    metric: name,
    direction: z.enum(['higher', 'lower']).optional(),
    min: absoluteLimit.optional(),
    max: absoluteLimit.optional(),
    'max-regression': changeLimit.optional(),
    'min-improvement': changeLimit.optional(),
    'max-improvement': changeLimit.optional(),
    test: z.enum(TESTS).optional(),
    alpha: alpha.optional(),
    'min-effect': minEffect.optional(),
    slices: columnList.optional(),
    'min-slice-size': minSliceSize.optional(),
    fairness: fairnessSchema.optional(),
    'on-missing': z.enum(ON_MISSING).default('error'),
    'on-inconclusive': z.enum(ON_INCONCLUSIVE).optional(),
    severity: z.enum(SEVERITIES).default('error'),
  })
  .meta({
    anyOf: [...BOUND_KEYS, 'fairness'].map((key) => ({ required: [key] })),
    not: { required: ['max-regression', 'min-improvement'] },
  })
  .superRefine((rule, context) => {
    if (rule.fairness !== undefined || BOUND_KEYS.some((key) => rule[key] !== undefined)) return;
    const message = `bounds nothing; add ${BOUND_KEYS.map((key) => `"${key}"`).join(', ')} or "fairness"`;
    context.addIssue({ code: 'custom', path: [], message });
  });

export type RawRule = z.infer<typeof ruleSchema>;
