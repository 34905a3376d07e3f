import { z } from 'zod';
import { className, givenName, MAX_CLASSES, name } from './names.ts';

const MAX_EDGES = 100;
const MAX_PREDICATE_CHARACTERS = 10_000;
const NO_PREDICATE = 'must be a predicate in SQL, as in "age >= 65"';
const KINDS = ['column', 'where', 'all'] as const;

const sliceSchema = z
  .strictObject({
    column: name.optional(),
    values: z.array(className).min(1, 'names no value').max(MAX_CLASSES).optional(),
    bins: z
      .array(z.number('must be a number'))
      .min(1, 'has no edge; write where one range ends and the next begins, as in [18, 65]')
      .max(MAX_EDGES)
      .optional(),
    where: z.string(NO_PREDICATE).min(1, NO_PREDICATE).max(MAX_PREDICATE_CHARACTERS).optional(),
    all: z
      .array(name)
      .min(2, 'names fewer than two; an intersection is of two families or more')
      .max(8)
      .optional(),
  })
  .meta({
    oneOf: KINDS.map((key) => ({ required: [key] })),
    dependentRequired: { values: ['column'], bins: ['column'] },
    not: { required: ['values', 'bins'] },
  })
  .superRefine((slice, context) => {
    const problem = (path: string[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    const given = KINDS.filter((key) => slice[key] !== undefined);
    if (given.length !== 1) {
      const has =
        given.length === 0 ? 'says of no rows' : `has ${given.map((key) => `"${key}"`).join(' and ')}`;
      problem([], `${has}; give exactly one of "column", "where" and "all"`);
      return;
    }
    for (const key of ['values', 'bins'] as const) {
      if (slice[key] !== undefined && slice.column === undefined) {
        problem([key], 'is given without "column"');
      }
    }
    if (slice.values !== undefined && slice.bins !== undefined) {
      problem(['bins'], 'is given beside "values"; a column is cut by one of them');
    }
    const { bins = [], values = [], all = [] } = slice;
    const falling = bins.findIndex((edge, index) => index > 0 && edge <= (bins[index - 1] ?? edge));
    if (falling > 0) {
      problem(
        ['bins'],
        `is not ascending: ${String(bins[falling])} comes after ${String(bins[falling - 1])}`,
      );
    }
    if (new Set(values).size !== values.length) problem(['values'], 'names a value twice');
    if (new Set(all).size !== all.length) problem(['all'], 'names a family twice');
  });

export const slicesSchema = z.record(givenName, sliceSchema);

export type RawSlices = z.infer<typeof slicesSchema>;
