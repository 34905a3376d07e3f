import { describe, expect, it } from 'vitest';
import { attestEvaluation } from '../../actions/evaluate-gate/src/attest/attest-evaluation.ts';
import { whyNotAttested } from '../../actions/evaluate-gate/src/attest/decide/why-not-attested.ts';
import type { EvaluationPredicate } from '../../shared/attestation/predicate.ts';
import { verifyEvaluation } from '../../shared/attestation/verify-evaluation.ts';
import { InfrastructureError, UsageError } from '../../shared/errors.ts';
import type { EvaluationBody } from '../../shared/record/evaluation-section.ts';
import { evaluated } from './evaluation.ts';
import { openYard, type Yard } from './yard.ts';

function bodyOf(body: Partial<EvaluationBody> = {}): EvaluationBody {
  const made = evaluated({}, body).body;
  if (made === null) throw new Error('no body');
  return made;
}

const judged = { subject: 'digits', dataset: 'digits-data', verdict: 'pass', body: bodyOf() } as const;
const signing =
  ({ sigstore }: Yard) =>
  (predicate: EvaluationPredicate) =>
    sigstore.sign(predicate);
const unsigned = (): never => {
  throw new Error('nothing may be signed here');
};

describe('attesting an evaluation', () => {
  it.each(['pass', 'fail', 'inconclusive'] as const)(
    'keeps what was judged (%s) with the repository, so that publishing verifies it',
    async (verdict) => {
      await using yard = await openYard();
      const request = { mode: 'auto', token: undefined, judged: { ...judged, verdict } } as const;
      const { attestation, notices } = await attestEvaluation(request, yard.context, signing(yard));
      expect(notices).toEqual([]);
      const [kept] = yard.fake.world.attestations;
      expect(attestation).toMatchObject({
        id: String(kept?.id),
        url: `https://github.com/acme/digits/attestations/${kept?.id ?? ''}`,
      });
      const passed = verdict === 'pass';
      const section = evaluated({ verdict, passed }, { attestation });
      const { trustedRoot } = yard;
      expect(
        await verifyEvaluation(
          { section, requireAttestation: 'true', trustedRoot, token: undefined },
          yard.context,
        ),
      ).toEqual({ kind: 'verified', notices: [] });
    },
  );

  it('signs nothing where it is off, without id-token and without a digest, and says why when it must', async () => {
    await using yard = await openYard();
    const environment = { ...yard.context.environment, ACTIONS_ID_TOKEN_REQUEST_URL: undefined };
    const without = { ...yard.context, environment };
    const nothing = { attestation: null, notices: [] };
    const request = { mode: 'auto', token: undefined, judged } as const;
    expect(await attestEvaluation({ ...request, mode: 'false' }, yard.context, unsigned)).toEqual(nothing);
    expect(await attestEvaluation(request, without, unsigned)).toEqual(nothing);
    expect(yard.lines).toEqual(['debug: Not attested. The job has no `id-token: write`.']);
    const noDigest = { ...judged, body: bodyOf({ modelDigest: null }) };
    expect(await attestEvaluation({ ...request, judged: noDigest }, yard.context, unsigned)).toEqual(nothing);
    const failure = attestEvaluation({ ...request, mode: 'true' }, without, unsigned);
    await expect(failure).rejects.toThrow(UsageError);
    await expect(failure).rejects.toThrow('Input "attest" is true, and nothing can be attested.');
  });

  it('names the missing permission, and leaves the verdict alone', async () => {
    await using yard = await openYard();
    const token = yard.fake.token({ permissions: { contents: 'read', attestations: 'read' } });
    const request = { mode: 'auto', token, judged } as const;
    const { attestation, notices } = await attestEvaluation(request, yard.context, signing(yard));
    expect(attestation).toBeNull();
    expect(notices.join()).toMatch(/^The evaluation is not attested: .*`attestations: write` is missing/);
    const failure = attestEvaluation({ ...request, mode: 'true' }, yard.context, signing(yard));
    await expect(failure).rejects.toThrow('`attestations: write`');
    yard.fake.takeViolations();
  });

  it('tells in auto that Sigstore did not answer, and is an error where it must', async () => {
    await using yard = await openYard();
    const silent = (): Promise<never> => Promise.reject(new Error('error creating signing certificate'));
    const request = { mode: 'auto', token: undefined, judged } as const;
    expect(await attestEvaluation(request, yard.context, silent)).toEqual({
      attestation: null,
      notices: ['The evaluation is not attested: error creating signing certificate'],
    });
    const failure = attestEvaluation({ ...request, mode: 'true' }, yard.context, silent);
    await expect(failure).rejects.toThrow(InfrastructureError);
    expect(yard.fake.world.attestations).toEqual([]);
  });
});

describe('where nothing can be attested', () => {
  const granted = {
    onRunner: true,
    serverUrl: 'https://github.com',
    worker: false,
    idToken: true,
    token: true,
  };

  it.each([
    [{}, undefined],
    [{ onRunner: false }, /terminal/],
    [{ serverUrl: 'https://ghes.acme.test' }, /ghes.acme.test keeps no attestations/],
    [{ serverUrl: null }, /The server keeps no attestations/],
    [{ worker: true }, /identity of another run/],
    [{ idToken: false }, /`id-token: write`/],
    [{ token: false }, /No token/],
  ])('%j', (changed, reason) => {
    const why = whyNotAttested({ ...granted, ...changed });
    if (reason === undefined) expect(why).toBeUndefined();
    else expect(why?.reason).toMatch(reason);
  });
});
