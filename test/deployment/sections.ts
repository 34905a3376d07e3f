import type { Kind } from '../../shared/names.ts';
import type { BodyOf, SectionOf } from '../../shared/record/section.ts';
import { parseSection } from '../../shared/record/section.ts';
import { trainingBodyOf } from '../record/training-body.ts';

/** The head of every section of these tests. */
const HEAD = {
  schemaVersion: 1,
  subject: 'digits',
  dataset: null,
  verdict: 'pass',
  passed: true,
  summary: 'As it should be.',
  blame: null,
  notices: [],
  created: '2026-11-22T12:00:00Z',
  durationMs: 1,
  cost: null,
  commit: {
    repository: null,
    headSha: null,
    baseSha: null,
    treeHash: null,
    ref: null,
    event: 'terminal',
    pullRequest: null,
    fork: false,
    dirty: false,
    patchDigest: null,
  },
  run: {
    id: 'terminal',
    number: 0,
    attempt: 1,
    url: null,
    workflow: null,
    job: null,
    key: 'local',
    actor: null,
  },
} as const;

/** A section that is valid as the reader demands. */
export function section<K extends Kind>(
  kind: K,
  body: BodyOf<K> | null,
  head: Partial<Record<keyof typeof HEAD, unknown>> = {},
): SectionOf<K> {
  const parsed = parseSection(JSON.stringify({ kind, ...HEAD, ...head, body }), 'a test');
  if (parsed.kind === kind) return parsed as SectionOf<K>;
  throw new Error(`The section is of the kind ${parsed.kind}.`);
}

export function evaluation(
  modelDigest: string | null,
  head: Partial<Record<keyof typeof HEAD, unknown>> = {},
): SectionOf<'evaluation'> {
  return section(
    'evaluation',
    {
      candidate: { what: 'this run', from: 'run', version: null, modelDigest },
      baseline: null,
      firstRun: true,
      gate: null,
      rules: [],
      metrics: [],
      confusion: null,
      predictionsBy: 'training',
      modelDigest,
      evaluationSetDigest: null,
      predictionsDigest: null,
    },
    head,
  );
}

export function publication(
  target: { registry: string; version: string | null; state: 'published' | 'planned' },
  modelDigest: string,
  head: Partial<Record<keyof typeof HEAD, unknown>> = {},
): SectionOf<'publication'> {
  return section(
    'publication',
    {
      mode: target.state === 'planned' ? 'plan' : 'publish',
      targets: [{ ...target, manifestDigest: null, url: null, files: 1, bytes: 1 }],
      card: null,
      alias: null,
      gateRequired: true,
      modelDigest,
    },
    head,
  );
}

export function training(
  files: BodyOf<'training'>['files'],
  modelDigest: string | null,
): SectionOf<'training'> {
  return section('training', trainingBodyOf({ files, modelDigest }));
}
