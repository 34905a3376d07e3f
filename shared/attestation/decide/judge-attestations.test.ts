import { describe, expect, it } from 'vitest';
import type { EvaluationPredicate } from '../predicate.ts';
import { identityOf, serverAttests } from './identity.ts';
import { type AttestationFacts, type FoundAttestation, judgeAttestations } from './judge-attestations.ts';
import { differenceOf, predicateOf } from './predicate-of.ts';
import { DIGEST, evaluated, predicate } from '../../../test/attestation/evaluation.ts';
import { commitOf, runOf } from '../../../test/record/sections.ts';

const identity = identityOf('https://github.com', evaluated());

function signed(
  changed: Partial<EvaluationPredicate> = {},
  by: Partial<Extract<FoundAttestation, { kind: 'signed' }>['by']> = {},
): FoundAttestation {
  return {
    kind: 'signed',
    by: { ...identity, ...by },
    subjects: [DIGEST],
    predicate: { ...predicate(), ...changed },
  };
}

function bad(claimedRunUri: string | null = identity.runUri): FoundAttestation {
  return { kind: 'bad', reason: 'it does not verify.', claimedRunUri };
}

function judged(facts: Partial<AttestationFacts>): string {
  const verdict = judgeAttestations({
    demand: 'auto',
    claimed: false,
    expected: predicate(),
    identity,
    found: [],
    ...facts,
  });
  return verdict.kind === 'refused' ? `refused: ${verdict.reason}` : verdict.kind;
}

const otherRun = signed({}, { runUri: 'https://github.com/acme/digits/actions/runs/41/attempts/1' });

describe('the attestations of a model', () => {
  it.each<[string, string, Partial<AttestationFacts>]>([
    ['none, as before', 'not-attested', {}],
    ['none, and nobody looks', 'not-attested', { demand: 'false', claimed: true }],
    ['none, where one is demanded', 'refused: No attestation of this evaluation', { demand: 'true' }],
    ['none, where the section claims one', 'refused: No attestation of this evaluation', { claimed: true }],
    ['hidden', 'not-attested', { found: undefined }],
    [
      'hidden, where one is demanded',
      'refused: The attestations of the model cannot be read',
      { demand: 'true', found: undefined },
    ],
    ['of a section without a digest', 'not-attested', { expected: undefined }],
    [
      'of a section without a digest, demanded',
      'refused: The evaluation judged no model digest',
      { demand: 'true', expected: undefined },
    ],
    ['a good one', 'verified', { found: [signed()] }],
    [
      'a good one that is demanded',
      'verified',
      { demand: 'true', claimed: true, found: [otherRun, signed()] },
    ],
    ['of another run', 'not-attested', { found: [otherRun] }],
    [
      'a replay of another run',
      'refused: The model is attested by another run (https://github.com/acme/digits/actions/runs/41/attempts/1), and not by',
      { claimed: true, found: [otherRun] },
    ],
    [
      'of another attempt',
      'refused: The model is attested by another run',
      { demand: 'true', found: [signed({}, { runUri: identity.runUri.replace(/1$/, '2') })] },
    ],
    [
      'signed without a run',
      'refused: No attestation of this evaluation',
      { demand: 'true', found: [signed({}, { runUri: null })] },
    ],
    [
      'another verdict',
      'refused: The evaluation section is not what the gate attested: its verdict differs (fail is attested, pass is said)',
      { found: [signed({ verdict: 'fail' })] },
    ],
    [
      'other rules',
      'refused: The evaluation section is not what the gate attested: its rules differs.',
      { found: [signed({ rules: [{ id: 'accuracy', result: 'warn' }] })] },
    ],
    [
      'another policy',
      'refused: The evaluation section is not what the gate attested: its policy differs',
      { found: [signed({ policy: { path: 'gate.yml', digest: DIGEST, from: 'base', ref: null } })] },
    ],
    [
      'a good one and one that contradicts it',
      'refused: The evaluation section is not',
      { found: [signed(), signed({ verdict: 'fail' })] },
    ],
    [
      'another gate of the run',
      'not-attested',
      { found: [signed({ verdict: 'fail', run: { id: '42', attempt: 1, key: 'other' } })] },
    ],
    [
      'another subject',
      'refused: The attestation is of another model',
      { found: [{ ...signed(), subjects: ['f'.repeat(64)] } as FoundAttestation] },
    ],
    [
      'another subject, none',
      'refused: The attestation is of another model, without a digest',
      { found: [{ ...signed(), subjects: [] } as FoundAttestation] },
    ],
    [
      'another issuer',
      "refused: The attestation's signer was vouched for by https://evil.test",
      { found: [signed({}, { issuer: 'https://evil.test' })] },
    ],
    [
      'no issuer',
      "refused: The attestation's signer was vouched for by nobody",
      { found: [signed({}, { issuer: null })] },
    ],
    [
      'another repository',
      'refused: The attestation is of https://github.com/evil/digits',
      { found: [signed({}, { repositoryUri: 'https://github.com/evil/digits' })] },
    ],
    [
      'no repository',
      'refused: The attestation is of no repository',
      { found: [signed({}, { repositoryUri: null })] },
    ],
    [
      'another commit',
      'refused: The attestation was signed at commit ffff',
      { found: [signed({}, { commit: 'f'.repeat(40) })] },
    ],
    [
      'no commit',
      'refused: The attestation was signed at commit none',
      { found: [signed({}, { commit: null })] },
    ],
    ['a bad one of this run', 'refused: An attestation of this model cannot be believed', { found: [bad()] }],
    [
      'a bad one that claims nothing',
      'refused: An attestation of this model cannot be believed',
      { found: [bad(null)] },
    ],
    [
      'a bad one of another run',
      'not-attested',
      { found: [bad('https://github.com/acme/digits/actions/runs/1/attempts/1')] },
    ],
  ])('%s', (_what, expected, facts) => {
    const result = judged(facts);
    expect(result.startsWith(expected) ? expected : result).toBe(expected);
  });

  it('tells of a bad one that lies beside a good one', () => {
    expect(
      judgeAttestations({
        demand: 'auto',
        claimed: true,
        expected: predicate(),
        identity,
        found: [bad(), signed()],
      }),
    ).toEqual({
      kind: 'verified',
      notices: ['Beside the attestation that verified lies one that cannot be believed: it does not verify.'],
    });
  });
});

describe('the predicate', () => {
  it('is made of what the section binds', () => {
    expect(
      predicate(
        evaluated(
          {},
          {
            gate: {
              path: 'gate.yml',
              digest: 'b'.repeat(64),
              from: 'base',
              ref: 'c'.repeat(40),
              newInHead: false,
              diff: null,
            },
            baseline: { what: 'digits v3', from: 'production', version: 'v3', modelDigest: 'a'.repeat(64) },
          },
        ),
      ),
    ).toEqual({
      model: 'digits',
      dataset: 'digits-data',
      verdict: 'pass',
      passed: true,
      digests: { model: DIGEST, evaluationSet: null, predictions: null },
      policy: { path: 'gate.yml', digest: 'b'.repeat(64), from: 'base', ref: 'c'.repeat(40) },
      predictionsBy: 'training',
      labelsInReach: null,
      rules: [],
      baseline: { version: 'v3', modelDigest: 'a'.repeat(64) },
      repository: 'acme/digits',
      headSha: 'c'.repeat(40),
      treeHash: 'a'.repeat(40),
      run: { id: '42', attempt: 1, key: 'gate' },
    });
  });

  it('does not exist without a body or a digest', () => {
    expect(predicateOf(evaluated({ body: null }))).toBeUndefined();
    expect(predicateOf(evaluated({}, { modelDigest: null }))).toBeUndefined();
  });

  it('is compared without regard to the order of keys', () => {
    const one = predicate();
    const run = { key: 'gate', id: '42', attempt: 1 };
    expect(differenceOf(one, { ...one, run })).toBeUndefined();
    expect(differenceOf(one, { ...one, run: { ...run, id: '43' } })).toBe('run');
  });
});

describe('the identity', () => {
  it.each([
    ['https://github.com', true, 'https://token.actions.githubusercontent.com'],
    ['https://acme.ghe.com', true, 'https://token.actions.acme.ghe.com'],
  ])('of %s', (serverUrl, attests, issuer) => {
    expect(serverAttests(serverUrl)).toBe(attests);
    expect(identityOf(serverUrl, evaluated())).toEqual({
      issuer,
      repositoryUri: `${serverUrl}/acme/digits`,
      runUri: `${serverUrl}/acme/digits/actions/runs/42/attempts/1`,
      commit: 'c'.repeat(40),
    });
  });

  it.each([['https://ghes.acme.test'], ['https://github.com.evil.test'], ['no address'], [null]])(
    'does not exist at %s',
    (serverUrl) => {
      expect(serverAttests(serverUrl)).toBe(false);
    },
  );

  it('names no commit where the event runs on a merge commit, and an empty repository where there is none', () => {
    const commit = commitOf({ event: 'pull_request', repository: null });
    expect(identityOf('https://github.com', { commit, run: runOf() })).toMatchObject({
      commit: null,
      repositoryUri: 'https://github.com/',
    });
  });
});
