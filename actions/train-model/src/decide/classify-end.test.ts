import { describe, expect, it } from 'vitest';
import { classifyEnd, type ProcessEnd } from './classify-end.ts';

const end = (overrides: Partial<ProcessEnd>): ProcessEnd => ({
  exitCode: null,
  signal: null,
  outOfMemoryKills: 0,
  lastLines: [],
  ...overrides,
});

describe('classifyEnd', () => {
  it.each<[string, Partial<ProcessEnd>, string | null, RegExp]>([
    ['exit code 0', { exitCode: 0, lastLines: ['MemoryError was handled'] }, null, /^null$/],
    ['another exit code', { exitCode: 3 }, 'user-code', /exit code 3\.$/],
    ['a crash', { signal: 'SIGSEGV' }, 'user-code', /killed by SIGSEGV\.$/],
    [
      'a kill from outside',
      { signal: 'SIGTERM' },
      'infrastructure',
      /SIGTERM, which came from outside the training\.$/,
    ],
    ['SIGKILL without a sign', { signal: 'SIGKILL' }, 'infrastructure', /No sign of a lack of memory/],
    ['SIGKILL with a sign', { signal: 'SIGKILL', outOfMemoryKills: 1 }, 'out-of-memory', /ran out of memory/],
    ['137 of a shell with a sign', { exitCode: 137, outOfMemoryKills: 2 }, 'out-of-memory', /exit code 137/],
    ['137 of a shell without one', { exitCode: 137 }, 'user-code', /often means a lack of memory/],
    ['a crash while others are killed', { exitCode: 1, outOfMemoryKills: 1 }, 'user-code', /exit code 1\.$/],
    [
      'words of Python',
      { exitCode: 1, lastLines: ['Traceback', 'MemoryError'] },
      'out-of-memory',
      /"MemoryError"/,
    ],
    ['words of C++', { signal: 'SIGABRT', lastLines: ["'std::bad_alloc'"] }, 'out-of-memory', /bad_alloc/],
    ['nothing known', {}, 'user-code', /exit code unknown/],
  ])('%s', (_what, overrides, failureClass, reason) => {
    const found = classifyEnd(end(overrides));
    expect(found.failureClass).toBe(failureClass);
    expect(String(found.reason)).toMatch(reason);
  });
});
