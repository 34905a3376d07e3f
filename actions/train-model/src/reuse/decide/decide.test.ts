import { describe, expect, it } from 'vitest';
import type { FileReference } from '../../../../../shared/record/common.ts';
import { modelDigest } from '../../../../../shared/record/digest.ts';
import type { TrainingBody } from '../../../../../shared/record/training-section.ts';
import { trainingSection } from '../../../../../test/record/sections.ts';
import { trainingBodyOf } from '../../../../../test/record/training-body.ts';
import { fingerprintOf } from '../../fingerprint/fingerprint.ts';
import { filesToRestore, readTrained, type Trained, trainedOf } from './admit.ts';
import { matchesOutput } from './matches-output.ts';
import { missOf, sentenceOf } from './nearest.ts';

const partsOf = (
  seed: number | null,
  command = ['python', 'train.py'],
): Parameters<typeof fingerprintOf>[0] => ({
  command,
  code: 'c'.repeat(64),
  data: 'd'.repeat(64),
  parameters: {},
  seed,
  environment: { lockFiles: [], interpreter: null, image: null, variables: {} },
  gpus: [],
  outputs: [{ role: 'model', glob: 'out' }],
  metricsSources: [],
});
const FINGERPRINT = fingerprintOf(partsOf(7));
const HERE = { subject: 'digits', repository: 'acme/digits' };

const fileOf = (path: string, role: FileReference['role'] = 'model'): FileReference => ({
  path,
  role,
  bytes: 1,
  sha256: 'a'.repeat(64),
  locations: [],
});

const bodyOf = (overrides: Partial<TrainingBody> = {}): TrainingBody =>
  trainingBodyOf({ fingerprint: FINGERPRINT, ...overrides });

describe('what an earlier training must be', () => {
  it('is taken where it passed in this repository', () => {
    const section = trainingSection({ body: bodyOf() });
    const found = readTrained(JSON.stringify(section), 'cache entry x', HERE);
    expect(found).toEqual({ section, body: section.body, fingerprint: FINGERPRINT });
  });

  it.each<[string, Parameters<typeof trainingSection>[0], string]>([
    ['another model', { subject: 'letters', body: bodyOf() }, 'is no training of "digits"'],
    [
      'another repository',
      { commit: { repository: 'evil/digits' }, body: bodyOf() },
      'is of another repository',
    ],
    ["a fork's code", { commit: { fork: true }, body: bodyOf() }, "was trained from a fork's code"],
    ['a failure', { verdict: 'fail', body: bodyOf() }, 'ended as fail'],
    ['no body', { body: null }, 'ended as pass'],
    ['no fingerprint', { body: bodyOf({ fingerprint: null }) }, 'has no fingerprint'],
    [
      'a forged fingerprint',
      { body: bodyOf({ fingerprint: { ...FINGERPRINT, components: fingerprintOf(partsOf(8)).components } }) },
      'has a fingerprint that is not that of its components',
    ],
  ])('is refused: %s', (_what, overrides, reason) => {
    expect(trainedOf(trainingSection(overrides), HERE)).toEqual({ reason });
  });

  it('is refused where it is no section', () => {
    expect(readTrained('{', 'cache entry x', HERE)).toEqual({
      reason: 'cannot be read: The section of the record in cache entry x is not JSON.',
    });
  });
});

describe('the files that are restored', () => {
  const outputs = [
    { role: 'model' as const, glob: './out/' },
    { role: 'metrics' as const, glob: 'metrics/*.json' },
  ];
  const trainedWith = (files: FileReference[], digest = modelDigest(files)): Trained => {
    const section = trainingSection({ body: bodyOf({ files, modelDigest: digest }) });
    return { section, body: bodyOf({ files, modelDigest: digest }), fingerprint: FINGERPRINT };
  };

  it('are those that an output declares; checkpoints stay where they are', () => {
    const files = [fileOf('out/model.onnx'), fileOf('metrics/a.json', 'metrics')];
    expect(filesToRestore(trainedWith([...files, fileOf('ck/1', 'checkpoint')]), outputs)).toEqual(files);
  });

  it.each([
    fileOf('train.py'),
    fileOf('out/model.onnx', 'predictions'),
    fileOf('metrics/deep/a.json', 'metrics'),
    fileOf('out/.git/hooks/post-checkout'),
    fileOf('out/.GitHub/workflows/x.yml'),
  ])('are none that a record invents: $path $role', (file) => {
    expect(filesToRestore(trainedWith([file]), outputs)).toEqual({
      reason: `has a file "${file.path}" (${file.role}) that no output of this step declares`,
    });
  });

  it('are those of the model digest', () => {
    expect(filesToRestore(trainedWith([fileOf('out/a')], 'f'.repeat(64)), outputs)).toEqual({
      reason: 'has files that are not those of its model digest',
    });
  });
});

it.each([
  ['out/model.onnx', 'out/model.onnx', true],
  ['out/model.onnx', './out/model.onnx', true],
  ['out/deep/model.onnx', 'out', true],
  ['out/deep/model.onnx', 'out/*.onnx', false],
  ['out/deep/model.onnx', 'out/**/*.onnx', true],
  ['out/deep/model.onnx', 'o*', true],
  ['outer/model.onnx', 'out', false],
  ['out[1]/model.onnx', 'out[1]', true],
])('%s is declared by %s: %s', (path, glob, expected) => {
  expect(matchesOutput({ path, role: 'model' }, { role: 'model', glob })).toBe(expected);
});

describe('a miss', () => {
  const compared = (where: string, seed: number | null, created: string, command?: string[]) => ({
    where,
    created,
    fingerprint: fingerprintOf(partsOf(seed, command)),
  });

  it('names what changed since the nearest training, of several the newest', () => {
    const miss = missOf(FINGERPRINT, [
      compared('far', 8, '2026-11-22T09:00:00Z', ['other']),
      compared('old', 8, '2026-11-20T09:00:00Z'),
      compared('new', 9, '2026-11-21T09:00:00Z'),
      compared('older', 9, '2026-11-19T09:00:00Z'),
    ]);
    expect(miss).toEqual({ changed: ['seed'], nearest: 'new' });
    expect(sentenceOf(miss)).toBe('Trained anew: changed since the training in new: seed.');
  });

  it('says so where there is nothing to compare with, and where the equal one could not be taken', () => {
    expect(sentenceOf(missOf(FINGERPRINT, []))).toContain('no earlier training was found');
    const equal = missOf(FINGERPRINT, [compared('there', 7, '2026-11-22T09:00:00Z')]);
    expect(equal).toEqual({ changed: [], nearest: 'there' });
    expect(sentenceOf(equal)).toContain('equal in all that is known was found in there');
  });
});
