import { describe, expect, it } from 'vitest';
import { dataSection, evaluationSection, trainingSection } from '../../../../test/registries/sections.ts';
import { type Admission, decideAdmission, type ModelRecord } from './admission.ts';

const DIGEST = 'a'.repeat(64);

function recordOf(parts: Partial<ModelRecord> = {}): ModelRecord {
  return {
    training: trainingSection([], DIGEST),
    evaluation: evaluationSection(DIGEST),
    data: [dataSection()],
    ...parts,
  };
}

const bodyless = { passed: false, body: null } as const;

const CASES: {
  title: string;
  record: ModelRecord;
  kind: Admission['kind'];
  reason?: RegExp;
  owner?: string;
  lenient?: Admission['kind'];
}[] = [
  { title: 'everything passed', record: recordOf(), kind: 'admitted' },
  { title: 'no data was checked', record: recordOf({ data: [] }), kind: 'admitted' },
  {
    title: 'the evaluation was skipped and stands for a pass',
    record: recordOf({ evaluation: evaluationSection(DIGEST, { verdict: 'skipped', passed: true }) }),
    kind: 'admitted',
  },
  {
    title: 'the data was inconclusive',
    record: recordOf({ data: [dataSection({ verdict: 'inconclusive', passed: false })] }),
    kind: 'admitted',
  },
  {
    title: 'no gate has judged',
    record: recordOf({ evaluation: undefined }),
    kind: 'refused',
    reason: /No gate has judged digits in this run/,
    owner: 'configuration',
    lenient: 'admitted',
  },
  {
    title: 'the evaluation failed',
    record: recordOf({
      evaluation: evaluationSection(DIGEST, { verdict: 'fail', passed: false, summary: 'accuracy fell.' }),
    }),
    kind: 'refused',
    reason: /evaluation of digits ended as fail: accuracy fell/,
    owner: 'model',
    lenient: 'admitted',
  },
  {
    title: 'the evaluation could not measure',
    record: recordOf({
      evaluation: evaluationSection(null, {
        verdict: 'error',
        ...bodyless,
        blame: { owner: 'infrastructure', message: 'm', remedy: null, contact: null },
      }),
    }),
    kind: 'refused',
    reason: /ended as error/,
    owner: 'infrastructure',
    lenient: 'admitted',
  },
  {
    title: 'the evaluation was inconclusive',
    record: recordOf({
      evaluation: evaluationSection(DIGEST, {
        verdict: 'inconclusive',
        passed: false,
        summary: 'Too few rows.',
      }),
    }),
    kind: 'skipped',
    reason: /was inconclusive: Too few rows/,
    lenient: 'admitted',
  },
  {
    title: 'the evaluation has not ended',
    record: recordOf({ evaluation: evaluationSection(null, { verdict: 'pending', ...bodyless }) }),
    kind: 'skipped',
    reason: /evaluation of digits has not ended/,
    lenient: 'admitted',
  },
  {
    title: 'the gate has passed another model',
    record: recordOf({ evaluation: evaluationSection('b'.repeat(64)) }),
    kind: 'refused',
    reason: /passed the model bbbbbbbbbbbb, and not this model, aaaaaaaaaaaa/,
    owner: 'configuration',
    lenient: 'admitted',
  },
  {
    title: 'the gate has passed no digest at all',
    record: recordOf({ evaluation: evaluationSection(null) }),
    kind: 'refused',
    reason: /passed no model digest, and not this model/,
    lenient: 'admitted',
  },
  {
    title: 'the data failed',
    record: recordOf({
      data: [dataSection(), dataSection({ verdict: 'fail', passed: false, summary: '3 rules.' })],
    }),
    kind: 'refused',
    reason: /data of digits-data ended as fail: 3 rules/,
    owner: 'data',
    lenient: 'admitted',
  },
  {
    title: 'the data failed and the evaluation was inconclusive',
    record: recordOf({
      data: [dataSection({ verdict: 'error', passed: false })],
      evaluation: evaluationSection(DIGEST, { verdict: 'inconclusive', passed: false }),
    }),
    kind: 'refused',
    reason: /data of digits-data ended as error/,
    lenient: 'admitted',
  },
  {
    title: 'the training failed',
    record: recordOf({ training: trainingSection([], DIGEST, { verdict: 'fail', passed: false }) }),
    kind: 'refused',
    reason: /training of digits ended as fail/,
    owner: 'code',
    lenient: 'refused',
  },
  {
    title: 'the training has not ended',
    record: recordOf({ training: trainingSection([], DIGEST, { verdict: 'pending', ...bodyless }) }),
    kind: 'skipped',
    reason: /training of digits has not ended/,
    lenient: 'skipped',
  },
];

describe('decideAdmission', () => {
  it.each(CASES)('says $kind where $title', ({ record, kind, reason, owner }) => {
    const admission = decideAdmission(record, true);
    expect(admission.kind).toBe(kind);
    if (admission.kind === 'admitted') expect(admission.notices).toEqual([]);
    else expect(admission.reason).toMatch(reason ?? /never/);
    if (admission.kind === 'refused' && owner !== undefined) expect(admission.owner).toBe(owner);
  });

  it.each(CASES)('without requiring the gate says it where $title', ({ record, kind, lenient, reason }) => {
    const admission = decideAdmission(record, false);
    expect(admission.kind).toBe(lenient ?? kind);
    if (admission.kind !== 'admitted') return;
    expect(admission.notices[0]).toMatch(/require-gate: false/);
    if (kind !== 'admitted') expect(admission.notices.slice(1).join('\n')).toMatch(reason ?? /never/);
  });

  it('refuses a training without a model', () => {
    const section = trainingSection([], DIGEST);
    const training = {
      ...section,
      body: section.body === null ? null : { ...section.body, modelDigest: null },
    };
    const admission = decideAdmission(recordOf({ training, evaluation: evaluationSection(null) }), true);
    expect(admission).toMatchObject({
      kind: 'refused',
      reason: 'The training of digits declared no file of role model.',
    });
  });
});
