import { z } from 'zod';
import type { Limit } from './gate-file.ts';

const SHARE = /^\d+(\.\d+)? ?%$/;
const NO_LIMIT = 'is no limit. Accepted: a number, as in 0.01, or a share, as in 5%';

const isShare = (value: unknown): value is string => typeof value === 'string' && SHARE.test(value);
const shareOf = (text: string): number => Number(text.replace('%', '')) / 100;

const absolute = (value: number): Limit => ({ text: String(value), value, relative: false });

interface Told {
  readonly error: (issue: { readonly input?: unknown }) => string;
}

/** Said of a number that is not one of the accepted; of a share that it is none. */
const noAbsolute = (accepted: string): Told => ({
  error: ({ input }) =>
    isShare(input)
      ? `is "${input}"; a share is only accepted by limits against the baseline. Write ${shareOf(input)}, in the metric's unit`
      : `is no limit. Accepted: ${accepted}`,
});

/** Says what was given, and what is accepted. */
const outside = (accepted: string): Told => ({
  error: ({ input }) => `is ${String(input)}; accepted are ${accepted}`,
});

/** A bound on a value, in the metric's unit. */
export const absoluteLimit = z.number(noAbsolute('a number, as in 0.01')).transform(absolute);

/** A bound on a change against the baseline, in the metric's unit or as a share of the baseline's value. */
export const changeLimit = z
  .union(
    [z.number().min(0, outside('0 and more: limits have no sign')), z.string().regex(SHARE, NO_LIMIT)],
    NO_LIMIT,
  )
  .transform((value): Limit =>
    typeof value === 'number' ? absolute(value) : { text: value, value: shareOf(value), relative: true },
  );

/** The greatest gap between groups. */
export const gapLimit = z
  .number(noAbsolute('a number, as in 0.05'))
  .min(0, outside('0 and more'))
  .transform(absolute);

/** The least ratio of two groups. */
export const ratioLimit = z
  .number(noAbsolute('a number, as in 0.8'))
  .gt(0, outside('ratios above 0 and up to 1'))
  .max(1, outside('ratios above 0 and up to 1'))
  .transform(absolute);

const NO_AMOUNT = 'is no limit. Accepted: a number from 0 on';

/** What may be spent at most, in the unit that the key names. */
export const amountLimit = z.number(NO_AMOUNT).min(0, NO_AMOUNT).transform(absolute);

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};
const SIZE = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;
const NO_SIZE = 'is no size. Accepted: a number of bytes, or one with a unit, as in 10MB or 10MiB';

/** A size in bytes. */
export const sizeLimit = z
  .union([z.number().min(0, NO_SIZE), z.string().regex(SIZE, NO_SIZE)], NO_SIZE)
  .transform((value): Limit => {
    if (typeof value === 'number') return absolute(value);
    const [, digits = '', unit = ''] = SIZE.exec(value) ?? [];
    return { text: value, value: Number(digits) * (UNITS[unit] ?? 1), relative: false };
  });
