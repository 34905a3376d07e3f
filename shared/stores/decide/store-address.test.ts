import { describe, expect, it } from 'vitest';
import { UsageError } from '../../errors.ts';
import { parseStore } from './store-address.ts';

describe('parseStore', () => {
  it.each([
    ['directory:/mnt/models', { kind: 'directory', path: '/mnt/models' }],
    ['directory: out/store ', { kind: 'directory', path: 'out/store' }],
    ['directory:C:\\models', { kind: 'directory', path: 'C:\\models' }],
    ['s3://models', { kind: 's3', bucket: 'models', prefix: '' }],
    ['s3://models/', { kind: 's3', bucket: 'models', prefix: '' }],
    ['s3://my.models-1/team/a=b/', { kind: 's3', bucket: 'my.models-1', prefix: 'team/a=b' }],
  ])('reads %s', (value, address) => {
    expect(parseStore(value, 'Input "store"')).toEqual(address);
  });

  it.each([
    ['directory:', 'no folder is named'],
    ['directory:a\0b', 'no folder is named'],
    ['s3://', '"" is no name of a bucket'],
    ['s3://Models/x', '"Models" is no name of a bucket'],
    ['s3://a..b/x', '"a..b" is no name of a bucket'],
    ['s3://user:secret@models', 'Input "store" is "s3://***@models": the bucket is named without a user'],
    ['s3://models//x', 'the prefix is none that a store can have'],
    ['s3://models/../x', 'the prefix is none'],
    ['s3://models/a/.', 'the prefix is none'],
    ['s3://models/a b', 'the prefix is none'],
    [`s3://models/${'a'.repeat(901)}`, 'the prefix is none'],
    ['gs://models/x', 'there is no store "gs:"'],
    ['s3:models', 'there is no store "s3:"'],
    ['', 'there is no store ""'],
  ])('refuses %j', (value, words) => {
    expect(() => parseStore(value, 'Input "store"')).toThrow(UsageError);
    expect(() => parseStore(value, 'Input "store"')).toThrow(words);
    expect(() => parseStore(value, 'Input "store"')).toThrow('Input "store" is ');
  });
});
