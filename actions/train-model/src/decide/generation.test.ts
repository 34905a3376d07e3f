import { describe, expect, it } from 'vitest';
import { generationsOf, mayGoOn, parseWorkerTitle, workerTitle } from './generation.ts';

const KEY = 'a'.repeat(40);

describe('the title of a worker', () => {
  it.each([null, 17])('is read as it is written, pull request %s', (pullRequest) => {
    const title = { model: 'digits', submissionKey: KEY, generation: 2, pullRequest };
    expect(parseWorkerTitle(workerTitle(title))).toEqual(title);
  });

  it.each([
    '',
    'ci',
    `Train digits ${KEY}`,
    `Train digits ${KEY}.0`,
    `Train Digits ${KEY}.1`,
    `Train digits ${KEY}.1 #0`,
    `Train digits ${KEY}.1 #3 more`,
    `Train digits ${KEY}b.1`,
    ` Train digits ${KEY}.1`,
  ])('is not "%s"', (title) => {
    expect(parseWorkerTitle(title)).toBeUndefined();
  });
});

describe('the generations of a training', () => {
  it('are its own runs by number, of one title the first', () => {
    const runs = [
      { id: '9', title: `Train digits ${KEY}.2` },
      { id: '10', title: `Train digits ${KEY}.2` },
      { id: '11', title: `Train digits ${KEY}.10 #3` },
      { id: '8', title: `Train digits ${KEY}.2` },
      { id: '3', title: `Train digits ${KEY}.1` },
      { id: '2', title: `Train digits ${'b'.repeat(40)}.3` },
      { id: '1', title: 'ci' },
    ];
    expect(generationsOf(runs, KEY).map(({ generation, run }) => [generation, run.id])).toEqual([
      [1, '3'],
      [2, '8'],
      [10, '11'],
    ]);
  });
});

describe('another generation', () => {
  it.each([
    ['lost', 1, 3, true],
    ['infrastructure', 2, 3, true],
    ['time-limit', 3, 3, false],
    ['user-code', 1, 3, false],
    ['cancelled', 1, 3, false],
    [null, 1, 3, false],
  ] as const)('after %s in generation %i of %i: %s', (failureClass, generation, max, may) => {
    expect(mayGoOn(failureClass, generation, max)).toBe(may);
  });
});
