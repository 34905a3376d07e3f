import type { EvaluationPredicate } from '../predicate.ts';
import type { ExpectedIdentity } from './identity.ts';
import { differenceOf } from './predicate-of.ts';

export const ATTESTATION_DEMANDS = ['auto', 'true', 'false'] as const;
/** `auto`: what is attested must verify. `true`: it must be attested, too. `false`: nobody looks. */
export type AttestationDemand = (typeof ATTESTATION_DEMANDS)[number];

/** Who signed, as the certificate says it: read only after its chain, its log entry and the signature verified. */
export interface SignedBy {
  readonly issuer: string | null;
  readonly repositoryUri: string | null;
  readonly runUri: string | null;
  readonly commit: string | null;
}

/** One attestation of the model's digest that GitHub keeps. */
export type FoundAttestation =
  | {
      readonly kind: 'signed';
      readonly by: SignedBy;
      /** SHA-256 of the subjects of the statement. */
      readonly subjects: readonly string[];
      readonly predicate: EvaluationPredicate;
    }
  | {
      readonly kind: 'bad';
      readonly reason: string;
      /** The run that it claims, which nobody vouches for; null where not even that can be read. */
      readonly claimedRunUri: string | null;
    };

export interface AttestationFacts {
  readonly demand: AttestationDemand;
  /** The section says that it was attested. */
  readonly claimed: boolean;
  /** Made from the section; undefined where no model digest was judged. */
  readonly expected: EvaluationPredicate | undefined;
  readonly identity: ExpectedIdentity;
  /** Undefined: GitHub does not show this token the attestations, or has none of the kind. */
  readonly found: readonly FoundAttestation[] | undefined;
}

export type AttestationVerdict =
  | { readonly kind: 'verified'; readonly notices: readonly string[] }
  | { readonly kind: 'not-attested' }
  | { readonly kind: 'refused'; readonly reason: string; readonly remedy: string };

const NOT_ATTESTED: AttestationVerdict = { kind: 'not-attested' };
const REMEDY =
  'Run evaluate-gate again in the run that publishes. With "require-attestation: false" nobody looks at attestations.';
const GRANT =
  'Give the job of evaluate-gate `id-token: write` and `attestations: write`, and this one `attestations: read`; or set "require-attestation" to auto.';

/**
 * Decides whether the evaluation section is what the gate of its run signed. An attestation by another run says
 * nothing of this one (a replay); one by this run that cannot be verified or says something else is never ignored.
 */
export function judgeAttestations(facts: AttestationFacts): AttestationVerdict {
  const { demand, claimed, expected, identity, found } = facts;
  if (demand === 'false') return NOT_ATTESTED;
  const due = demand === 'true' || claimed;
  if (expected === undefined || found === undefined) {
    if (!due) return NOT_ATTESTED;
    return refused(
      expected === undefined
        ? 'The evaluation judged no model digest, so that nothing attests it.'
        : 'The attestations of the model cannot be read: GitHub does not show them to this token.',
      GRANT,
    );
  }

  const signed = found.filter((one) => one.kind === 'signed');
  const ofRun = signed.filter(({ by }) => by.runUri === identity.runUri);
  for (const one of ofRun) {
    const wrong = wrongSigner(one.by, identity) ?? wrongContent(one, expected);
    if (wrong !== undefined) return refused(wrong, REMEDY);
  }
  const own = ofRun.filter(({ predicate }) => isOfSection(predicate, expected));
  const bad = found
    .filter((one) => one.kind === 'bad')
    .filter(({ claimedRunUri }) => claimedRunUri === null || claimedRunUri === identity.runUri);
  if (own.length > 0) {
    return {
      kind: 'verified',
      notices: bad.map(
        ({ reason }) => `Beside the attestation that verified lies one that cannot be believed: ${reason}`,
      ),
    };
  }

  const [first] = bad;
  if (first !== undefined) {
    return refused(`An attestation of this model cannot be believed: ${first.reason}`, REMEDY);
  }
  if (!due) return NOT_ATTESTED;
  const others = [...new Set(signed.flatMap(({ by }) => by.runUri ?? []))];
  if (others.length === 0) {
    return refused('No attestation of this evaluation was found at GitHub.', GRANT);
  }
  return refused(
    `The model is attested by another run (${others.slice(0, 3).join(', ')}), and not by ${identity.runUri}.`,
    REMEDY,
  );
}

/** Several gates of one run may judge one model, each under its key. */
function isOfSection(predicate: EvaluationPredicate, expected: EvaluationPredicate): boolean {
  return predicate.model === expected.model && predicate.run.key === expected.run.key;
}

function wrongSigner(by: SignedBy, identity: ExpectedIdentity): string | undefined {
  if (by.issuer !== identity.issuer) {
    return `The attestation's signer was vouched for by ${by.issuer ?? 'nobody'}, and not by ${identity.issuer}.`;
  }
  if (by.repositoryUri !== identity.repositoryUri) {
    return `The attestation is of ${by.repositoryUri ?? 'no repository'}, and not of ${identity.repositoryUri}.`;
  }
  if (identity.commit !== null && by.commit !== identity.commit) {
    return `The attestation was signed at commit ${by.commit ?? 'none'}, and the evaluation is of ${identity.commit}.`;
  }
  return undefined;
}

function wrongContent(
  { subjects, predicate }: Extract<FoundAttestation, { kind: 'signed' }>,
  expected: EvaluationPredicate,
): string | undefined {
  if (!subjects.includes(expected.digests.model)) {
    return `The attestation is of another model, ${subjects[0]?.slice(0, 12) ?? 'without a digest'}.`;
  }
  if (!isOfSection(predicate, expected)) return undefined;
  const field = differenceOf(expected, predicate);
  if (field === undefined) return undefined;
  const verdicts =
    field === 'verdict' ? ` (${predicate.verdict} is attested, ${expected.verdict} is said)` : '';
  return `The evaluation section is not what the gate attested: its ${field} differs${verdicts}.`;
}

function refused(reason: string, remedy: string): AttestationVerdict {
  return { kind: 'refused', reason, remedy };
}
