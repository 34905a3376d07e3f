import type { FileReference } from '../../../../shared/record/common.ts';
import { nextVersion } from '../../../../shared/registries/version-name.ts';
import type { Version } from '../../../../shared/registries/registry.ts';

/** What publishing would do, or does, to a registry. */
export interface PublishPlan {
  /** The version that holds this very model already. */
  readonly existing: Version | undefined;
  /** The version that the alias will point at, if nobody else publishes first. */
  readonly version: string;
  readonly alias: { readonly name: string; readonly from: string | null; readonly to: string };
  readonly files: number;
  readonly bytes: number;
}

/** Plans a publication from what the registry answered. */
export function planPublication(
  versions: readonly Version[],
  modelDigest: string,
  alias: string,
  files: readonly Pick<FileReference, 'bytes'>[],
): PublishPlan {
  const existing = versions.find((version) => version.modelDigest === modelDigest);
  const version = existing?.version ?? nextVersion(versions.map((one) => one.version));
  const from = versions.find(({ aliases }) => aliases.includes(alias))?.version ?? null;
  return {
    existing,
    version,
    alias: { name: alias, from, to: version },
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
