import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../shared/errors.ts';
import { type TrustedInstance, trustedInstances } from '../../shared/attestation/trusted-instances.ts';
import { verifyBundle } from '../../shared/attestation/verify-bundle.ts';
import { DIGEST, predicate } from './evaluation.ts';
import { type Sigstore, startSigstore, statementOf } from './sigstore.ts';

/** A certificate is good for ten minutes. */
const HOUR_MS = 3_600_000;
const RUN = 'https://github.com/acme/digits/actions/runs/42/attempts/1';
let folder: string;
let sigstore: Sigstore;
let gitHubs: Sigstore;
let instances: readonly TrustedInstance[];

async function trust(text: string): Promise<readonly TrustedInstance[]> {
  const path = join(folder, 'root.json');
  await writeFile(path, text);
  return await trustedInstances({ file: { path, written: 'root.json' }, temporaryDirectory: folder });
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'ty-attest-')));
  sigstore = await startSigstore();
  gitHubs = await startSigstore({ kind: 'github' });
  instances = await trust(`${sigstore.trustedRoot}\n${gitHubs.trustedRoot}\n`);
});
afterAll(async () => {
  await sigstore[Symbol.asyncDispose]();
  await gitHubs[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

describe('a bundle', () => {
  it.each(['public', 'github'] as const)(
    'of a trusted instance (%s) tells signer and predicate',
    async (kind) => {
      const bundle = await (kind === 'public' ? sigstore : gitHubs).sign(predicate());
      expect(await verifyBundle(bundle, instances)).toEqual({
        kind: 'signed',
        by: {
          issuer: 'https://token.actions.githubusercontent.com',
          repositoryUri: 'https://github.com/acme/digits',
          runUri: RUN,
          commit: 'c'.repeat(40),
        },
        subjects: [DIGEST],
        predicate: predicate(),
      });
    },
  );

  it('of an authority that nobody trusts is bad, and its claim is only a claim', async () => {
    await using stranger = await startSigstore();
    const found = await verifyBundle(await stranger.sign(predicate()), instances);
    expect(found).toMatchObject({ kind: 'bad', claimedRunUri: RUN });
    expect(found).toHaveProperty('reason', expect.stringContaining('does not verify (root.json#1: '));
  });

  it('whose verdict was changed after signing is bad', async () => {
    const bundle = structuredClone(await sigstore.sign({ ...predicate(), verdict: 'fail', passed: false }));
    const forged = Buffer.from(JSON.stringify(statementOf(predicate()))).toString('base64');
    Object.assign(bundle['dsseEnvelope'] as object, { payload: forged });
    expect(await verifyBundle(bundle, instances)).toMatchObject({ kind: 'bad', claimedRunUri: RUN });
  });

  it('whose log entry says another time than the certificate is bad', async () => {
    const bundle = structuredClone(await sigstore.sign(predicate()));
    const material = bundle['verificationMaterial'] as { tlogEntries: { integratedTime: string }[] };
    for (const entry of material.tlogEntries) entry.integratedTime = '1600000000';
    expect(await verifyBundle(bundle, instances)).toMatchObject({ kind: 'bad' });
  });

  it('without a log entry or time stamp is bad, as its certificate would sign for ever', async () => {
    for (const instance of [sigstore, gitHubs]) {
      const bundle = structuredClone(await instance.sign(predicate()));
      Object.assign(bundle['verificationMaterial'] as object, {
        tlogEntries: [],
        timestampVerificationData: undefined,
      });
      expect(await verifyBundle(bundle, instances)).toMatchObject({ kind: 'bad' });
    }
  });

  it.each(['public', 'github'] as const)(
    'stamped when its certificate was not valid is bad (%s)',
    async (kind) => {
      const clock = new Date(Math.floor(Date.now() / 1000) * 1000 + HOUR_MS);
      for (const [stampedAt, expected] of [
        [clock, 'signed'],
        [new Date(clock.getTime() + HOUR_MS), 'bad'],
      ] as const) {
        await using instance = await startSigstore({ kind, clock, stampedAt });
        const found = await verifyBundle(await instance.sign(predicate()), await trust(instance.trustedRoot));
        expect(found.kind).toBe(expected);
      }
    },
  );

  it.each([
    ['nothing', null],
    ['text', 'bundle'],
    ['an empty object', {}],
    ['a bundle without a certificate', { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }],
    ['deep nonsense', { verificationMaterial: { certificate: { rawBytes: 'AAAA' } }, dsseEnvelope: {} }],
  ])('that is %s is bad, not a crash', async (_what, document) => {
    const found = await verifyBundle(document, instances);
    expect(found).toMatchObject({ kind: 'bad', claimedRunUri: null });
    expect(found).toHaveProperty('reason', expect.stringMatching(/^it is no Sigstore bundle/));
  });

  it('of another predicate, without JSON or of another payload type is bad', async () => {
    const statement = statementOf(predicate());
    const cases = [
      [await sigstore.signPayload({ ...statement, predicateType: 'https://slsa.dev/provenance/v1' }), /form/],
      [await sigstore.signPayload({ ...statement, predicate: { verdict: 'pass' } }), /at "predicate/],
      [await sigstore.signPayload('{'), /not JSON/],
      [await sigstore.signPayload(statement, {}, 'text/plain'), /payload is "text\/plain"/],
    ] as const;
    for (const [bundle, reason] of cases) {
      const found = await verifyBundle(bundle, instances);
      expect(found).toMatchObject({ kind: 'bad' });
      expect(found).toHaveProperty('reason', expect.stringMatching(reason));
    }
  });
});

describe('a trusted root', () => {
  it.each([
    ['is empty', '', /it is empty/],
    ['is no JSON', 'root', /no Sigstore trusted root/],
    ['names nobody', '{}', /no certificate authority/],
    ['is too large', ' '.repeat(1024 * 1024 + 1), /has 1048577 bytes/],
  ])('that %s is an error that names the input', async (_what, text, message) => {
    const failure = await trust(text).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect(String(failure)).toMatch(/Input "trusted-root" is "root.json"/);
    expect(String(failure)).toMatch(message);
  });

  it('that names nothing to tell the time by is an error', async () => {
    const root = { ...(JSON.parse(sigstore.trustedRoot) as object), tlogs: [] };
    await expect(trust(JSON.stringify(root))).rejects.toThrow(/neither a transparency log nor/);
  });
});
