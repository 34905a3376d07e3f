import { describe, expect, it } from 'vitest';
import { sha256Of } from './hashing.ts';
import { assetName, embeddedManifest, planParts, writeBody } from './release-manifest.ts';

describe('planParts', () => {
  const GIB = 1024 ** 3;

  it.each([
    { bytes: 0, limit: 10, sizes: [0] },
    { bytes: 9, limit: 10, sizes: [9] },
    { bytes: 10, limit: 10, sizes: [9, 1] },
    { bytes: 18, limit: 10, sizes: [9, 9] },
    { bytes: 2 * GIB - 1, limit: 2 * GIB, sizes: [2 * GIB - 1] },
    { bytes: 2 * GIB, limit: 2 * GIB, sizes: [2 * GIB - 1024 ** 2, 1024 ** 2] },
  ])('cuts $bytes bytes below $limit', ({ bytes, limit, sizes }) => {
    const parts = planParts(bytes, limit);
    expect(parts.map(({ start, end }) => end - start)).toEqual(sizes);
    expect(parts.at(-1)?.end).toBe(bytes);
    expect(parts.map(({ suffix }) => suffix)).toEqual(
      sizes.length === 1 ? [''] : sizes.map((_, index) => `.part00${index + 1}`),
    );
  });
});

describe('assetName', () => {
  it.each([
    ['out/model.onnx', 'model.onnx'],
    ['mein modell (1).onnx', 'mein-modell-1-.onnx'],
    ['..hidden', 'hidden'],
    ['out/重み', 'file'],
  ])('names %s in letters that GitHub leaves as they are', (path, expected) => {
    expect(assetName(path, 'a'.repeat(64))).toBe(`aaaaaaaaaaaa-${expected}`);
  });
});

describe('the text of a release', () => {
  const manifest = '{"schemaVersion":1}\n';
  const digest = sha256Of(manifest);

  it('gives the manifest back where its digest is the right one', () => {
    const body = writeBody('---\ntags: []\n---\n\n# digits\n', manifest);
    expect(body).toMatch(/^# digits\n/);
    expect(embeddedManifest(body, digest)).toBe(manifest);
    expect(embeddedManifest(`${body}\r\n`, digest)).toBe(manifest);
    expect(embeddedManifest(body, sha256Of('other'))).toBeUndefined();
    expect(embeddedManifest(body, null)).toBeUndefined();
    expect(embeddedManifest('# digits', digest)).toBeUndefined();
  });

  it('stays below what GitHub takes', () => {
    const long = writeBody('x'.repeat(200_000), manifest);
    expect(long.length).toBeLessThan(125_000);
    expect(embeddedManifest(long, digest)).toBe(manifest);
    expect(writeBody('card', ' '.repeat(200_000))).toBe('card');
  });
});
