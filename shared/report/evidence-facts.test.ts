import { expect, it } from 'vitest';
import { evaluationBody } from '../../test/report/fixtures.ts';
import type { FileReference } from '../record/common.ts';
import { evidenceFacts } from './examination-blocks.ts';

const EVIDENCE: FileReference = {
  path: '.trainyard/digits/evidence.parquet',
  role: 'predictions',
  bytes: 12_300,
  sha256: 'ab'.repeat(32),
  locations: [{ kind: 'file', path: '/home/ada/work/.trainyard/digits/evidence.parquet' }],
};

it('says in one line where the evidence is, and shows no path of a machine', () => {
  const facts = evidenceFacts({ ...evaluationBody(), evidence: EVIDENCE });
  expect(facts).toHaveLength(1);
  const [words] = facts.map((fact) => JSON.stringify(fact));
  expect(words).toContain('predictions without labels: .trainyard/digits/evidence.parquet (12');
  expect(words).not.toContain('/home/ada');
});

it('names the artifact where there is one', () => {
  const artifact = 'trainyard.digits.files.gate.1';
  const locations = [...EVIDENCE.locations, { kind: 'artifact' as const, artifact, runId: '42' }];
  const evidence = { ...EVIDENCE, path: 'evidence.parquet', locations };
  expect(JSON.stringify(evidenceFacts({ ...evaluationBody(), evidence }))).toContain(
    `evidence.parquet of the artifact ${artifact} (`,
  );
});

it('says nothing where none was kept', () => {
  expect(evidenceFacts({ ...evaluationBody(), evidence: null })).toEqual([]);
  const older = { ...evaluationBody() };
  delete older.evidence;
  expect(evidenceFacts(older)).toEqual([]);
});
