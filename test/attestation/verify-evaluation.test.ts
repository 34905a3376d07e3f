import { describe, expect, it } from 'vitest';
import type { AttestationVerdict } from '../../shared/attestation/decide/judge-attestations.ts';
import { verifyEvaluation } from '../../shared/attestation/verify-evaluation.ts';
import { InfrastructureError } from '../../shared/errors.ts';
import type { SectionOf } from '../../shared/record/section.ts';
import { commitOf, runOf } from '../record/sections.ts';
import { terminalOrigin } from '../terminal-origin.ts';
import { CLAIM, evaluated, predicate } from './evaluation.ts';
import { startSigstore } from './sigstore.ts';
import { openYard, type Yard } from './yard.ts';

const LIST = 'GET .*/attestations/sha256';
const claiming = evaluated({}, { attestation: CLAIM });

function verify(
  yard: Yard,
  section: SectionOf<'evaluation'> = claiming,
  requireAttestation: 'auto' | 'true' | 'false' = 'auto',
  context: Yard['context'] = yard.context,
): Promise<AttestationVerdict> {
  const { trustedRoot } = yard;
  return verifyEvaluation({ section, requireAttestation, trustedRoot, token: undefined }, context);
}

describe('verifying an evaluation', () => {
  it('admits one that the gate of its run attested, among those of other runs', async () => {
    await using yard = await openYard();
    for (let run = 1; run <= 33; run += 1) {
      yard.keep(await yard.sigstore.sign(predicate(), { run_id: String(run) }));
    }
    yard.fake.world.attestations.unshift(...yard.fake.world.attestations.splice(-1));
    expect(await verify(yard)).toMatchObject({ kind: 'refused' });
    const bundle = await yard.sigstore.sign(predicate());
    yard.keep(bundle);
    // Oldest, so that it lies on the second page.
    const { attestations } = yard.fake.world;
    attestations.unshift(...attestations.splice(-1));
    expect(await verify(yard)).toEqual({ kind: 'verified', notices: [] });
    expect(yard.lines).toContain(
      'info:   attestation: verified, signed by https://github.com/acme/digits/actions/runs/42/attempts/1',
    );
  });

  it('admits an old section without attestation as before, and not where one is demanded', async () => {
    await using yard = await openYard();
    expect(await verify(yard, evaluated())).toEqual({ kind: 'not-attested' });
    expect(await verify(yard, evaluated(), 'true')).toMatchObject({ kind: 'refused' });
    expect(await verify(yard, claiming)).toMatchObject({ kind: 'refused' });
    expect(await verify(yard, claiming, 'false')).toEqual({ kind: 'not-attested' });
  });

  it('refuses a section that says pass where fail was attested, also if it hides the attestation', async () => {
    await using yard = await openYard();
    yard.keep(await yard.sigstore.sign(predicate(evaluated({ verdict: 'fail', passed: false }))));
    for (const section of [claiming, evaluated()]) {
      expect(await verify(yard, section)).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('its verdict differs (fail is attested, pass is said)') as unknown,
      });
    }
  });

  it('refuses the replay of an old pass of the same model by another run', async () => {
    await using yard = await openYard();
    yard.keep(await yard.sigstore.sign(predicate(), { run_id: '41' }));
    expect(await verify(yard)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/attested by another run .*runs\/41/) as unknown,
    });
  });

  it('refuses one of another repository and of another commit', async () => {
    for (const claims of [{ repository: 'evil/digits' }, { sha: 'f'.repeat(40) }]) {
      await using yard = await openYard();
      yard.keep(await yard.sigstore.sign(predicate(), claims));
      expect(await verify(yard)).toMatchObject({ kind: 'refused' });
    }
  });

  it('refuses one that an authority of the attacker signed, even if the section claims none', async () => {
    await using yard = await openYard();
    await using stranger = await startSigstore();
    yard.keep(await stranger.sign(predicate()));
    for (const section of [claiming, evaluated()]) {
      expect(await verify(yard, section)).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('cannot be believed: it does not verify') as unknown,
      });
    }
  });

  it('refuses garbage, and tells of it beside a good one', async () => {
    await using yard = await openYard();
    yard.keep({ dsseEnvelope: { payload: 'AAAA' } });
    expect(await verify(yard)).toMatchObject({ kind: 'refused' });
    yard.keep(await yard.sigstore.sign(predicate()));
    expect(await verify(yard)).toMatchObject({
      kind: 'verified',
      notices: [expect.stringContaining('no Sigstore bundle')],
    });
  });

  it('does not look away where GitHub fails, and tells what a token may not see', async () => {
    await using yard = await openYard();
    const environment = {
      ...yard.context.environment,
      GITHUB_TOKEN: yard.fake.token({ permissions: { contents: 'read' } }),
    };
    const blind = { ...yard.context, environment };
    expect(await verify(yard, evaluated(), 'auto', blind)).toEqual({ kind: 'not-attested' });
    expect(await verify(yard, claiming, 'auto', blind)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('cannot be read') as unknown,
    });
    yard.fake.fail({ kind: 'bad-gateway', on: LIST });
    await expect(verify(yard, evaluated())).rejects.toThrow(InfrastructureError);
    yard.fake.faults.clear();
    // GitHub says the same of a digest that nothing attests.
    yard.fake.world.repositories.delete('acme/digits');
    expect(await verify(yard, evaluated())).toEqual({ kind: 'not-attested' });
    expect(await verify(yard)).toMatchObject({ kind: 'refused' });
  }, 30_000);

  it('reads no answer without end', async () => {
    await using yard = await openYard();
    yard.keep({ dsseEnvelope: {}, mediaType: 'x'.repeat(145 * 1024 * 1024) });
    await expect(verify(yard)).rejects.toThrow('the answer has more than 150994944 bytes');
  }, 30_000);

  it('gives up where somebody flooded the model with attestations', async () => {
    await using yard = await openYard();
    for (let count = 0; count < 331; count += 1) yard.keep({ dsseEnvelope: {} });
    await expect(verify(yard)).rejects.toThrow('more than 300 attestations');
  });

  it('asks nobody about a section of a terminal, of another repository or of a server without attestations', async () => {
    await using yard = await openYard();
    const elsewhere = evaluated({ commit: commitOf({ repository: 'acme/models' }) }, { attestation: CLAIM });
    const ghes = {
      ...yard.context,
      origin: terminalOrigin({ repository: 'acme/digits', serverUrl: 'https://ghes.acme.test' }),
    };
    const terminal = evaluated({ run: runOf({ id: 'terminal' }) });
    expect(await verify(yard, terminal)).toEqual({ kind: 'not-attested' });
    expect(await verify(yard, terminal, 'true')).toMatchObject({ kind: 'refused' });
    expect(await verify(yard, elsewhere)).toMatchObject({ kind: 'refused' });
    expect(await verify(yard, evaluated(), 'auto', ghes)).toEqual({ kind: 'not-attested' });
    expect(await verify(yard, claiming, 'auto', ghes)).toMatchObject({ kind: 'refused' });
    expect(yard.fake.exchanges).toEqual([]);
  });

  it('asks nobody without a token, unless an attestation is claimed', async () => {
    await using yard = await openYard();
    const environment = { ...yard.context.environment, GITHUB_TOKEN: undefined };
    const context = { ...yard.context, environment };
    expect(await verify(yard, evaluated(), 'auto', context)).toEqual({ kind: 'not-attested' });
    expect(await verify(yard, claiming, 'auto', context)).toMatchObject({ kind: 'refused' });
    expect(await verify(yard, evaluated({}, { modelDigest: null }))).toEqual({ kind: 'not-attested' });
  });
});
