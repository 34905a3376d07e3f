import { canonicalDigest } from '../../../../shared/record/digest.ts';
import type { TrainingBody, Fingerprint } from '../../../../shared/record/training-section.ts';
import { byCodeUnit } from './order.ts';

/** All that determines the result of a training. Run ids, paths of the machine and sizes are no part of it. */
export interface FingerprintParts {
  readonly command: readonly string[];
  /** The code fingerprint; null where it is unknown. */
  readonly code: string | null;
  /** The data fingerprint; null where it is unknown. */
  readonly data: string | null;
  readonly parameters: Readonly<TrainingBody['parameters']>;
  readonly seed: number | null;
  readonly environment: Pick<
    TrainingBody['environment'],
    'lockFiles' | 'interpreter' | 'image' | 'variables'
  >;
  readonly gpus: readonly { readonly name: string }[];
  /** Declared outputs, those of the metrics inputs among them. */
  readonly outputs: readonly { readonly role: string; readonly glob: string }[];
  /** Further places of metrics, as the user wrote them. */
  readonly metricsSources: readonly string[];
}

/** The class of the accelerator: which cards, not which pieces of them and with which driver. */
function acceleratorOf(gpus: FingerprintParts['gpus']): string[] {
  return gpus.length === 0 ? ['cpu'] : gpus.map(({ name }) => name).sort(byCodeUnit);
}

/** The fingerprint of a training: equal for two whose results may stand for each other. */
export function fingerprintOf(parts: FingerprintParts): Fingerprint {
  const { environment, outputs, metricsSources } = parts;
  const { lockFiles, interpreter, image, variables } = environment;
  const known = (digest: string | null): string | null => (digest === null ? null : canonicalDigest(digest));
  const components: Fingerprint['components'] = {
    command: canonicalDigest(parts.command),
    code: known(parts.code),
    data: known(parts.data),
    parameters: canonicalDigest(parts.parameters),
    seed: canonicalDigest(parts.seed),
    'lock files': canonicalDigest(
      lockFiles.map(({ path, sha256 }) => ({ path, sha256 })).sort((a, b) => byCodeUnit(a.path, b.path)),
    ),
    interpreter: canonicalDigest(
      interpreter === null ? null : { name: interpreter.name, version: interpreter.version },
    ),
    image: canonicalDigest(image),
    accelerator: canonicalDigest(acceleratorOf(parts.gpus)),
    variables: canonicalDigest(variables),
    outputs: canonicalDigest({
      files: outputs
        .map(({ role, glob }) => ({ role, glob }))
        .sort((a, b) => byCodeUnit(a.glob, b.glob) || byCodeUnit(a.role, b.role)),
      metricsSources: [...metricsSources].sort(byCodeUnit),
    }),
  };
  return { sha256: canonicalDigest(components), components };
}

const REMEDIES = {
  code: 'commit the code to git, so that its tree is known',
  data: 'run validate-data before, or name what the command reads in the input "data-paths"',
} as const;

/** Why nothing can be reused, in a full sentence; undefined where every component is known. */
export function unknownComponents({ components }: Fingerprint): string | undefined {
  const unknown = (['code', 'data'] as const).filter((name) => components[name] === null);
  if (unknown.length === 0) return undefined;
  const how = unknown.map((name) => REMEDIES[name]).join('; ');
  return `No earlier training is looked for: what it is trained from is not known (${unknown.join(' and ')}). To make it known, ${how}.`;
}

/** True where the digest of a fingerprint is that of its components: one from outside could say anything. */
export function isConsistent({ sha256, components }: Fingerprint): boolean {
  return canonicalDigest(components) === sha256;
}
