import { expect, it } from 'vitest';
import { CLAIM, evaluated } from '../../test/attestation/evaluation.ts';
import { evaluationBlocks } from './evaluation-blocks.ts';
import { linkerOf } from './links.ts';

it('says in one line where the attestation lies, and links it only into the repository', () => {
  const { body } = evaluated({}, { attestation: CLAIM });
  if (body === null) throw new Error('no body');
  const factsFor = (repository: string): unknown[] =>
    evaluationBlocks(body, 'pass', linkerOf(repository)).flatMap((block) =>
      block.kind === 'facts' ? block.facts.filter(({ label }) => label === 'Attested by the gate') : [],
    );
  expect(factsFor('https://github.com/acme/digits')).toMatchObject([
    { value: { text: '7', url: CLAIM.url } },
  ]);
  expect(factsFor('https://github.com/evil/digits')).not.toMatchObject([{ value: { url: CLAIM.url } }]);
});
