import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ZipError, zipEntry } from './zip-entry.ts';

interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly method?: number;
  /** What the archive says of the entry, where that is not the truth. */
  readonly bytes?: number;
  readonly checksum?: number;
}

/** An archive as @actions/artifact writes it: sizes stand in the directory only. */
function archiveOf(entries: readonly Entry[], comment = ''): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method = 8, bytes = content.length, checksum = crc32(content) } of entries) {
    const packed = method === 8 ? deflateRawSync(content) : content;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(checksum, 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(bytes, 24);
    central.writeUInt16LE(Buffer.byteLength(name), 28);
    central.writeUInt32LE(offset, 42);
    bodies.push(local, Buffer.from(name), packed);
    directory.push(central, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...bodies, ...directory, end, Buffer.from(comment)]);
}

const TEXT = Buffer.from('{"a":1}');

describe('one file of a ZIP archive', () => {
  it('is read packed and stored, whatever stands beside it', () => {
    const archive = archiveOf(
      [
        { name: '../evil', content: Buffer.from('x') },
        { name: 'a.json', content: TEXT },
        { name: 'b.json', content: TEXT, method: 0 },
      ],
      'a comment',
    );
    expect(zipEntry(archive, 'a.json', 100)).toEqual(TEXT);
    expect(zipEntry(archive, 'b.json', 100)).toEqual(TEXT);
    expect(zipEntry(archive, 'c.json', 100)).toBeUndefined();
  });

  const bomb = Buffer.alloc(1_000_000);
  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'is no ZIP archive'],
    ['text', Buffer.from('x'.repeat(100)), 'is no ZIP archive'],
    [
      'a bomb',
      archiveOf([{ name: 'a.json', content: bomb }]),
      'holds 1000000 bytes, of which at most 100 are read',
    ],
    ['a bomb that lies', archiveOf([{ name: 'a.json', content: bomb, bytes: 10 }]), 'holds more than it may'],
    ['another size', archiveOf([{ name: 'a.json', content: TEXT, bytes: 6 }]), 'is a damaged archive'],
    ['another checksum', archiveOf([{ name: 'a.json', content: TEXT, checksum: 1 }]), 'is a damaged archive'],
    ['another method', archiveOf([{ name: 'a.json', content: TEXT, method: 12 }]), 'is not read (12)'],
    ['a cut archive', archiveOf([{ name: 'a.json', content: TEXT }]).subarray(20), 'is a damaged archive'],
  ])('%s is refused', (_name, archive, message) => {
    expect(() => zipEntry(archive, 'a.json', 100)).toThrow(ZipError);
    expect(() => zipEntry(archive, 'a.json', 100)).toThrow(message);
  });

  it('is refused where the directory points at something else', () => {
    const archive = archiveOf([{ name: 'a.json', content: TEXT }]);
    archive.writeUInt32LE(4, archive.length - 22 - 6 - 46 + 42);
    expect(() => zipEntry(archive, 'a.json', 100)).toThrow('is a damaged archive');
  });
});
