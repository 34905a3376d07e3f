import { describe, expect, it } from 'vitest';
import type { FileReference } from '../../../shared/record/common.ts';
import { choosePredictions } from './candidate.ts';

const file = (path: string, role: FileReference['role'] = 'predictions'): FileReference => ({
  path,
  role,
  bytes: 1,
  sha256: 'a'.repeat(64),
  locations: [],
});

describe('choosePredictions', () => {
  it.each([
    [[], undefined, undefined],
    [[], 'p.csv', undefined],
    [[file('m.onnx', 'model'), file('p.csv')], undefined, 'p.csv'],
    [[file('out/p.csv'), file('p.csv')], 'p.csv', 'p.csv'],
    [[file('out/p.csv'), file('q.csv')], 'p.csv', 'out/p.csv'],
  ])('of %j, named %s, takes %s', (files, named, expected) => {
    expect(choosePredictions(files, named)?.path).toBe(expected);
  });

  it.each([
    [[file('p.csv'), file('q.csv')], undefined, 'There are 2 files of predictions: p.csv, q.csv.'],
    [[file('p.csv')], 'r.csv', 'names the predictions "r.csv"; there are only: p.csv.'],
    [[file('a/p.csv'), file('b/p.csv')], 'p.csv', 'there are only: a/p.csv, b/p.csv.'],
  ])('refuses %j, named %s', (files, named, message) => {
    expect(() => choosePredictions(files, named)).toThrow(message);
  });
});
