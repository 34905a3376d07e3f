import { describe, expect, it } from 'vitest';
import { whyOwnPolicy } from '../../../../shared/record/own-policy.ts';
import { dataSection, evaluationSection, trainingSection } from '../../../../test/registries/sections.ts';
import { decideAdmission } from './admission.ts';

const DIGEST = 'a'.repeat(64);

/** A pass by a policy that was taken from there. */
function passed(from: 'base' | 'head' | 'commit' | 'working-tree') {
  const section = evaluationSection(DIGEST);
  const gate = { path: 'gate.yml', digest: DIGEST, from, ref: null, newInHead: false, diff: null };
  return { ...section, body: section.body === null ? null : { ...section.body, gate } };
}

describe('a gate that was passed by rules of the pull request under test', () => {
  it('is not taken for publishing, and it is said why', () => {
    const record = {
      training: trainingSection([], DIGEST),
      evaluation: passed('head'),
      data: [dataSection()],
    };
    expect(decideAdmission(record, true)).toMatchObject({
      kind: 'skipped',
      reason: expect.stringContaining('(gate.yml), which were not in force') as string,
    });
    expect(decideAdmission(record, false).kind).toBe('admitted');
  });

  it.each(['base', 'commit', 'working-tree'] as const)('is told from rules of the %s', (from) => {
    expect(whyOwnPolicy(passed(from))).toBeUndefined();
    const record = { training: trainingSection([], DIGEST), evaluation: passed(from), data: [] };
    expect(decideAdmission(record, true).kind).toBe('admitted');
  });
});
