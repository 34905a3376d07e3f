import { open } from 'node:fs/promises';
import { z } from 'zod';

/** The header of a file is at most this long: the limit of the format's own reader (github.com/huggingface/safetensors). */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;
const MAX_DIMENSIONS = 64;

const tensorSchema = z.object({ shape: z.array(z.int().min(0)).max(MAX_DIMENSIONS) });

/** The file is none of the format, or lies about itself. */
export class MalformedSafetensors extends Error {}

/**
 * The elements of all tensors of a safetensors file, from its header alone: the length as 8 bytes, little endian, then
 * JSON with the shape of each tensor by its name, and `__metadata__` beside them.
 */
export async function countSafetensors(path: string): Promise<number> {
  const header = parse(await readHeader(path));
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new MalformedSafetensors('its header is no object of tensors');
  }
  // A zod record would pass over a tensor named "__proto__".
  const tensors: readonly [string, unknown][] = Object.entries(header);
  let elements = 0;
  for (const [name, value] of tensors) {
    if (name === '__metadata__') continue;
    const tensor = tensorSchema.safeParse(value);
    if (!tensor.success) throw new MalformedSafetensors('its header names a tensor without a valid shape');
    elements += tensor.data.shape.reduce((product, size) => product * size, 1);
    if (!Number.isSafeInteger(elements)) throw new MalformedSafetensors('its tensors are too large');
  }
  return elements;
}

async function readHeader(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Buffer.alloc(LENGTH_BYTES);
    const { bytesRead } = await file.read(length, 0, LENGTH_BYTES, 0);
    if (bytesRead < LENGTH_BYTES)
      throw new MalformedSafetensors('it is shorter than the length of its header');
    const bytes = length.readBigUInt64LE();
    if (bytes > BigInt(MAX_HEADER_BYTES)) {
      throw new MalformedSafetensors(`its header is longer than ${MAX_HEADER_BYTES} bytes`);
    }
    if (Number(bytes) > size - LENGTH_BYTES) throw new MalformedSafetensors('its header is cut short');
    const header = Buffer.alloc(Number(bytes));
    await file.read(header, 0, header.length, LENGTH_BYTES);
    return header;
  } finally {
    await file.close();
  }
}

function parse(header: Buffer): unknown {
  try {
    return JSON.parse(header.toString('utf8'));
  } catch (cause) {
    throw new MalformedSafetensors('its header is no JSON', { cause });
  }
}
