import type { Commit, Run } from '../../shared/record/common.ts';
import { SCHEMA_VERSION, type SectionOf } from '../../shared/record/section.ts';
import type { TrainingBody } from '../../shared/record/training-section.ts';

interface Overrides {
  readonly subject?: string;
  readonly verdict?: 'pass' | 'fail';
  readonly commit?: Partial<Commit>;
  readonly run?: Partial<Run>;
  readonly body?: TrainingBody | null;
}

export const TREE = 'a'.repeat(40);

export function commitOf(overrides: Partial<Commit> = {}): Commit {
  return {
    repository: 'acme/digits',
    headSha: 'c'.repeat(40),
    baseSha: null,
    treeHash: TREE,
    ref: 'refs/heads/main',
    event: 'push',
    pullRequest: null,
    fork: false,
    dirty: false,
    patchDigest: null,
    ...overrides,
  };
}

export function runOf(overrides: Partial<Run> = {}): Run {
  return {
    id: '42',
    number: 7,
    attempt: 1,
    url: null,
    workflow: 'ci',
    job: 'train',
    key: 'train',
    actor: null,
    ...overrides,
  };
}

/** A training section that may be believed, but for the overrides. */
export function trainingSection(overrides: Overrides): SectionOf<'training'> {
  const { subject = 'digits', verdict = 'pass', commit, run, body = null } = overrides;
  return {
    kind: 'training',
    schemaVersion: SCHEMA_VERSION,
    subject,
    dataset: null,
    verdict,
    passed: verdict === 'pass',
    summary: 'trained',
    blame: null,
    notices: [],
    created: '2026-11-22T00:00:00.000Z',
    durationMs: 1,
    cost: null,
    commit: commitOf(commit),
    run: runOf(run),
    body,
  };
}
