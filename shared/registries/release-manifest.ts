import { z } from 'zod';
import { SUBJECT_PATTERN } from '../names.ts';
import { FILE_ROLES, fileReferenceSchema, sha256Schema } from '../record/common.ts';
import { sha256Of } from './hashing.ts';
import { isVersionName } from './version-name.ts';

/** The asset that makes a release a version: what belongs to it, by digest. */
export const MANIFEST_ASSET = 'trainyard-manifest.json';
/** GitHub cuts a release's text above 125,000 characters. */
const MAX_BODY_CHARACTERS = 120_000;
const FRONT_MATTER = /^---\n[\s\S]*?\n---\n+/;
const EMBEDDED = /<!-- trainyard-manifest ([A-Za-z0-9+/=]+) -->\s*$/;

const countSchema = z.int().min(0);
const partSchema = z.strictObject({ asset: z.string().min(1), bytes: countSchema, sha256: sha256Schema });

export const releaseManifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  // Errors name them: what has another form is not repeated.
  model: z.string().regex(SUBJECT_PATTERN),
  version: z.string().refine(isVersionName, 'Invalid version'),
  modelDigest: sha256Schema,
  created: z.iso.datetime(),
  /** Each file is the concatenation of its parts; most have one. */
  files: z.array(
    z.strictObject({
      path: fileReferenceSchema.shape.path,
      role: z.enum(FILE_ROLES),
      bytes: countSchema,
      sha256: sha256Schema,
      parts: z.array(partSchema).min(1),
    }),
  ),
  card: partSchema,
  record: partSchema,
});
export type ReleaseManifest = z.infer<typeof releaseManifestSchema>;
export type ManifestPart = z.infer<typeof partSchema>;

/** A part of a file on this machine; `end` is exclusive. */
export interface PlannedPart {
  readonly start: number;
  readonly end: number;
  readonly suffix: string;
}

/** How a file of `bytes` is cut where no asset may reach `limitBytes`. */
export function planParts(bytes: number, limitBytes: number): PlannedPart[] {
  if (bytes < limitBytes) return [{ start: 0, end: bytes, suffix: '' }];
  // Just below the limit, in whole mebibytes where the limit has some.
  const size = limitBytes > 2 * 1024 * 1024 ? limitBytes - 1024 * 1024 : limitBytes - 1;
  return Array.from({ length: Math.ceil(bytes / size) }, (_, index) => ({
    start: index * size,
    end: Math.min(bytes, (index + 1) * size),
    suffix: `.part${String(index + 1).padStart(3, '0')}`,
  }));
}

/**
 * The name of a file's asset: its digest's first digits, so that a publish that goes on finds what is already there,
 * and its own name in the letters that GitHub leaves as they are.
 */
export function assetName(path: string, sha256: string, suffix = ''): string {
  const base = path.split('/').at(-1) ?? '';
  const plain = base
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(-100);
  return `${sha256.slice(0, 12)}-${plain === '' ? 'file' : plain}${suffix}`;
}

/**
 * The release's text: the card, and behind it the manifest in a comment, so that one request lists a hundred
 * versions. Readers believe it only where its digest is that of the asset.
 */
export function writeBody(card: string, manifest: string): string {
  const comment = `<!-- trainyard-manifest ${Buffer.from(manifest).toString('base64')} -->`;
  // A release's text is no file: its front matter would be shown as a heading.
  const shown = card.replace(FRONT_MATTER, '');
  const room = MAX_BODY_CHARACTERS - comment.length;
  if (room < 0) return shown.slice(0, MAX_BODY_CHARACTERS);
  return `${shown.slice(0, room)}\n\n${comment}`;
}

/** The manifest's text from a release's body, if it has the digest that GitHub computed of the asset. */
export function embeddedManifest(body: string, sha256: string | null): string | undefined {
  const found = EMBEDDED.exec(body)?.[1];
  if (found === undefined || sha256 === null) return undefined;
  const text = Buffer.from(found, 'base64').toString('utf8');
  return sha256Of(text) === sha256 ? text : undefined;
}

/** Every asset that a version needs. */
export function partsOf(manifest: ReleaseManifest): ManifestPart[] {
  return [...manifest.files.flatMap(({ parts }) => parts), manifest.card, manifest.record];
}
