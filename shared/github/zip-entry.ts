import { crc32, inflateRawSync } from 'node:zlib';

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
/** The comment at the end of an archive is at most this long (APPNOTE.TXT 6.3.10, section 4.3.16). */
const MAX_COMMENT_BYTES = 65_535;

/**
 * The bytes of one file of a ZIP archive, never more than `maxBytes` whatever the archive says of itself. Nothing is
 * written, so that no path inside can lead anywhere. Undefined where it holds no such file; throws where it is no
 * archive, or a damaged one (APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.16).
 */
export function zipEntry(archive: Buffer, name: string, maxBytes: number): Buffer | undefined {
  try {
    return readEntry(archive, name, maxBytes);
  } catch (cause) {
    if (cause instanceof ZipError) throw cause;
    // A number in it points out of the archive, or what it holds does not inflate to the size that it may have.
    throw new ZipError('is a damaged archive, or holds more than it may', { cause });
  }
}

/** The message follows the archive's name. */
export class ZipError extends Error {}

function readEntry(archive: Buffer, name: string, maxBytes: number): Buffer | undefined {
  const end = endOf(archive);
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== ENTRY) throw new ZipError('is a damaged archive');
    const nameBytes = archive.readUInt16LE(at + 28);
    const rest = archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    if (archive.toString('utf8', at + 46, at + 46 + nameBytes) === name)
      return contentOf(archive, at, maxBytes);
    at += 46 + nameBytes + rest;
  }
  return undefined;
}

function endOf(archive: Buffer): number {
  const lowest = Math.max(0, archive.length - END_BYTES - MAX_COMMENT_BYTES);
  for (let at = archive.length - END_BYTES; at >= lowest; at -= 1) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw new ZipError('is no ZIP archive');
}

function contentOf(archive: Buffer, entry: number, maxBytes: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const checksum = archive.readUInt32LE(entry + 16);
  const packedBytes = archive.readUInt32LE(entry + 20);
  const bytes = archive.readUInt32LE(entry + 24);
  const local = archive.readUInt32LE(entry + 42);
  if (bytes > maxBytes) throw new ZipError(`holds ${bytes} bytes, of which at most ${maxBytes} are read`);
  if (archive.readUInt32LE(local) !== LOCAL) throw new ZipError('is a damaged archive');
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + packedBytes);
  if (method !== 0 && method !== 8) throw new ZipError(`is packed in a way that is not read (${method})`);
  const content = method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, maxBytes) });
  if (content.length !== bytes || crc32(content) !== checksum) throw new ZipError('is a damaged archive');
  return content;
}
