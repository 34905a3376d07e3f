import { describe, expect, it } from 'vitest';
import { gateOf } from '../../../../../test/evaluation/examine-scene.ts';
import type { GateFile } from '../../gate-file/gate-file.ts';
import { chooseFeatures } from './features.ts';

const column = (name: string, numeric = true) => ({ name, type: numeric ? 'DOUBLE' : 'VARCHAR', numeric });
const COLUMNS = [
  column('id'),
  column('pixel_1'),
  column('age'),
  column('pixel_0'),
  column('country', false),
  column('colour', false),
  column('label'),
  column('w'),
  column('patient'),
  column('y_pred'),
  column('p0'),
  column('rating'),
];

function choose(features: readonly string[] | undefined, rest: Partial<GateFile> = {}) {
  const gate = gateOf({ weight: 'w', group: 'patient', scores: ['p0'] }, { features }, rest);
  const { evaluation, examination } = gate;
  if (evaluation === undefined || examination === undefined) throw new RangeError('gate');
  return chooseFeatures(COLUMNS, evaluation, examination, gate, 'gate.yml');
}

describe('chooseFeatures', () => {
  it('takes all columns without another role', () => {
    expect(choose(undefined).names).toEqual(['pixel_1', 'age', 'pixel_0', 'country', 'colour', 'rating']);
  });

  it('leaves out what slices rows and is no number, and what a metric scores', () => {
    const found = choose(undefined, {
      slices: [
        { kind: 'column', name: 'country', column: 'country', values: undefined, line: 1 },
        { kind: 'bins', name: 'age', column: 'age', edges: [18], line: 2 },
        { kind: 'where', name: 'old', predicate: 'age > 60', line: 3 },
      ],
      metrics: [
        { kind: 'column', name: 'rating', column: 'rating', direction: 'higher', line: 4 },
        { kind: 'sql', name: 'x', sql: 'avg(age)', direction: 'higher', line: 5 },
      ],
    });
    expect(found.names).toEqual(['pixel_1', 'age', 'pixel_0', 'colour']);
    // A model of several inputs may still ask for it by name.
    expect(found.pool).toContain('country');
  });

  it('takes what is listed, a * in the order of the file and never a column with a role', () => {
    expect(choose(['age', 'pixel_*']).names).toEqual(['age', 'pixel_1', 'pixel_0']);
    expect(choose(['p*', 'pixel_1']).names).toEqual(['pixel_1', 'pixel_0']);
    expect(choose(['w', 'id']).names).toEqual(['w', 'id']);
  });

  it.each([
    ['pixels', 'names "pixels", and data/test.csv has no such column'],
    ['nothing*', 'names "nothing*", and data/test.csv has no such column'],
    ['label', 'names "label", which is the label'],
  ])('refuses %s', (name, message) => {
    expect(() => choose([name])).toThrow(`gate.yml:3: "evaluation.features" ${message}`);
  });
});
