import { crc32 } from 'node:zlib';
import { numberOf, parseJson } from '../decide/metrics.ts';
import { pointOf } from '../decide/point-of.ts';
import type { Point } from '../engines/engine.ts';
import type { RowParser } from './files-source.ts';
import { fieldsOf, MalformedMessage, type WireField } from './wire-format.ts';

/** The log format of LevelDB (github.com/google/leveldb, doc/log_format.md), behind a header of W&B's own. */
const FILE_HEADER = Buffer.from(':W&B');
const FILE_HEADER_BYTES = 7;
const BLOCK_BYTES = 32 * 1024;
const CHUNK_HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;
/** A row of metrics is shorter by far; what is longer is an artifact or a table. */
const MAX_RECORD_BYTES = 1024 * 1024;

/** Field numbers of wandb/proto/wandb_internal.proto. */
const RECORD_HISTORY = 2;
const HISTORY = { item: 1, step: 2 } as const;
const STEP_NUMBER = 1;
const ITEM = { key: 1, nestedKey: 2, integer: 5, number: 6, json: 16 } as const;
/** W&B's own values; the step is told besides. */
const OWN = '_';

/** The rows of history in the file that W&B writes when it is offline, `run-<id>.wandb`. */
export function createWandbParser(): RowParser {
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  let record: Buffer[] | undefined;
  let bytes = 0;
  let problem: string | undefined;

  const take = (length: number): Buffer => {
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    position += length;
    return taken;
  };
  const fail = (what: string): void => {
    problem = `is damaged at byte ${position}: ${what}`;
    rest = Buffer.alloc(0);
  };
  /** The next whole chunk; undefined where it is not there yet. */
  const chunk = (): { type: number; data: Buffer } | undefined => {
    if (position === 0) {
      if (rest.length < FILE_HEADER_BYTES) return undefined;
      if (!rest.subarray(0, FILE_HEADER.length).equals(FILE_HEADER)) {
        fail('it is no file of W&B');
        return undefined;
      }
      take(FILE_HEADER_BYTES);
    }
    const left = BLOCK_BYTES - (position % BLOCK_BYTES);
    if (left < CHUNK_HEADER_BYTES) {
      // The end of a block that holds no header is filled with zeros.
      if (rest.length < left) return undefined;
      take(left);
    }
    if (rest.length < CHUNK_HEADER_BYTES) return undefined;
    const length = rest.readUInt16LE(4);
    if (rest.length < CHUNK_HEADER_BYTES + length) return undefined;
    const type = rest[6] ?? 0;
    const checked = rest.subarray(6, CHUNK_HEADER_BYTES + length);
    if (crc32(checked) !== rest.readUInt32LE(0)) {
      fail('a checksum is wrong');
      return undefined;
    }
    return { type, data: take(CHUNK_HEADER_BYTES + length).subarray(CHUNK_HEADER_BYTES) };
  };
  const join = (type: number, data: Buffer): Buffer | undefined => {
    if (type === FULL) return data;
    if (type === FIRST) {
      record = [];
      bytes = 0;
    }
    bytes += data.length;
    // Undefined from here on: the rest of what is too long is passed over.
    if (bytes > MAX_RECORD_BYTES) record = undefined;
    record?.push(data);
    return type === LAST && record !== undefined ? Buffer.concat(record) : undefined;
  };

  return {
    push(piece) {
      if (problem !== undefined) return [];
      rest = Buffer.concat([rest, piece]);
      const points: Point[] = [];
      for (let next = chunk(); next !== undefined; next = chunk()) {
        const whole = join(next.type, next.data);
        if (whole === undefined) continue;
        try {
          points.push(...pointsOf(whole));
        } catch (error) {
          if (!(error instanceof MalformedMessage)) throw error;
          fail(error.message);
        }
      }
      return points;
    },
    end: () => [],
    get problem() {
      return problem;
    },
  };
}

function pointsOf(record: Buffer): Point[] {
  return [...fieldsOf(record)]
    .filter(({ number, type }) => number === RECORD_HISTORY && type === 'bytes')
    .flatMap(({ bytes }) => {
      let step: number | undefined;
      const numbers: [string, number][] = [];
      for (const field of fieldsOf(bytes)) {
        if (field.number === HISTORY.step) step = stepOf(field.bytes);
        if (field.number !== HISTORY.item) continue;
        const item = itemOf(field.bytes);
        if (item?.[0] === '_step') step = item[1];
        else if (item !== undefined && !item[0].startsWith(OWN)) numbers.push(item);
      }
      return numbers.length === 0 ? [] : [pointOf(step ?? 0, numbers)];
    });
}

function stepOf(message: Buffer): number | undefined {
  for (const { number, varint } of fieldsOf(message)) if (number === STEP_NUMBER) return Number(varint);
  // Protocol buffers leave zero out.
  return 0;
}

function itemOf(message: Buffer): [string, number] | undefined {
  let key: string | undefined;
  const nested: string[] = [];
  let value: number | undefined;
  for (const field of fieldsOf(message)) {
    if (field.number === ITEM.key) key = field.bytes.toString('utf8');
    else if (field.number === ITEM.nestedKey) nested.push(field.bytes.toString('utf8'));
    else value = valueOf(field) ?? value;
  }
  const name = nested.length > 0 ? nested.join('.') : key;
  return name === undefined || value === undefined ? undefined : [name, value];
}

function valueOf({ number, type, varint, bytes }: WireField): number | undefined {
  if (number === ITEM.integer && type === 'varint') return Number(BigInt.asIntN(64, varint));
  if (number === ITEM.number && type === 'fixed64') return bytes.readDoubleLE();
  if (number !== ITEM.json) return undefined;
  const parsed = parseJson(bytes.toString('utf8'));
  return parsed.ok ? numberOf(parsed.document) : undefined;
}
