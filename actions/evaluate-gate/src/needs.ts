import { z } from 'zod';
import { UsageError } from '../../../shared/errors.ts';

/** How a job ended, as the context `needs` has it (GitHub Docs, "Contexts reference", needs context). */
const JOB_RESULTS = ['success', 'failure', 'cancelled', 'skipped'] as const;

const needsSchema = z.record(
  z.string(),
  z.object({ result: z.enum(JOB_RESULTS), outputs: z.record(z.string(), z.string()).default({}) }),
);

export interface NeededJob {
  readonly job: string;
  readonly result: (typeof JOB_RESULTS)[number];
  readonly outputs: Readonly<Record<string, string>>;
}
export type Needs = readonly NeededJob[];

/** Reads `${{ toJSON(needs) }}`: the jobs that this one waited for, and how each ended. */
export function readNeeds(text: string | undefined): Needs | undefined {
  if (text === undefined) return undefined;
  const refuse = (what: string, cause?: unknown): UsageError =>
    new UsageError(`Input "needs" ${what}.`, {
      remedy:
        'Give it as "needs: ${{ toJSON(needs) }}", in a job whose "needs:" names the jobs of the gates.',
      ...(cause === undefined ? {} : { cause }),
    });
  let document: unknown;
  const hidden: string[] = [];
  try {
    document = JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') hidden.push(key);
      return value;
    });
  } catch (cause) {
    throw refuse('is no JSON', cause);
  }
  // A schema of names and values leaves out `__proto__` without a word; no job may be left out so.
  if (hidden.length > 0) throw refuse('names a job "__proto__"');
  const read = needsSchema.safeParse(document);
  if (!read.success) {
    const place = read.error.issues[0]?.path.map(String).join('.') ?? '';
    throw refuse(`does not tell how jobs ended${place === '' ? '' : `, at "${place}"`}`);
  }
  const jobs = Object.entries(read.data).map(([job, ended]) => ({ job, ...ended }));
  if (jobs.length === 0) throw refuse('names no job');
  return jobs;
}
