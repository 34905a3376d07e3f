/** The bytes are no protocol buffer message. */
export class MalformedMessage extends Error {}

/** One field: a varint as a bigint, the bytes of a fixed-width number or of what has a length. */
export interface WireField {
  readonly number: number;
  readonly type: 'varint' | 'fixed64' | 'bytes' | 'fixed32';
  readonly varint: bigint;
  readonly bytes: Buffer;
}

const NO_BYTES = Buffer.alloc(0);
/** A varint holds 64 bits in groups of 7. */
const MAX_VARINT_BYTES = 10;

function readVarint(message: Buffer, start: number): { value: bigint; next: number } {
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = message[start + index];
    if (byte === undefined) throw new MalformedMessage('a number is cut short');
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value, next: start + index + 1 };
  }
  throw new MalformedMessage('a number is too long');
}

/** The fields of a message held in memory (protobuf.dev, "Encoding"). */
export function* fieldsOf(message: Buffer): Generator<WireField> {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > message.length) throw new MalformedMessage('a field is longer than what holds it');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = readVarint(message, at);
    at = tag.next;
    const number = Number(tag.value >> 3n);
    switch (Number(tag.value & 7n)) {
      case 0: {
        const { value, next } = readVarint(message, at);
        at = next;
        yield { number, type: 'varint', varint: value, bytes: NO_BYTES };
        break;
      }
      case 1:
        yield { number, type: 'fixed64', varint: 0n, bytes: take(8) };
        break;
      case 2: {
        const { value, next } = readVarint(message, at);
        at = next;
        yield { number, type: 'bytes', varint: 0n, bytes: take(Number(value)) };
        break;
      }
      case 5:
        yield { number, type: 'fixed32', varint: 0n, bytes: take(4) };
        break;
      default:
        throw new MalformedMessage(`wire type ${Number(tag.value & 7n)}`);
    }
  }
}

/** Repeated numbers: one after the other, or packed into one field; `read` takes those of one field. */
export function packedVarints({ type, varint, bytes }: WireField): bigint[] {
  if (type === 'varint') return [varint];
  const values: bigint[] = [];
  for (let at = 0; at < bytes.length;) {
    const { value, next } = readVarint(bytes, at);
    values.push(value);
    at = next;
  }
  return values;
}
