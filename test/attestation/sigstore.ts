import { createHash, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundleToJSON } from '@sigstore/bundle';
import {
  fulcioHandler,
  initializeCA,
  initializeTLog,
  initializeTSA,
  rekorHandler,
  tsaHandler,
} from '@sigstore/mock';
import { DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness } from '@sigstore/sign';
import { z } from 'zod';
import {
  type EvaluationPredicate,
  PREDICATE_TYPE,
  STATEMENT_TYPE,
} from '../../shared/attestation/predicate.ts';
import { certificateLog } from './certificate-log.ts';
import { loggedEntry } from './logged-entry.ts';

/** What GitHub says of a job in its identity token, as far as Fulcio writes it into the certificate. */
export interface Claims {
  readonly iss?: string;
  readonly repository?: string;
  readonly sha?: string;
  readonly run_id?: string;
  readonly run_attempt?: string;
}

export interface SigstoreOptions {
  /** `public`: transparency log and SCT. `github`: a timestamp authority, as GitHub's own instance. */
  readonly kind?: 'public' | 'github';
  /** The time that its certificate authority goes by. */
  readonly clock?: Date;
  /** The time that its logs and stamps go by; default `clock`. */
  readonly stampedAt?: Date;
}

/** A Sigstore of one's own on 127.0.0.1: certificate authority, certificate log, transparency log, time stamps. */
export interface Sigstore extends AsyncDisposable {
  readonly url: string;
  /** trusted_root.json. */
  readonly trustedRoot: string;
  /** Signs as a job of which GitHub would claim this, with the client that real signers use. */
  sign(predicate: EvaluationPredicate, claims?: Claims): Promise<Record<string, unknown>>;
  /** Signs any bytes; `sign` makes the statement first. */
  signPayload(payload: unknown, claims?: Claims, type?: string): Promise<Record<string, unknown>>;
}

const keyPair = (): ReturnType<typeof generateKeyPairSync> =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const bundleSchema = z.record(z.string(), z.unknown());

/** The statement that the gate signs. */
export function statementOf(predicate: EvaluationPredicate): Record<string, unknown> {
  const subject = [{ name: predicate.model, digest: { sha256: predicate.digests.model } }];
  return { _type: STATEMENT_TYPE, subject, predicateType: PREDICATE_TYPE, predicate };
}

export async function startSigstore(options: SigstoreOptions = {}): Promise<Sigstore> {
  // Whole seconds, as in certificates; ahead, because those of the authorities begin when they are made.
  const soon = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000);
  const { kind = 'public', clock = soon, stampedAt = clock } = options;
  const ctlog = certificateLog(clock);
  const ca = await initializeCA(keyPair(), kind === 'public' ? ctlog : undefined, clock);
  const tlog = await initializeTLog('https://rekor.test', keyPair(), stampedAt);
  const tsa = await initializeTSA(keyPair(), stampedAt);
  const handlers = [
    fulcioHandler(ca),
    rekorHandler({ publicKey: tlog.publicKey, log: (entry) => tlog.log(loggedEntry(entry)) }),
    tsaHandler(tsa),
  ];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const handler = handlers.find(({ path }) => path === request.url);
      if (handler === undefined) return void response.writeHead(404).end();
      void handler.fn(Buffer.concat(chunks).toString('utf8')).then((answer) => {
        response.writeHead(answer.statusCode, { 'content-type': answer.contentType ?? 'text/plain' });
        response.end(answer.response);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const signPayload: Sigstore['signPayload'] = async (
    payload,
    claims = {},
    type = 'application/vnd.in-toto+json',
  ) => {
    const token = tokenOf(claims);
    const signer = new FulcioSigner({
      fulcioBaseURL: url,
      identityProvider: { getToken: () => Promise.resolve(token) },
    });
    const witnesses =
      kind === 'public'
        ? [new RekorWitness({ rekorBaseURL: url, fetchOnConflict: false })]
        : [new TSAWitness({ tsaBaseURL: url })];
    const data = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
    const bundle = await new DSSEBundleBuilder({ signer, witnesses }).create({ data, type });
    return bundleSchema.parse(bundleToJSON(bundle));
  };

  const base64 = (bytes: Buffer): string => Buffer.from(bytes).toString('base64');
  const validFor = { start: '2020-01-01T00:00:00Z' };
  const chain = (...certificates: Buffer[]): object => ({
    certificates: certificates.map((one) => ({ rawBytes: base64(one) })),
  });
  const log = (key: Buffer, id: Buffer): object => ({
    baseUrl: url,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(key), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: base64(id) },
  });
  const organization = kind === 'public' ? 'sigstore.test' : 'GitHub, Inc.';
  const logId = createHash('sha256').update(tlog.publicKey).digest();
  return {
    url,
    trustedRoot: JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      certificateAuthorities: [
        {
          subject: { organization, commonName: 'test' },
          uri: url,
          certChain: chain(ca.rootCertificate),
          validFor,
        },
      ],
      ctlogs: kind === 'public' ? [log(ctlog.publicKey, ctlog.logID)] : [],
      tlogs: kind === 'public' ? [log(tlog.publicKey, logId)] : [],
      timestampAuthorities:
        kind === 'public'
          ? []
          : [
              {
                subject: { organization, commonName: 'time' },
                uri: url,
                certChain: chain(tsa.intCertificate, tsa.rootCertificate),
                validFor,
              },
            ],
    }),
    signPayload,
    sign: (predicate, claims) => signPayload(statementOf(predicate), claims),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** An identity token; the mock of Fulcio reads its claims and does not ask who signed it. */
export function tokenOf(claims: Claims): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = {
    iss: 'https://token.actions.githubusercontent.com',
    sub: 'https://github.com/acme/digits/.github/workflows/ci.yml@refs/heads/main',
    repository: 'acme/digits',
    sha: 'c'.repeat(40),
    run_id: '42',
    run_attempt: '1',
    ...claims,
  };
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(body)}.${encode({})}`;
}
