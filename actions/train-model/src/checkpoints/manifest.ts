import { posix } from 'node:path';
import { z } from 'zod';
import { SUBJECT_PATTERN } from '../../../../shared/names.ts';
import { countSchema, sha256Schema } from '../../../../shared/record/common.ts';
import { canonicalDigest } from '../../../../shared/record/digest.ts';
import { attemptSchema, seriesSchema } from '../../../../shared/record/training-section.ts';

export const MANIFEST_FILE = 'manifest.json';
/** A series of a thousand points for each of some hundred metrics is below this by far. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
/** What is larger goes into a store of its own, not through artifacts. */
export const MAX_CHECKPOINT_BYTES = 100 * 1024 ** 3;
const MAX_FILES = 10_000;

/** Written plainly, below its folder, and none of our own names. */
export function isPlainPath(path: string): boolean {
  return (
    !/[\0\\]/.test(path) &&
    !posix.isAbsolute(path) &&
    !/^[A-Za-z]:/.test(path) &&
    posix.normalize(path) === path &&
    !path.endsWith('/') &&
    path !== '.' &&
    path.split('/')[0] !== '..'
  );
}

/** Where a link of a checkpoint points, relative to its folder; undefined where that lies outside. */
export function targetWithin(path: string, target: string): string | undefined {
  if (posix.isAbsolute(target) || /[\0\\]/.test(target)) return undefined;
  const joined = posix.normalize(posix.join(posix.dirname(path), target)).replace(/\/$/, '');
  return isPlainPath(joined) ? joined : undefined;
}

const pathSchema = z.string().min(1).max(1_000).refine(isPlainPath, 'a path that stays inside the folder');

export const manifestSchema = z
  .strictObject({
    version: z.literal(1),
    /** The model. */
    subject: z.string().regex(SUBJECT_PATTERN),
    submissionKey: z.string().regex(/^[0-9a-f]{40}$/),
    generation: z.int().positive(),
    attempt: z.int().positive(),
    sequence: z.int().positive(),
    createdAt: z.iso.datetime(),
    /** The last step of the series; null where none is known. */
    step: z.number().nullable(),
    /** The series up to here, over all attempts. */
    series: z.array(seriesSchema).max(1_000),
    attempts: z.array(attemptSchema).max(1_000),
    files: z
      .array(z.strictObject({ path: pathSchema, bytes: countSchema, sha256: sha256Schema }))
      .max(MAX_FILES),
    /** Symbolic links inside the folder, such as `last.ckpt`; they lead to something inside. */
    links: z.array(z.strictObject({ path: pathSchema, target: z.string().min(1).max(1_000) })).max(MAX_FILES),
  })
  .superRefine(({ files, links }, context) => {
    const paths = [...files, ...links].map(({ path }) => path);
    const known = new Set(paths);
    // On a disk that knows no case two such files would be one.
    if (new Set(paths.map((path) => path.toLowerCase())).size < paths.length) {
      context.addIssue({ code: 'custom', message: 'names a path twice' });
    }
    const below = paths.some((path) =>
      path.split('/').some((_, index, words) => index > 0 && known.has(words.slice(0, index).join('/'))),
    );
    if (below) context.addIssue({ code: 'custom', message: 'names a path below a file or a link' });
    if (links.some(({ path, target }) => targetWithin(path, target) === undefined)) {
      context.addIssue({ code: 'custom', message: 'has a link that leaves the folder' });
    }
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > MAX_CHECKPOINT_BYTES) context.addIssue({ code: 'custom', message: 'is too large' });
  });
export type Manifest = z.infer<typeof manifestSchema>;

/** Names what lies in a folder of checkpoints: equal digests are equal folders. */
export function contentDigest({ files, links }: Pick<Manifest, 'files' | 'links'>): string {
  const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
  return canonicalDigest({ files: [...files].sort(byPath), links: [...links].sort(byPath) });
}

/** Reads a manifest; a text where it is none, which closes "its manifest". Names nothing of what it holds. */
export function parseManifest(text: string): Manifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [place] = issue?.path ?? [];
  const at = typeof place === 'string' && Object.hasOwn(manifestSchema.shape, place) ? ` at "${place}"` : '';
  return issue?.code === 'custom' && issue.path.length === 0
    ? issue.message
    : `is not as Trainyard writes it${at}`;
}
