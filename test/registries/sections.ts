import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileReference, FileRole } from '../../shared/record/common.ts';
import type { SectionOf } from '../../shared/record/section.ts';
import type { LocalFile } from '../../shared/registries/registry.ts';
import { trainingBodyOf } from '../record/training-body.ts';

export const sha256 = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex');

/** Writes a real file and returns its reference with its place. */
export async function localFile(
  folder: string,
  path: string,
  content: string | Buffer,
  role: FileRole = 'model',
): Promise<LocalFile> {
  const place = join(folder, path);
  await mkdir(dirname(place), { recursive: true });
  await writeFile(place, content);
  const reference: FileReference = {
    path,
    role,
    bytes: Buffer.byteLength(content),
    sha256: sha256(content),
    locations: [{ kind: 'file', path: place }],
  };
  return { reference, path: place };
}

const HEAD = {
  schemaVersion: 1 as const,
  subject: 'digits',
  dataset: 'digits-data',
  verdict: 'pass' as const,
  passed: true,
  summary: 'All rules hold.',
  blame: null,
  notices: [],
  created: '2026-11-22T16:00:00.000Z',
  durationMs: 1200,
  cost: null,
  commit: {
    repository: 'acme/yard',
    headSha: 'a'.repeat(40),
    baseSha: 'b'.repeat(40),
    treeHash: 'c'.repeat(40),
    ref: 'refs/heads/main',
    event: 'push',
    pullRequest: null,
    fork: false,
    dirty: false,
    patchDigest: null,
  },
  run: {
    id: '42',
    number: 7,
    attempt: 1,
    url: 'https://github.com/acme/yard/actions/runs/42',
    workflow: 'main',
    job: 'model',
    key: 'model',
    actor: 'ann',
  },
};

/** A training section with the given files, as train-model would write it. */
export function trainingSection(
  files: readonly FileReference[],
  modelDigest: string,
  overrides: Partial<SectionOf<'training'>> = {},
): SectionOf<'training'> {
  return {
    ...HEAD,
    kind: 'training',
    body: trainingBodyOf({
      parameters: { trees: 20 },
      environment: {
        os: 'Linux',
        interpreter: { name: 'Python', version: '3.12.1' },
        lockFiles: [],
        image: null,
        packages: [],
        variables: {},
      },
      seed: 7,
      codeFingerprint: 'd'.repeat(64),
      dataFingerprint: 'e'.repeat(64),
      metrics: { accuracy: 0.97 },
      files: [...files],
      modelDigest,
    }),
    ...overrides,
  };
}

/** An evaluation section of the given model digest, as evaluate-gate would write it. */
export function evaluationSection(
  modelDigest: string | null,
  overrides: Partial<SectionOf<'evaluation'>> = {},
): SectionOf<'evaluation'> {
  return {
    ...HEAD,
    kind: 'evaluation',
    body: {
      candidate: { what: "this run's training", from: 'run', version: null, modelDigest },
      baseline: null,
      firstRun: true,
      gate: null,
      rules: [],
      metrics: [{ name: 'accuracy', value: 0.97, baseline: null, n: 360 }],
      confusion: null,
      predictionsBy: 'training',
      modelDigest,
      evaluationSetDigest: null,
      predictionsDigest: null,
    },
    ...overrides,
  };
}

/** A data section that passed. */
export function dataSection(overrides: Partial<SectionOf<'data'>> = {}): SectionOf<'data'> {
  return {
    ...HEAD,
    kind: 'data',
    subject: 'digits-data',
    dataset: null,
    run: { ...HEAD.run, job: 'data', key: 'data' },
    body: {
      sources: [
        {
          split: 'train',
          uri: 'data/train.parquet',
          format: 'parquet',
          rows: 1437,
          columns: 65,
          bytes: 9,
          sha256: 'f'.repeat(64),
        },
      ],
      contract: null,
      checks: [],
      profile: [],
      dataFingerprint: 'e'.repeat(64),
    },
    ...overrides,
  };
}
