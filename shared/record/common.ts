import { z } from 'zod';
import { OWNERS } from '../errors.ts';
import { KEY_PATTERN } from '../names.ts';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in 64 lower-case hex digits');
export const countSchema = z.int().min(0);

/** Where one file's bytes can be had. Paths are absolute and only good on the machine that wrote them. */
export const locationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), path: z.string() }),
  z.strictObject({ kind: z.literal('artifact'), artifact: z.string(), runId: z.string() }),
  z.strictObject({ kind: z.literal('registry'), registry: z.string(), version: z.string() }),
  /** A store that the user named (`directory:<path>`, `s3://<bucket>/<prefix>`), where the bytes lie by digest. */
  z.strictObject({ kind: z.literal('store'), store: z.string() }),
]);
export type Location = z.infer<typeof locationSchema>;

export const FILE_ROLES = ['model', 'predictions', 'metrics', 'checkpoint'] as const;
export type FileRole = (typeof FILE_ROLES)[number];

/** A file that travels by reference. `path` is relative to the working directory that wrote it, with `/`. */
export const fileReferenceSchema = z.strictObject({
  path: z.string().min(1),
  role: z.enum(FILE_ROLES),
  bytes: countSchema,
  sha256: sha256Schema,
  locations: z.array(locationSchema),
});
export type FileReference = z.infer<typeof fileReferenceSchema>;

/** The commit that a section speaks of, taken before anything ran. */
export const commitSchema = z.strictObject({
  /** `owner/name`; null in a terminal outside a GitHub repository. */
  repository: z.string().nullable(),
  headSha: z.string().nullable(),
  baseSha: z.string().nullable(),
  /** Git's hash of the tree that is checked out and tested (on a pull request, that of the merge commit). */
  treeHash: z.string().nullable(),
  ref: z.string().nullable(),
  event: z.string(),
  pullRequest: z.int().positive().nullable(),
  /** The pull request's head lies in another repository. */
  fork: z.boolean(),
  /** Tracked files differ from the commit. */
  dirty: z.boolean(),
  /** SHA-256 of the binary diff of tracked files; null where nothing differs. */
  patchDigest: sha256Schema.nullable(),
});
export type Commit = z.infer<typeof commitSchema>;

export const runSchema = z.strictObject({
  /** GitHub's run id; `terminal` in a terminal. */
  id: z.string().min(1),
  number: countSchema,
  attempt: z.int().positive(),
  url: z.string().nullable(),
  workflow: z.string().nullable(),
  job: z.string().nullable(),
  key: z.string().regex(KEY_PATTERN),
  actor: z.string().nullable(),
});
export type Run = z.infer<typeof runSchema>;

export const costSchema = z.strictObject({ usd: z.number().min(0), basis: z.string() });

/** Whose a failure is, and whom to ask. */
export const blameSchema = z.strictObject({
  owner: z.enum(OWNERS),
  message: z.string(),
  remedy: z.string().nullable(),
  /** The contract's owner, or the CODEOWNERS of the file at fault; null where neither is declared. */
  contact: z.string().nullable(),
});
export type Blame = z.infer<typeof blameSchema>;

/** A policy file (contract, gate file) and the commit that it was taken from. */
export const policySchema = z.strictObject({
  path: z.string(),
  digest: sha256Schema,
  /** `base` on pull_request and merge_group, `commit` on other events, `working-tree` in a terminal. */
  from: z.enum(['base', 'commit', 'head', 'working-tree']),
  /** The SHA it was read at; null for the working tree. */
  ref: z.string().nullable(),
  /** The base has no such file: it is shown and run, with at most `inconclusive`. */
  newInHead: z.boolean(),
  /** Unified diff from the policy in force to the one proposed; null where they are equal. */
  diff: z.string().nullable(),
});
export type Policy = z.infer<typeof policySchema>;

/** A place in a file of the repository, for an annotation. */
export const placeSchema = z.strictObject({ file: z.string(), line: z.int().positive() });
