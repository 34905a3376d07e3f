import { open } from 'node:fs/promises';

/** End of central directory, which every ZIP file ends with; up to 65,535 bytes of comment follow it (APPNOTE 4.3.16). */
const ZIP_END = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const ZIP_START = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
const ZIP_TAIL_BYTES = 22 + 65_535;
/** The header of a safetensors file is at most this long (its own reader's limit). */
const MAX_SAFETENSORS_HEADER = 100_000_000;
/** JSON of a checkpoint is its state, not its weights. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;

/**
 * Whether a file is whole, by what its format tells: `whole`, `cut`, or `unknown` where the format tells nothing.
 * torch.save, NumPy and Keras write ZIP files, Hugging Face safetensors and JSON.
 */
export async function completenessOf(path: string): Promise<'whole' | 'cut' | 'unknown'> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const read = async (from: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    };
    const start = await read(0, 8);
    if (start.subarray(0, 4).equals(ZIP_START)) {
      const tail = await read(Math.max(0, size - ZIP_TAIL_BYTES), Math.min(size, ZIP_TAIL_BYTES));
      return tail.includes(ZIP_END) ? 'whole' : 'cut';
    }
    if (path.endsWith('.safetensors')) return await safetensors(start, size, read);
    if (path.endsWith('.json') && size <= MAX_JSON_BYTES)
      return isJson(await read(0, size)) ? 'whole' : 'cut';
    return 'unknown';
  } finally {
    await file.close();
  }
}

/** Eight bytes with the header's length, JSON with `data_offsets` of every tensor, then their bytes. */
async function safetensors(
  start: Buffer,
  size: number,
  read: (from: number, length: number) => Promise<Buffer>,
): Promise<'whole' | 'cut'> {
  if (start.length < 8) return 'cut';
  const length = Number(start.readBigUInt64LE());
  if (length > MAX_SAFETENSORS_HEADER || 8 + length > size) return 'cut';
  const header = (await read(8, length)).toString('utf8');
  const ends = [...header.matchAll(/"data_offsets"\s*:\s*\[\s*\d+\s*,\s*(\d+)\s*\]/g)].map(([, end]) =>
    Number(end),
  );
  return size >= 8 + length + Math.max(0, ...ends) ? 'whole' : 'cut';
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
