import { describe, expect, it } from 'vitest';
import { placeOf, treeDigest } from './layout.ts';

describe('placeOf', () => {
  it.each([
    ['duckdb', 'package/duckdb.node', 'duckdb.node'],
    ['duckdb', 'package/../../etc/passwd', undefined],
    ['duckdb', 'package/a//b', undefined],
    ['duckdb', 'package/a\\..\\b', undefined],
    ['duckdb', 'package', undefined],
    ['onnxruntime', 'package/package.json', 'node_modules/ort/package.json'],
    ['onnxruntime', 'package/LICENSE', 'node_modules/ort/LICENSE'],
    ['onnxruntime', 'package/dist/binding.js', 'node_modules/ort/dist/binding.js'],
    ['onnxruntime', 'package/dist/cjs/a/b.js', 'node_modules/ort/dist/cjs/a/b.js'],
    ['onnxruntime', 'package/dist/esm/a.js', undefined],
    ['onnxruntime', 'package/dist/a.js.map', undefined],
    ['onnxruntime', 'package/bin/napi-v6/linux/x64/x.so', 'node_modules/ort/bin/napi-v6/linux/x64/x.so'],
    ['onnxruntime', 'package/bin/napi-v6/linux/arm64/x.so', undefined],
    ['onnxruntime', 'package/script/install.js', undefined],
  ] as const)('%s %s', (library, entry, place) => {
    expect(placeOf(library, 'ort', 'linux-x64', entry)).toBe(place);
  });
});

it('treeDigest depends on paths and bytes, and not on their order', () => {
  const digest = treeDigest(
    new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
  );
  expect(
    treeDigest(
      new Map([
        ['b', '2'],
        ['a', '1'],
      ]),
    ),
  ).toBe(digest);
  expect(
    treeDigest(
      new Map([
        ['a', '2'],
        ['b', '1'],
      ]),
    ),
  ).not.toBe(digest);
});
