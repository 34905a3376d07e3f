import { relative } from 'node:path';
import type { InputReader } from '../action/inputs.ts';
import { UsageError } from '../errors.ts';
import { ATTESTATION_DEMANDS, type AttestationDemand } from './decide/judge-attestations.ts';
import type { TrustSource } from './trusted-instances.ts';

/** The inputs of an action that verifies attestations. */
export interface AttestationInputs {
  readonly requireAttestation: AttestationDemand;
  readonly trustedRoot: TrustSource['file'];
}

/** Reads `require-attestation` and `trusted-root`; an attestation is of the gate, so that it needs `require-gate`. */
export function readAttestationInputs(reader: InputReader): AttestationInputs {
  const requireAttestation = reader.oneOf('require-attestation', ATTESTATION_DEMANDS);
  if (requireAttestation === 'true' && !reader.boolean('require-gate')) {
    throw new UsageError('Input "require-attestation" is true, and "require-gate" is false.', {
      remedy:
        'The attestation is that of the gate: set "require-gate" to true, or "require-attestation" to auto.',
    });
  }
  const path = reader.path('trusted-root', { kind: 'file' });
  const trustedRoot =
    path === undefined ? undefined : { path, written: relative(reader.workingDirectory, path) };
  return { requireAttestation, trustedRoot };
}
