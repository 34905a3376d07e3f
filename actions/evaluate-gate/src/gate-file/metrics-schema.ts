import { z } from 'zod';
import { amountLimit, sizeLimit } from './limits.ts';
import { className, givenName, name } from './names.ts';

const MAX_SQL_CHARACTERS = 10_000;
const NO_SQL = 'must be an aggregate in SQL, as in "avg(delay > 5)"';
const KINDS = ['column', 'preference', 'sql'] as const;

const metricSchema = z
  .strictObject({
    column: name.optional(),
    preference: name.optional(),
    sql: z.string(NO_SQL).min(1, NO_SQL).max(MAX_SQL_CHARACTERS).optional(),
    direction: z.enum(['higher', 'lower']).optional(),
  })
  .meta({
    oneOf: KINDS.map((key) => ({ required: [key] })),
    anyOf: ['preference', 'direction'].map((key) => ({ required: [key] })),
  })
  .superRefine((metric, context) => {
    const given = KINDS.filter((key) => metric[key] !== undefined);
    const problem = (message: string): void => context.addIssue({ code: 'custom', path: [], message });
    if (given.length !== 1) {
      const has =
        given.length === 0 ? 'is of nothing' : `has ${given.map((key) => `"${key}"`).join(' and ')}`;
      problem(`${has}; give exactly one of "column", "preference" and "sql"`);
    } else if (metric.direction === undefined && metric.preference === undefined) {
      problem('needs "direction": higher or lower, whichever is better');
    }
  });

export const metricsSchema = z.record(givenName, metricSchema);

export type RawMetrics = z.infer<typeof metricsSchema>;

const MAX_COSTS = 10_000;

export const utilitySchema = z
  .strictObject({
    currency: givenName,
    costs: z
      .array(z.strictObject({ label: className, prediction: className, cost: z.number('must be a number') }))
      .min(1, 'is empty; list what each kind of error costs')
      .max(MAX_COSTS),
  })
  .superRefine(({ costs }, context) => {
    const seen = new Set<string>();
    costs.forEach(({ label, prediction }, index) => {
      const pair = JSON.stringify([label, prediction]);
      if (seen.has(pair)) {
        const message = `costs label ${label} with prediction ${prediction} a second time`;
        context.addIssue({ code: 'custom', path: ['costs', index], message });
      }
      seen.add(pair);
    });
  });

/** What is measured once for a model, and is better where it is less; points are compared. */
const BUDGET = {
  'latency-p50-ms': amountLimit,
  'latency-p95-ms': amountLimit,
  'latency-p99-ms': amountLimit,
  'model-bytes': sizeLimit,
  'model-parameters': amountLimit,
  'training-cost-usd': amountLimit,
  'training-energy-kwh': amountLimit,
} as const;

export const budgetSchema = z.strictObject(BUDGET).partial();

export type RawBudget = z.infer<typeof budgetSchema>;
