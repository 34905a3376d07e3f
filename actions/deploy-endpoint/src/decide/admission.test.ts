import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../../shared/verdict.ts';
import { admit, type AdmissionFacts } from './admission.ts';

const GOOD: AdmissionFacts = {
  requireGate: true,
  mode: 'deploy',
  modelDigest: 'a',
  evaluation: { verdict: 'pass', summary: 'Good.', modelDigest: 'a', ownPolicy: undefined },
  publication: { verdict: 'pass', summary: 'Published.', mode: 'publish' },
  data: [{ dataset: 'scans', verdict: 'pass', summary: 'Clean.' }],
};
const evaluation = (verdict: Verdict): Partial<AdmissionFacts> => ({
  evaluation: { verdict, summary: 'So.', modelDigest: 'a', ownPolicy: undefined },
});
const OWN_RULES: Partial<AdmissionFacts> = {
  evaluation: { verdict: 'pass', summary: 'So.', modelDigest: 'a', ownPolicy: 'Rules of its own.' },
};
const publication = (verdict: Verdict, mode?: 'publish' | 'plan'): Partial<AdmissionFacts> => ({
  publication: { verdict, summary: 'So.', mode },
});

describe('admit', () => {
  it.each<[string, Partial<AdmissionFacts>, string]>([
    ['all is well', {}, 'admitted'],
    ['the digest is not known yet', { modelDigest: undefined }, 'admitted'],
    ['the publication was another run', { publication: undefined }, 'admitted'],
    [
      'data were too few to judge',
      { data: [{ dataset: 'd', verdict: 'inconclusive', summary: '' }] },
      'admitted',
    ],
    [
      'no gate is asked for',
      { requireGate: false, evaluation: undefined, ...publication('error') },
      'admitted',
    ],
    ['a plan follows a planned publication', { mode: 'plan', ...publication('pass', 'plan') }, 'admitted'],
    ['a plan follows a failed publication', { mode: 'plan', ...publication('error') }, 'admitted'],
    ['no gate has examined it', { evaluation: undefined }, 'refused configuration'],
    ['the gate failed it', evaluation('fail'), 'refused model'],
    ['the gate could not measure', evaluation('error'), 'refused infrastructure'],
    ['the gate has not ended', evaluation('pending'), 'refused infrastructure'],
    ['the gate could not decide', evaluation('inconclusive'), 'skipped'],
    ['the gate was skipped', evaluation('skipped'), 'skipped'],
    ['the gate passed it by its own rules', OWN_RULES, 'skipped'],
    ['a plan follows such a gate', { ...OWN_RULES, mode: 'plan' }, 'admitted'],
    ['the gate passed another', { modelDigest: 'b' }, 'refused configuration'],
    ['the data failed', { data: [{ dataset: 'd', verdict: 'fail', summary: '' }] }, 'refused data'],
    [
      'the data could not be checked',
      { data: [{ dataset: 'd', verdict: 'error', summary: '' }] },
      'refused data',
    ],
    ['the publication failed', publication('error'), 'refused infrastructure'],
    ['the publication was skipped', publication('skipped'), 'skipped'],
    ['the publication was planned', publication('pass', 'plan'), 'refused configuration'],
  ])('where %s', (_what, overrides, expected) => {
    const admission = admit({ ...GOOD, ...overrides });
    expect(admission.kind === 'refused' ? `refused ${admission.owner}` : admission.kind).toBe(expected);
  });
});
