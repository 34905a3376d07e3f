import { z } from 'zod';
import {
  authoritativeDefinitionsSchema,
  customPropertiesSchema,
  openObjectSchema,
  stableIdSchema,
  tagsSchema,
} from './odcs-parts.ts';

export const METRICS = [
  'nullValues',
  'missingValues',
  'invalidValues',
  'duplicateValues',
  'rowCount',
] as const;
export type Metric = (typeof METRICS)[number];

const pairSchema = z.tuple([z.number(), z.number()]).refine(([a, b]) => a !== b, 'two different numbers');

/** All operators of the standard, each with what it is compared with. */
export const OPERATOR_VALUES = {
  mustBe: z.unknown(),
  mustNotBe: z.unknown(),
  mustBeGreaterThan: z.number(),
  mustBeGreaterOrEqualTo: z.number(),
  mustBeLessThan: z.number(),
  mustBeLessOrEqualTo: z.number(),
  mustBeBetween: pairSchema,
  mustNotBeBetween: pairSchema,
} as const;
export type Operator = keyof typeof OPERATOR_VALUES;
export const OPERATORS = Object.keys(OPERATOR_VALUES) as Operator[];

const BASE = {
  id: stableIdSchema.optional(),
  authoritativeDefinitions: authoritativeDefinitionsSchema.optional(),
  businessImpact: z.string().optional(),
  customProperties: customPropertiesSchema.optional(),
  description: z.string().optional(),
  dimension: z
    .enum(['accuracy', 'completeness', 'conformity', 'consistency', 'coverage', 'timeliness', 'uniqueness'])
    .optional(),
  method: z.string().optional(),
  name: z.string().optional(),
  schedule: z.string().optional(),
  scheduler: z.string().optional(),
  severity: z.string().optional(),
  tags: tagsSchema.optional(),
  type: z.enum(['text', 'library', 'sql', 'custom']).optional(),
  unit: z.string().optional(),
};

/** Keys that a rule has by its kind; operators come with `library` and `sql`. */
const LIBRARY_KEYS = ['metric', 'rule', 'arguments'];
const SQL_KEYS = ['query'];
const CUSTOM_KEYS = ['engine', 'implementation'];

/** One rule of quality. A rule with a metric is one of the library, whatever its type. */
export const qualitySchema = z
  .strictObject({
    ...BASE,
    metric: z.enum(METRICS).optional(),
    rule: z.string().optional(),
    arguments: openObjectSchema.optional(),
    query: z.string().optional(),
    engine: z.string().optional(),
    implementation: z.union([z.string(), openObjectSchema]).optional(),
    mustBe: z.unknown().optional(),
    mustNotBe: z.unknown().optional(),
    mustBeGreaterThan: z.number().optional(),
    mustBeGreaterOrEqualTo: z.number().optional(),
    mustBeLessThan: z.number().optional(),
    mustBeLessOrEqualTo: z.number().optional(),
    mustBeBetween: pairSchema.optional(),
    mustNotBeBetween: pairSchema.optional(),
  })
  .superRefine((rule, context) => {
    const isLibrary = rule.type === 'library' || rule.metric !== undefined;
    const isSql = rule.type === 'sql';
    const isCustom = rule.type === 'custom';
    const required = [
      ...(isLibrary ? ['metric'] : []),
      ...(isSql ? SQL_KEYS : []),
      ...(isCustom ? CUSTOM_KEYS : []),
    ];
    const allowed = new Set<string>([
      ...Object.keys(BASE),
      ...(isLibrary ? LIBRARY_KEYS : []),
      ...required,
      ...(isLibrary || isSql ? OPERATORS : []),
    ]);
    const refuse = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    for (const key of required)
      if (!Object.hasOwn(rule, key)) refuse(key, `required for type ${rule.type ?? 'library'}`);
    for (const key of Object.keys(rule)) {
      if (!allowed.has(key)) refuse(key, `not a key of a rule of type ${rule.type ?? 'text'}`);
    }
    const operators = OPERATORS.filter((operator) => Object.hasOwn(rule, operator));
    if ((isLibrary || isSql) && operators.length !== 1) {
      refuse('metric', `exactly one operator is required, of ${OPERATORS.join(', ')}`);
    }
  });
export type QualityRule = z.infer<typeof qualitySchema>;
