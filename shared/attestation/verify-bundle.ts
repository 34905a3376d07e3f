import type { SignedEntity } from '@sigstore/verify';
import { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { FoundAttestation, SignedBy } from './decide/judge-attestations.ts';
import { PREDICATE_TYPE, predicateSchema, STATEMENT_TYPE } from './predicate.ts';
import type { TrustedInstance } from './trusted-instances.ts';

/**
 * Fulcio's extensions (github.com/sigstore/fulcio, docs/oid-info.md). From 8 on they hold a DER-encoded UTF-8 string.
 */
const OID = '1.3.6.1.4.1.57264.1';
const EXTENSIONS = {
  issuer: `${OID}.8`,
  repositoryUri: `${OID}.12`,
  commit: `${OID}.13`,
  runUri: `${OID}.21`,
} as const;

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

const statementSchema = z.object({
  _type: z.literal(STATEMENT_TYPE),
  predicateType: z.literal(PREDICATE_TYPE),
  subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })).min(1),
  predicate: predicateSchema,
});

/**
 * Verifies one Sigstore bundle: its certificate's chain, that a log or a timestamp authority saw it while the
 * certificate was valid, and the signature; any of the instances may vouch for it. Only then is its content read.
 * Never throws: a bundle is hostile until it has verified.
 */
export async function verifyBundle(
  document: unknown,
  instances: readonly TrustedInstance[],
): Promise<FoundAttestation> {
  const [{ bundleFromJSON }, { toSignedEntity, Verifier }] = await Promise.all([
    import('@sigstore/bundle'),
    import('@sigstore/verify'),
  ]);
  let claimedRunUri: string | null = null;
  try {
    const bundle = bundleFromJSON(document);
    const entity = toSignedEntity(bundle);
    const by = signerOf(entity);
    claimedRunUri = by.runUri;
    if (entity.key.$case !== 'certificate' || bundle.content.$case !== 'dsseEnvelope') {
      return { kind: 'bad', reason: 'it is no statement that a certificate signed.', claimedRunUri };
    }
    const problems: string[] = [];
    for (const { name, material, thresholds } of instances) {
      try {
        new Verifier(material, thresholds).verify(entity);
        const { payload, payloadType } = bundle.content.dsseEnvelope;
        if (payloadType !== PAYLOAD_TYPE) {
          return { kind: 'bad', reason: `its payload is "${payloadType.slice(0, 60)}".`, claimedRunUri };
        }
        return readStatement(payload, by);
      } catch (error) {
        problems.push(`${name}: ${messageOf(error).slice(0, MAX_REASON_CHARACTERS)}`);
      }
    }
    return { kind: 'bad', reason: `it does not verify (${problems.join('; ')}).`, claimedRunUri };
  } catch (error) {
    const words = messageOf(error).slice(0, MAX_REASON_CHARACTERS);
    return { kind: 'bad', reason: `it is no Sigstore bundle (${words}).`, claimedRunUri };
  }
}

/** What is quoted of an error about hostile bytes. */
const MAX_REASON_CHARACTERS = 200;

function readStatement(payload: Buffer, by: SignedBy): FoundAttestation {
  let document: unknown;
  try {
    document = JSON.parse(payload.toString('utf8'));
  } catch {
    return { kind: 'bad', reason: 'its statement is not JSON.', claimedRunUri: by.runUri };
  }
  const read = statementSchema.safeParse(document);
  if (!read.success) {
    const place = read.error.issues[0]?.path.join('.') ?? '';
    return {
      kind: 'bad',
      reason: `its statement has not the form ${PREDICATE_TYPE} (at "${place}").`,
      claimedRunUri: by.runUri,
    };
  }
  const { subject, predicate } = read.data;
  return { kind: 'signed', by, subjects: subject.map(({ digest }) => digest.sha256), predicate };
}

function signerOf({ key }: SignedEntity): SignedBy {
  const read = (oid: string): string | null => {
    if (key.$case !== 'certificate') return null;
    const value = key.certificate.extension(oid)?.valueObj;
    return (value?.subs[0] ?? value)?.value.toString('utf8') ?? null;
  };
  return {
    issuer: read(EXTENSIONS.issuer),
    repositoryUri: read(EXTENSIONS.repositoryUri),
    runUri: read(EXTENSIONS.runUri),
    commit: read(EXTENSIONS.commit),
  };
}
