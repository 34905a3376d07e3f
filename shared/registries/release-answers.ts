import { z } from 'zod';
import { GitHubError } from '../github/permission.ts';
import type { Release, ReleaseAsset } from './release-api.ts';

export const assetSchema = z.object({
  id: z.int(),
  name: z.string(),
  size: z.int(),
  state: z.string(),
  /** `sha256:…` on github.com since June 2025; older servers have none. */
  digest: z.string().nullish(),
});
export const releaseSchema = z.object({
  id: z.int(),
  tag_name: z.string(),
  draft: z.boolean(),
  body: z.string().nullish(),
  created_at: z.string(),
  html_url: z.string(),
  upload_url: z.string(),
  assets: z.array(assetSchema),
});
export const shaSchema = z.object({ sha: z.string().regex(/^[0-9a-f]{40,64}$/) });
export const refSchema = z.object({ ref: z.string(), object: shaSchema });
const rejectionSchema = z.object({
  message: z.string().optional(),
  errors: z
    .array(z.union([z.string(), z.object({ code: z.string().optional(), message: z.string().optional() })]))
    .optional(),
});

/** An asset as the registry knows it. */
export function assetOf({ id, name, size, state, digest }: z.infer<typeof assetSchema>): ReleaseAsset {
  const sha256 = /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1] ?? null;
  return { id, name, bytes: size, uploaded: state === 'uploaded', sha256 };
}

/** A release as the registry knows it. */
export function releaseOf(release: z.infer<typeof releaseSchema>): Release {
  return {
    id: release.id,
    tag: release.tag_name,
    draft: release.draft,
    body: release.body ?? '',
    created: release.created_at,
    url: release.html_url,
    // The template's variables are ours to fill.
    uploadUrl: release.upload_url.replace(/\{.*$/, ''),
    assets: release.assets.map(assetOf),
  };
}

/** What GitHub said in a 422; undefined where the failure is another. */
export function rejectionOf(error: unknown): string | undefined {
  if (!(error instanceof GitHubError) || error.status !== 422) return undefined;
  const answer = z.object({ response: z.object({ data: rejectionSchema }) }).safeParse(error.cause);
  const { message = '', errors = [] } = answer.data?.response.data ?? {};
  const details = errors.map((one) =>
    typeof one === 'string' ? one : `${one.code ?? ''} ${one.message ?? ''}`,
  );
  return [message, ...details].join(' ');
}
