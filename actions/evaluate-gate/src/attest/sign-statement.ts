import { z } from 'zod';
import { PREDICATE_TYPE, type EvaluationPredicate } from '../../../../shared/attestation/predicate.ts';

/** Signs a predicate about a model; the answer is a Sigstore bundle in JSON. */
export type SignStatement = (predicate: EvaluationPredicate) => Promise<Record<string, unknown>>;

const bundleSchema = z.record(z.string(), z.unknown());

/**
 * Signs with the identity of this job: @actions/attest asks the runner for an identity token, Sigstore for a
 * certificate of ten minutes, and has the signature logged (public repositories: public-good Sigstore) or its time
 * stamped (all others: GitHub's own instance, which makes nothing public). It is stored by our own client, whose
 * refusals name the missing permission.
 */
export const signStatement: SignStatement = async (predicate) => {
  const { attest } = await import('@actions/attest');
  const { bundle } = await attest({
    subjects: [{ name: predicate.model, digest: { sha256: predicate.digests.model } }],
    predicateType: PREDICATE_TYPE,
    predicate,
    // Not used: nothing is written by it.
    token: '',
    skipWrite: true,
  });
  return bundleSchema.parse(bundle);
};
