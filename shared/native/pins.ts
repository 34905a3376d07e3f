import { z } from 'zod';
import { InfrastructureError } from '../errors.ts';
import type { Build } from './cache.ts';
import { NATIVE_LIBRARIES, type NativeLibrary } from './native.ts';
import table from './pins.json' with { type: 'json' };

const librarySchema = z.strictObject({
  version: z.string(),
  builds: z.record(
    z.string(),
    z.strictObject({
      packages: z
        .array(z.strictObject({ name: z.string(), integrity: z.string().startsWith('sha512-') }))
        .min(1),
      tree: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export const pinsSchema = z.record(z.enum(NATIVE_LIBRARIES), librarySchema);
export type Pins = z.infer<typeof pinsSchema>;

/** The table in the repository, which scripts/pins.ts writes. */
export const PINS: Pins = pinsSchema.parse(table);

/** A build with the packages that it is unpacked from. */
export interface PinnedBuild extends Build {
  readonly packages: readonly { readonly name: string; readonly integrity: string }[];
}

const TITLES: Readonly<Record<NativeLibrary, string>> = { duckdb: 'DuckDB', onnxruntime: 'ONNX Runtime' };

/** The build of a library for a platform; an error that names those that have one where this has none. */
export function buildFor(library: NativeLibrary, platform: string, pins: Pins = PINS): PinnedBuild {
  const { version, builds } = pins[library];
  const build = new Map(Object.entries(builds)).get(platform);
  if (build === undefined) {
    throw new InfrastructureError(`${TITLES[library]} ${version} has no build for ${platform}.`, {
      remedy: `Use a runner of one of these platforms: ${Object.keys(builds).join(', ')}.`,
    });
  }
  return { library, version, platform, ...build };
}
