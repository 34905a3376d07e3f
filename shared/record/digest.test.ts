import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalDigest, codeFingerprint, dataFingerprint, hashFile, modelDigest } from './digest.ts';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const A = sha('a');
const B = sha('b');

describe('canonicalDigest', () => {
  it('is the SHA-256 of RFC 8785 text, whatever the order of keys', () => {
    expect(canonicalDigest({ b: 1, a: [true, null, 'é'] })).toBe(sha('{"a":[true,null,"é"],"b":1}'));
    expect(canonicalDigest({ a: 1, b: 2 })).toBe(canonicalDigest({ b: 2, a: 1 }));
  });

  it.each([NaN, Infinity, undefined])('refuses %s, which JSON cannot hold', (value) => {
    expect(() => canonicalDigest(value)).toThrow();
  });
});

describe('modelDigest', () => {
  const model = { path: 'out/model.onnx', role: 'model', bytes: 1, sha256: A } as const;
  const weights = { path: 'out/Weights.bin', role: 'model', bytes: 2, sha256: B } as const;

  it('covers files of role model only, sorted by path in code units', () => {
    const expected = sha(
      `[{"bytes":2,"path":"out/Weights.bin","sha256":"${B}"},{"bytes":1,"path":"out/model.onnx","sha256":"${A}"}]`,
    );
    const predictions = { path: 'a', role: 'predictions', bytes: 9, sha256: B } as const;
    expect(modelDigest([model, weights, predictions])).toBe(expected);
    expect(modelDigest([weights, model])).toBe(expected);
  });

  it('is null without a model file', () => {
    expect(modelDigest([])).toBeNull();
  });

  it('changes with a path, a size or a digest', () => {
    const all = [
      modelDigest([model]),
      modelDigest([{ ...model, path: 'x' }]),
      modelDigest([{ ...model, bytes: 2 }]),
      modelDigest([{ ...model, sha256: B }]),
    ];
    expect(new Set(all).size).toBe(4);
  });
});

describe('fingerprints', () => {
  const train = { split: 'train', path: 'b.parquet', bytes: 1, sha256: A };
  const test = { split: 'test', path: 'a.parquet', bytes: 1, sha256: B };

  it('of data do not depend on the order of sources', () => {
    expect(dataFingerprint([train, test])).toBe(dataFingerprint([test, train]));
    expect(dataFingerprint([train])).not.toBe(dataFingerprint([{ ...train, split: 'test' }]));
    const twin = { ...train, path: 'a.parquet' };
    expect(dataFingerprint([train, twin])).toBe(dataFingerprint([twin, train]));
  });

  it('of code change with a tree and with the patch', () => {
    const all = [
      codeFingerprint({ '.': 'a' }, null),
      codeFingerprint({ '.': 'b' }, null),
      codeFingerprint({ '.': 'a' }, A),
      codeFingerprint({ src: 'a' }, null),
    ];
    expect(new Set(all).size).toBe(4);
  });
});

describe('hashFile', () => {
  it('streams a file and stops when told', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ty-digest-'));
    try {
      const path = join(directory, 'file');
      const bytes = Buffer.alloc(3_000_000, 7);
      await writeFile(path, bytes);
      expect(await hashFile(path, new AbortController().signal)).toEqual({
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
      await expect(hashFile(path, AbortSignal.abort())).rejects.toThrow(/abort/i);
      await expect(hashFile(join(directory, 'none'), new AbortController().signal)).rejects.toThrow(/ENOENT/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
