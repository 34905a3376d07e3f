import { describe, expect, it } from 'vitest';
import { contentDigest, type Manifest, MAX_CHECKPOINT_BYTES, parseManifest } from './manifest.ts';

const sha256 = 'a'.repeat(64);
const file = (path: string, bytes = 1) => ({ path, bytes, sha256 });

const manifest = (overrides: object = {}): Manifest => ({
  version: 1,
  subject: 'digits',
  submissionKey: '0123456789'.repeat(4),
  generation: 1,
  attempt: 1,
  sequence: 1,
  createdAt: '2026-11-22T10:00:00Z',
  step: 3,
  series: [{ metric: 'loss', points: [[3, 0.5]] }],
  attempts: [],
  files: [file('a.pt'), file('deep/b.pt')],
  links: [{ path: 'last.pt', target: 'deep/b.pt' }],
  ...overrides,
});
const read = (overrides: object): Manifest | string => parseManifest(JSON.stringify(manifest(overrides)));

describe('the manifest of a checkpoint', () => {
  it('is read as it was written', () => {
    expect(read({})).toEqual(manifest());
    expect(read({ links: [{ path: 'deep/last', target: '../a.pt' }] })).toBeTypeOf('object');
  });

  it.each<[string, object, RegExp]>([
    ['leaves the folder', { files: [file('../a')] }, /at "files"/],
    ['leaves it on the way', { files: [file('a/../../b')] }, /at "files"/],
    ['is absolute', { files: [file('/etc/passwd')] }, /at "files"/],
    ['is one of Windows', { files: [file('C:/a')] }, /at "files"/],
    ['is written backwards', { files: [file('a\\b')] }, /at "files"/],
    ['is not plain', { files: [file('./a')] }, /at "files"/],
    ['is a folder', { files: [file('a/')] }, /at "files"/],
    ['is the folder', { files: [file('.')] }, /at "files"/],
    ['holds a NUL', { files: [file('a\0b')] }, /at "files"/],
    ['is there twice', { files: [file('a'), file('a')], links: [] }, /names a path twice/],
    ['differs by case alone', { files: [file('a'), file('A')], links: [] }, /names a path twice/],
    ['lies below a file', { files: [file('a'), file('a/b')], links: [] }, /below a file or a link/],
    [
      'lies below a link',
      { files: [file('l/b'), file('d/x')], links: [{ path: 'l', target: 'd' }] },
      /below a file or a link/,
    ],
    ['is a link out', { links: [{ path: 'l', target: '../x' }] }, /link that leaves/],
    ['is a link out by its depth', { links: [{ path: 'd/l', target: '../../x' }] }, /link that leaves/],
    ['is an absolute link', { links: [{ path: 'l', target: '/etc' }] }, /link that leaves/],
    ['has no size', { files: [{ ...file('a'), bytes: -1 }] }, /at "files"/],
    ['is too large', { files: [file('a', MAX_CHECKPOINT_BYTES), file('b')] }, /too large/],
    ['is one of too many', { files: Array.from({ length: 10_001 }, (_, i) => file(`f${i}`)) }, /at "files"/],
    ['has another version', { version: 2 }, /at "version"/],
    ['has more than it should', { __proto__x: 1 }, /not as Trainyard writes it$/],
  ])('is refused where a path %s', (_what, overrides, problem) => {
    expect(read(overrides)).toMatch(problem);
  });

  it('is refused where it is no JSON', () => {
    expect(parseManifest('{')).toBe('is not JSON');
  });

  it('names its content whatever the order', () => {
    const other = manifest({ files: [file('deep/b.pt'), file('a.pt')], step: 9, sequence: 4 });
    expect(contentDigest(other)).toBe(contentDigest(manifest()));
    expect(contentDigest(manifest({ links: [] }))).not.toBe(contentDigest(manifest()));
  });
});
