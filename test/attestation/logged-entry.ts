import { createHash } from 'node:crypto';
import { z } from 'zod';

const proposedSchema = z.object({
  spec: z.object({
    proposedContent: z.object({ envelope: z.string(), verifiers: z.array(z.string()).min(1) }),
  }),
});
const envelopeSchema = z.object({
  payload: z.base64(),
  signatures: z.array(z.object({ sig: z.string() })).min(1),
});

/**
 * What Rekor keeps of a proposed envelope (rekor, types/dsse v0.0.1): hashes and signatures, and not the payload. The
 * log of @sigstore/mock keeps the proposal as it is, which no verifier accepts.
 */
export function loggedEntry(proposed: object): object {
  const { envelope, verifiers } = proposedSchema.parse(proposed).spec.proposedContent;
  const { payload, signatures } = envelopeSchema.parse(JSON.parse(envelope));
  const sha256 = (bytes: string | Buffer): object => ({
    algorithm: 'sha256',
    value: createHash('sha256').update(bytes).digest('hex'),
  });
  return {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: sha256(envelope),
      payloadHash: sha256(Buffer.from(payload, 'base64')),
      signatures: signatures.map(({ sig }) => ({ signature: sig, verifier: verifiers[0] })),
    },
  };
}
