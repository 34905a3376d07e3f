import { describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { createEventParser } from './event-parser.ts';
import { scalarsOf } from './event-scalars.ts';
import { fieldsOf, MalformedMessage } from './wire-format.ts';

const varint = (value: bigint): number[] => {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
};
const field = (number: number, bytes: readonly number[] | Buffer): number[] => [
  ...varint(BigInt(number * 8 + 2)),
  ...varint(BigInt(bytes.length)),
  ...bytes,
];
const number = (id: number, value: bigint): number[] => [...varint(BigInt(id * 8)), ...varint(value)];
const text = (value: string): Buffer => Buffer.from(value);
const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};
const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
};
const tensorEvent = (tensor: readonly number[], plugin?: string): Buffer => {
  const metadata = plugin === undefined ? [] : field(9, field(1, field(1, text(plugin))));
  const value = field(1, [...field(1, text('t')), ...metadata, ...field(8, tensor)]);
  return Buffer.from([...number(2, 3n), ...field(5, value)]);
};
const frame = (data: Buffer): Buffer => {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length));
  head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8);
  const foot = Buffer.alloc(4);
  foot.writeUInt32LE(maskedCrc32c(data));
  return Buffer.concat([head, data, foot]);
};

describe('crc32c', () => {
  it.each([
    // RFC 3720, appendix B.4.
    [Buffer.alloc(32), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
    [text('123456789'), 0xe3069283],
  ])('%#', (bytes, sum) => {
    expect(crc32c(bytes)).toBe(sum);
  });
});

describe('the wire format', () => {
  it.each([
    [[0x08], 'a number is cut short'],
    [[0x08, ...Array<number>(11).fill(0xff)], 'a number is too long'],
    [[0x0a, 5, 1], 'a field is longer than what holds it'],
    [[0x09, 1], 'a field is longer than what holds it'],
    [[0x0b], 'wire type 3'],
  ])('refuses %j', (bytes, message) => {
    expect(() => [...fieldsOf(Buffer.from(bytes))]).toThrow(MalformedMessage);
    expect(() => [...fieldsOf(Buffer.from(bytes))]).toThrow(message);
  });
});

describe('scalars of an event', () => {
  it.each([
    ['a list of floats', [...number(1, 1n), ...field(5, float(0.5))], 0.5],
    ['a list of doubles', [...number(1, 2n), ...field(6, double(0.1))], 0.1],
    ['a packed list of integers', [...number(1, 3n), ...field(7, varint(-5n))], -5],
    ['one long integer', [...number(1, 9n), ...number(10, -7n)], -7],
    ['bytes of a float', [...number(1, 1n), ...field(4, float(2))], 2],
    ['bytes of a double', [...number(1, 2n), ...field(4, double(0.3))], 0.3],
    ['bytes of an integer', [...number(1, 3n), ...field(4, [254, 255, 255, 255])], -2],
    ['bytes of a long integer', [...number(1, 9n), ...field(4, [254, ...Array<number>(7).fill(255)])], -2],
  ])('%s', (_what, tensor, value) => {
    expect(scalarsOf(tensorEvent(tensor), new Map())).toEqual({ step: 3, scalars: [['t', value]] });
    expect(scalarsOf(tensorEvent(tensor, 'scalars'), new Map()).scalars).toHaveLength(1);
  });

  it.each([
    [
      'a tensor with dimensions',
      [...number(1, 1n), ...field(2, field(2, number(1, 3n))), ...field(4, float(1))],
    ],
    ['text', [...number(1, 7n), ...field(8, text('hello'))]],
    ['a type without numbers', [...number(1, 10n), ...field(4, [1])]],
    ['nothing', []],
    ['an empty list', [...field(5, []), ...field(6, [])]],
    ['an empty list of integers', [...field(7, [])]],
  ])('passes over %s', (_what, tensor) => {
    expect(scalarsOf(tensorEvent(tensor), new Map()).scalars).toEqual([]);
  });

  it("passes over another plugin's values, also where only the first says so", () => {
    const plugins = new Map<string, string>();
    const tensor = [...number(1, 1n), ...field(5, float(0.5))];
    expect(scalarsOf(tensorEvent(tensor, 'hparams'), plugins).scalars).toEqual([]);
    expect(scalarsOf(tensorEvent(tensor), plugins).scalars).toEqual([]);
    const empty = Buffer.from(field(5, field(1, [...field(1, text('x')), ...field(9, field(1, []))])));
    expect(scalarsOf(empty, plugins)).toEqual({ step: 0, scalars: [] });
  });
});

describe('frames', () => {
  const scalar = frame(tensorEvent([...number(1, 1n), ...field(5, float(0.5))]));

  it('come in pieces of any size, and large ones are passed over', () => {
    const stream = Buffer.concat([scalar, frame(Buffer.alloc(3 * 1024 * 1024, 1)), scalar]);
    for (const size of [1024 * 1024, 100_000]) {
      const parser = createEventParser();
      let points = 0;
      for (let at = 0; at < stream.length; at += size)
        points += parser.push(stream.subarray(at, at + size)).length;
      expect(points).toBe(2);
      expect(parser.problem).toBeUndefined();
      expect(parser.end()).toEqual([]);
    }
  });

  it('that hold no message are damage, behind which nothing is read', () => {
    const parser = createEventParser();
    expect(parser.push(Buffer.concat([scalar, frame(Buffer.from([0x0b])), scalar]))).toHaveLength(1);
    expect(parser.problem).toMatch(/is damaged at byte \d+: wire type 3/);
    expect(parser.push(scalar)).toEqual([]);
  });
});
