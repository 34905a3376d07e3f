import { describe, expect, it } from 'vitest';
import { reachOf } from './reach.ts';

const GATE = { id: '42', job: 'gate' };

describe('reachOf', () => {
  it.each([
    ['labels in the workspace', true, { id: '42', job: 'train', here: true }, true],
    ['a training in another job', false, { id: '42', job: 'train', here: true }, false],
    ['a training in this job', false, { id: '42', job: 'gate', here: true }, true],
    ['a training of another run', false, { id: '41', job: 'gate', here: true }, false],
    ['a job of this name that a worker did', false, { id: '42', job: 'gate', here: false }, false],
    ['a terminal', false, { id: '42', job: null, here: true }, true],
    ['no training section', false, undefined, true],
  ])('%s', (_what, inWorkspace, training, inReach) => {
    const found = reachOf(inWorkspace, GATE, training, false);
    expect(found.labelsInReach).toBe(inReach);
    expect(found.reach).toMatch(/^[A-Z].*labels.*\.$/);
  });

  it('tells that a scoring command ran beside the labels', () => {
    const training = { id: '42', job: 'train', here: true };
    const { labelsInReach, reach } = reachOf(false, GATE, training, true);
    expect(labelsInReach).toBe(false);
    expect(reach).toContain(
      'The scoring command was not given them, and ran on the machine that holds them.',
    );
  });
});
