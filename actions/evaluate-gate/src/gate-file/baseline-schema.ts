import { z } from 'zod';
import type { BaselineSource } from './gate-file.ts';

const ACCEPTED = 'production, candidate, version:<v>, branch:<name>, run:<id>, file:<path>';

/** What git refuses in the name of a branch (git-check-ref-format(1)), as far as it could be mistaken for something else. */
const NO_BRANCH = String.raw`(?!.*(?:\.\.|//|@\{|\.lock$|[/.]$))[^\s~^:?*\[\\\p{Cc}\-/][^\s~^:?*\[\\\p{Cc}]*`;
const SOURCE = new RegExp(
  String.raw`^(?:production|candidate|version:v[1-9][0-9]*|branch:${NO_BRANCH}|run:[1-9][0-9]*|file:.+)$`,
  'u',
);

const sourceSchema = z
  .string(`must be text: ${ACCEPTED}`)
  .regex(SOURCE, {
    error: ({ input }) =>
      `is "${String(input)}". Accepted: ${ACCEPTED}, as in version:v3, branch:main or run:123`,
  })
  .transform((text): BaselineSource => {
    if (text === 'production' || text === 'candidate') return { kind: 'alias', alias: text, text };
    const rest = text.slice(text.indexOf(':') + 1);
    if (text.startsWith('version:')) return { kind: 'version', version: rest, text };
    if (text.startsWith('branch:')) return { kind: 'branch', branch: rest, text };
    if (text.startsWith('run:')) return { kind: 'run', runId: rest, text };
    return { kind: 'file', path: rest, text };
  });

/** Where the file names none. Unlike "production" that is written out, it goes on where there is no such version. */
export const DEFAULT_BASELINE: BaselineSource = {
  kind: 'default',
  text: 'production, else candidate, else the base branch',
};

export const baselineSchema = z.strictObject({
  from: sourceSchema.optional(),
  'on-no-baseline': z.enum(['allow', 'fail']).default('fail'),
});
