import { predicateOf } from '../../shared/attestation/decide/predicate-of.ts';
import type { EvaluationPredicate } from '../../shared/attestation/predicate.ts';
import type { EvaluationBody } from '../../shared/record/evaluation-section.ts';
import type { SectionOf } from '../../shared/record/section.ts';
import { commitOf, runOf } from '../record/sections.ts';
import { evaluationSection } from '../registries/sections.ts';

export const DIGEST = 'd'.repeat(64);
export const CLAIM = {
  id: '7',
  url: 'https://github.com/acme/digits/attestations/7',
  bundleSha256: 'e'.repeat(64),
};

/** An evaluation of acme/digits by run 42, which a push made. */
export function evaluated(
  overrides: Partial<SectionOf<'evaluation'>> = {},
  body: Partial<EvaluationBody> = {},
): SectionOf<'evaluation'> {
  const section = evaluationSection(DIGEST);
  if (section.body === null) throw new Error('the section has no body');
  return {
    ...section,
    commit: commitOf(),
    run: runOf({ job: 'gate', key: 'gate' }),
    body: { ...section.body, ...body },
    ...overrides,
  };
}

export function predicate(section: SectionOf<'evaluation'> = evaluated()): EvaluationPredicate {
  const made = predicateOf(section);
  if (made === undefined) throw new Error('the section judges no digest');
  return made;
}
