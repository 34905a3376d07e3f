import { z } from 'zod';
import { sha256Schema } from '../record/common.ts';
import { FILE_ROLES, type FileReference, type FileRole } from '../record/common.ts';
import { sha256Of } from './hashing.ts';

// OCI image specification 1.1: manifest.md, image-layout.md, annotations.md. ModelPack: model-spec v0.0.7, docs/spec.md.
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const MODEL_ARTIFACT_TYPE = 'application/vnd.cncf.model.manifest.v1+json';
const MODEL_CONFIG_TYPE = 'application/vnd.cncf.model.config.v1+json';
const WEIGHT_TYPE = 'application/vnd.cncf.model.weight.v1.raw';
const CARD_TYPE = 'application/vnd.cncf.model.doc.v1.raw';
const SECTION_TYPE = 'application/vnd.trainyard.section.v1+json';

export const REF_NAME = 'org.opencontainers.image.ref.name';
const CREATED = 'org.opencontainers.image.created';
const TITLE = 'org.opencontainers.image.title';
const VERSION = 'org.opencontainers.image.version';
const FILE_PATH = 'org.cncf.model.filepath';
const MODEL_DIGEST = 'trainyard.model-digest';
const ROLE = 'trainyard.role';

export const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 lower-case hex digits');
const sizeSchema = z.int().min(0);
const annotationsSchema = z.record(z.string(), z.string());

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: digestSchema,
  size: sizeSchema,
  annotations: annotationsSchema.optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

/** What others write into an index is kept as it is. */
export const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  manifests: z.array(descriptorSchema),
});
export type Index = z.infer<typeof indexSchema>;

export const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  artifactType: z.literal(MODEL_ARTIFACT_TYPE),
  config: descriptorSchema,
  layers: z.array(descriptorSchema).min(1),
  annotations: z.looseObject({
    [CREATED]: z.iso.datetime(),
    [TITLE]: z.string(),
    [VERSION]: z.string(),
    [MODEL_DIGEST]: sha256Schema,
  }),
});
export type Manifest = z.infer<typeof manifestSchema>;

interface Blob {
  readonly sha256: string;
  readonly bytes: number;
}

interface ManifestParts {
  readonly model: string;
  readonly version: string;
  readonly modelDigest: string;
  /** RFC 3339. */
  readonly created: string;
  readonly revision: string | null;
  readonly files: readonly FileReference[];
  readonly card: Blob;
  readonly sections: readonly (Blob & { readonly name: string })[];
}

const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);

function layer(
  mediaType: string,
  blob: Blob,
  path: string,
  annotations: Record<string, string> = {},
): Descriptor {
  return {
    mediaType,
    digest: `sha256:${blob.sha256}`,
    size: blob.bytes,
    annotations: { [FILE_PATH]: path, ...annotations },
  };
}

/** Layers in a fixed order: model, other files, card, record. A file is a blob by its own digest, without a tar. */
function layersOf({ files, card, sections }: ManifestParts): Descriptor[] {
  const ordered = [
    ...files.filter((file) => file.role === 'model').sort(byPath),
    ...files.filter((file) => file.role !== 'model').sort(byPath),
  ];
  const taken = new Set(files.map((file) => file.path));
  return [
    ...ordered.map((file) =>
      layer(
        file.role === 'model' ? WEIGHT_TYPE : `application/vnd.trainyard.${file.role}.v1`,
        file,
        file.path,
        {
          [ROLE]: file.role,
        },
      ),
    ),
    layer(CARD_TYPE, card, taken.has('README.md') ? 'MODEL_CARD.md' : 'README.md'),
    ...sections.map((section) => layer(SECTION_TYPE, section, `.trainyard/record/${section.name}`)),
  ];
}

/** The ModelPack config and the image manifest of one version, as the exact texts that are stored. */
export function writeManifest(parts: ManifestParts): { config: string; manifest: string } {
  const layers = layersOf(parts);
  const revision = parts.revision === null ? {} : { revision: parts.revision };
  const config = JSON.stringify({
    descriptor: { createdAt: parts.created, name: parts.model, version: parts.version, ...revision },
    config: parts.files.some((file) => file.role === 'model' && file.path.endsWith('.onnx'))
      ? { format: 'onnx' }
      : {},
    modelfs: { type: 'layers', diffIds: layers.map(({ digest }) => digest) },
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    artifactType: MODEL_ARTIFACT_TYPE,
    config: {
      mediaType: MODEL_CONFIG_TYPE,
      digest: `sha256:${sha256Of(config)}`,
      size: Buffer.byteLength(config),
    },
    layers,
    annotations: {
      [CREATED]: parts.created,
      [TITLE]: parts.model,
      [VERSION]: parts.version,
      [MODEL_DIGEST]: parts.modelDigest,
      ...(parts.revision === null ? {} : { 'org.opencontainers.image.revision': parts.revision }),
    },
  });
  return { config, manifest };
}

/** What a manifest says of its version. `locations` is where the caller found it. */
export function readVersionFacts(manifest: Manifest): {
  modelDigest: string;
  created: string;
  version: string;
  model: string;
} {
  const { annotations } = manifest;
  return {
    modelDigest: annotations[MODEL_DIGEST],
    created: annotations[CREATED],
    version: annotations[VERSION],
    model: annotations[TITLE],
  };
}

/** The files of a version, without locations; card and record are not among them. */
export function readFiles(manifest: Manifest): Omit<FileReference, 'locations'>[] {
  return manifest.layers.flatMap((descriptor) => {
    const role: FileRole | undefined = FILE_ROLES.find((name) => name === descriptor.annotations?.[ROLE]);
    const path = descriptor.annotations?.[FILE_PATH];
    if (role === undefined || path === undefined || path === '') return [];
    return [{ path, role, bytes: descriptor.size, sha256: hexOf(descriptor.digest) }];
  });
}

/** Digests of the record's sections. */
export function readSections(manifest: Manifest): Descriptor[] {
  return manifest.layers.filter(({ mediaType }) => mediaType === SECTION_TYPE);
}

/** The hex digits of a digest that `digestSchema` has passed. */
export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}
