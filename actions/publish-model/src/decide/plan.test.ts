import { describe, expect, it } from 'vitest';
import type { Version } from '../../../../shared/registries/registry.ts';
import { dataSection, evaluationSection, trainingSection } from '../../../../test/registries/sections.ts';
import { finishedOutcome, unpublishedOutcome } from './outcome.ts';
import { planPublication } from './plan.ts';

const DIGEST = 'a'.repeat(64);

function versionOf(version: string, overrides: Partial<Version> = {}): Version {
  return {
    model: 'digits',
    version,
    modelDigest: version.padEnd(64, '0'),
    manifestDigest: `sha256:${'c'.repeat(64)}`,
    created: '2026-11-22T16:00:00.000Z',
    aliases: [],
    files: [],
    url: null,
    ...overrides,
  };
}

const FILES = [{ bytes: 1000 }, { bytes: 500 }];
const FACTS = {
  record: {
    training: trainingSection([], DIGEST),
    evaluation: evaluationSection(DIGEST),
    data: [dataSection()],
  },
  dataset: 'digits-data',
  registry: 'directory:registry',
  gateRequired: true,
};
const CARD = { path: 'README.md', sha256: 'd'.repeat(64) };

describe('planPublication', () => {
  it('begins with v1', () => {
    expect(planPublication([], DIGEST, 'candidate', FILES)).toEqual({
      existing: undefined,
      version: 'v1',
      alias: { name: 'candidate', from: null, to: 'v1' },
      files: 2,
      bytes: 1500,
    });
  });

  it('never fills a gap', () => {
    const versions = [versionOf('v9'), versionOf('v10', { aliases: ['candidate'] })];
    expect(planPublication(versions, DIGEST, 'candidate', FILES).alias).toEqual({
      name: 'candidate',
      from: 'v10',
      to: 'v11',
    });
  });

  it('takes the version that holds this very model', () => {
    const same = versionOf('v2', { modelDigest: DIGEST });
    const plan = planPublication(
      [versionOf('v3', { aliases: ['candidate'] }), same],
      DIGEST,
      'candidate',
      FILES,
    );
    expect(plan.existing).toBe(same);
    expect(plan.alias).toEqual({ name: 'candidate', from: 'v3', to: 'v2' });
  });
});

describe('finishedOutcome', () => {
  const plan = planPublication([versionOf('v1', { aliases: ['candidate'] })], DIGEST, 'candidate', FILES);
  const finished = { ...FACTS, plan, card: CARD, notices: [] };
  const version = versionOf('v2', { modelDigest: DIGEST, url: 'https://example.org/v2' });

  it('tells what was published', () => {
    const outcome = finishedOutcome({ ...finished, mode: 'publish', published: { version, created: true } });
    expect(outcome).toMatchObject({
      verdict: 'pass',
      summary:
        'digits is published as v2 in directory:registry (2 files, 1.5 kB); alias candidate points at it.',
      outputs: {
        version: 'v2',
        'manifest-digest': `sha256:${'c'.repeat(64)}`,
        url: 'https://example.org/v2',
        registry: 'directory:registry',
      },
    });
    expect(outcome.body?.targets[0]).toMatchObject({
      state: 'published',
      version: 'v2',
      files: 2,
      bytes: 1500,
    });
    expect(outcome.body?.alias).toEqual({ name: 'candidate', from: 'v1', to: 'v2' });
  });

  it('tells what was published before', () => {
    const outcome = finishedOutcome({ ...finished, mode: 'publish', published: { version, created: false } });
    expect(outcome.summary).toBe(
      'digits was published already as v2 in directory:registry; alias candidate points at it.',
    );
    expect(outcome.body?.targets[0]?.state).toBe('already-published');
  });

  it('names the version that another publisher left over', () => {
    const v3 = versionOf('v3', { modelDigest: DIGEST });
    const outcome = finishedOutcome({
      ...finished,
      mode: 'publish',
      published: { version: v3, created: true },
    });
    expect(outcome.body?.alias?.to).toBe('v3');
  });

  it('plans a new version without allocating it', () => {
    const outcome = finishedOutcome({ ...finished, mode: 'plan', published: undefined });
    expect(outcome.summary).toBe(
      'digits would be published as v2 in directory:registry (2 files, 1.5 kB); alias candidate would move from v1 to v2.',
    );
    expect(outcome.body?.targets[0]).toMatchObject({ state: 'planned', version: null });
    expect(outcome.outputs).toMatchObject({ version: '', 'manifest-digest': '', url: '' });
    const one = finishedOutcome({
      ...finished,
      mode: 'plan',
      published: undefined,
      plan: planPublication([], DIGEST, 'candidate', [{ bytes: 5 }]),
    });
    expect(one.summary).toContain('(1 file, 5 B); alias candidate would move from nothing to v1.');
  });

  it('plans nothing new for a model that is published', () => {
    const again = planPublication(
      [versionOf('v2', { modelDigest: DIGEST, aliases: ['candidate'] })],
      DIGEST,
      'candidate',
      FILES,
    );
    const outcome = finishedOutcome({ ...finished, plan: again, mode: 'plan', published: undefined });
    expect(outcome.summary).toBe(
      'digits is published already as v2 in directory:registry; alias candidate stays at v2.',
    );
    expect(outcome.outputs['version']).toBe('v2');
  });

  it('has no model digest where the training has no body', () => {
    const record = { ...FACTS.record, training: trainingSection([], DIGEST, { body: null }) };
    expect(
      finishedOutcome({ ...finished, record, mode: 'plan', published: undefined }).body?.modelDigest,
    ).toBeNull();
  });
});

describe('unpublishedOutcome', () => {
  it('is skipped with the reason', () => {
    expect(unpublishedOutcome(FACTS, { kind: 'skipped', reason: 'Too few rows.' })).toMatchObject({
      verdict: 'skipped',
      passed: false,
      summary: 'Not published. Too few rows.',
      blame: null,
    });
  });

  it('is an error with blame and remedy', () => {
    const outcome = unpublishedOutcome(FACTS, {
      kind: 'refused',
      owner: 'model',
      reason: 'It failed.',
      remedy: 'Train again.',
    });
    expect(outcome).toMatchObject({
      verdict: 'error',
      blame: { owner: 'model', message: 'It failed.', remedy: 'Train again.' },
      annotations: [{ severity: 'error', message: 'It failed. Train again.' }],
    });
  });
});
