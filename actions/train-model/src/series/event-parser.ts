import { pointOf } from '../decide/point-of.ts';
import type { Point } from '../engines/engine.ts';
import { maskedCrc32c } from './crc32c.ts';
import { scalarsOf } from './event-scalars.ts';
import type { RowParser } from './files-source.ts';
import { MalformedMessage } from './wire-format.ts';

/** Length, its checksum; then the data and its checksum (tensorflow/core/lib/io/record_writer.cc). */
const HEAD_BYTES = 12;
const FOOT_BYTES = 4;
/** An event with scalars has some hundred bytes; images and graphs are larger, and are passed over unread. */
const MAX_EVENT_BYTES = 1024 * 1024;

/** The frames of a TensorBoard event file. A last frame that is cut short is normal: the writer is still at it. */
export function createEventParser(): RowParser {
  const plugins = new Map<string, string>();
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  let skip = 0;
  let problem: string | undefined;

  const fail = (what: string): void => {
    problem = `is damaged at byte ${position}: ${what}`;
    rest = Buffer.alloc(0);
  };

  /** Takes one frame off `rest`; undefined where it is not whole yet. */
  const frame = (): Buffer | undefined => {
    if (skip > 0) {
      const skipped = Math.min(skip, rest.length);
      skip -= skipped;
      position += skipped;
      rest = rest.subarray(skipped);
    }
    if (skip > 0 || rest.length < HEAD_BYTES) return undefined;
    if (maskedCrc32c(rest.subarray(0, 8)) !== rest.readUInt32LE(8)) {
      fail('the checksum of a length is wrong');
      return undefined;
    }
    const length = Number(rest.readBigUInt64LE(0));
    if (length > MAX_EVENT_BYTES) {
      skip = HEAD_BYTES + length + FOOT_BYTES;
      return frame();
    }
    const whole = HEAD_BYTES + length + FOOT_BYTES;
    if (rest.length < whole) return undefined;
    const data = rest.subarray(HEAD_BYTES, HEAD_BYTES + length);
    if (maskedCrc32c(data) !== rest.readUInt32LE(HEAD_BYTES + length)) {
      fail('the checksum of an event is wrong');
      return undefined;
    }
    rest = rest.subarray(whole);
    position += whole;
    return data;
  };

  return {
    push(bytes) {
      if (problem !== undefined) return [];
      rest = Buffer.concat([rest, bytes]);
      const points: Point[] = [];
      for (let data = frame(); data !== undefined; data = frame()) {
        try {
          const { step, scalars } = scalarsOf(data, plugins);
          if (scalars.length > 0) points.push(pointOf(step, scalars));
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
