import { expect, it } from 'vitest';
import { placeInGate, STEP_INPUTS } from './place-in-gate.ts';

it('names a key of a gate file by file and line', () => {
  expect(placeInGate('gate.yml', 7, 'evaluation.label')).toEqual({
    place: 'gate.yml:7',
    key: ' ("evaluation.label")',
    where: { file: 'gate.yml', line: 7 },
  });
  expect(placeInGate('gate.yml', 7)).toMatchObject({ place: 'gate.yml:7', key: '' });
});

it('names an input, and a line of the rules, where there is no file to point at', () => {
  expect(placeInGate(STEP_INPUTS, 1, 'evaluation.label')).toEqual({ place: 'Input "label-column"', key: '' });
  expect(placeInGate(STEP_INPUTS, 2)).toEqual({ place: 'Input "rules", line 2', key: '' });
});
