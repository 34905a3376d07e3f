import { describe, expect, it } from 'vitest';
import { classifyEnd, type ProcessEnd } from './classify-end.ts';

const end = (overrides: Partial<ProcessEnd>): ProcessEnd => ({
  exitCode: null,
  signal: null,
  outOfMemoryKills: 0,
  leastFree: null,
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
    [
      'words of PyTorch',
      { exitCode: 1, lastLines: ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB'] },
      'out-of-memory',
      /after "OutOfMemoryError"/,
    ],
    [
      'words of JAX',
      { exitCode: 1, lastLines: ['XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory'] },
      'out-of-memory',
      /RESOURCE_EXHAUSTED/,
    ],
    [
      'a full disk',
      {
        exitCode: 1,
        leastFree: { place: '/data', bytes: 3 * 1024 * 1024 },
        lastLines: ['OSError: [Errno 28] No space left on device'],
      },
      'disk-full',
      /exit code 1 after "No space left on device"\. "\/data" had 3 MiB left\.$/,
    ],
    [
      'a disk that was not seen full',
      {
        exitCode: 1,
        leastFree: { place: '/data', bytes: 2 ** 34 },
        lastLines: ['ENOSPC: no space left on device, write'],
      },
      'disk-full',
      /No disk was seen full \(the least room was 16384 MiB, on "\/data"\)/,
    ],
    [
      'a full disk of unknown room',
      { exitCode: 1, lastLines: ['Disk quota exceeded'] },
      'disk-full',
      /d"\.$/,
    ],
    [
      'watchers of files, which are no disk',
      { exitCode: 1, lastLines: ['ENOSPC: System limit for number of file watchers reached'] },
      'user-code',
      /exit code 1\.$/,
    ],
    [
      'what was said last',
      { exitCode: 1, lastLines: ['MemoryError', 'No space left on device'] },
      'disk-full',
      /No space/,
    ],
    ['a handled lack of room', { exitCode: 0, lastLines: ['No space left on device'] }, null, /^null$/],
    ['nothing known', {}, 'user-code', /exit code unknown/],
  ])('%s', (_what, overrides, failureClass, reason) => {
    const found = classifyEnd(end(overrides));
    expect(found.failureClass).toBe(failureClass);
    expect(String(found.reason)).toMatch(reason);
  });
});
