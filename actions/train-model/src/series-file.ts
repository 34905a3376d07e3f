import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRow, type RowResult, SeriesCollector } from './decide/series.ts';
import type { Point } from './engines/engine.ts';

/** A million rows of a few metrics; what is longer is data. */
const MAX_SERIES_BYTES = 256 * 1024 * 1024;
/** What one look reads at most, so that a first look at a long file does not take it all into memory. */
const MAX_LOOK_BYTES = 8 * 1024 * 1024;

/** Where a series stood before the training, so that rows of an earlier one are not taken for its own. */
export interface SeriesStart {
  readonly bytes: number;
  readonly sha256: string;
}

async function hashPrefix(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  if (bytes > 0) {
    for await (const chunk of createReadStream(path, { end: bytes - 1 })) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/** Notes what a series file holds; undefined where there is none. */
export async function noteSeries(path: string): Promise<SeriesStart | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile() !== true) return undefined;
  return { bytes: facts.size, sha256: await hashPrefix(path, facts.size) };
}

/** Where this training's rows begin: behind those that were there before, where it went on writing behind them. */
async function offsetOf(path: string, before: SeriesStart | undefined): Promise<number> {
  if (before === undefined) return 0;
  const { size } = await stat(path);
  if (size <= before.bytes) return 0;
  return (await hashPrefix(path, before.bytes)) === before.sha256 ? before.bytes : 0;
}

export type SeriesResult =
  | { readonly ok: true; readonly collector: SeriesCollector; readonly rows: number }
  | { readonly ok: false; readonly problem: 'not-a-number' | 'not-valid'; readonly message: string };

/** Reads a whole series. The last line may be cut short, as where the training was ended while it wrote. */
export async function readSeries(path: string, before: SeriesStart | undefined): Promise<SeriesResult> {
  const start = await offsetOf(path, before);
  const { size } = await stat(path);
  if (size - start > MAX_SERIES_BYTES) {
    return { ok: false, problem: 'not-valid', message: `is larger than ${MAX_SERIES_BYTES} bytes` };
  }
  const collector = new SeriesCollector();
  let row = 0;
  let broken: (RowResult & { ok: false }) | undefined;
  for await (const line of createInterface({
    input: createReadStream(path, { start }),
    crlfDelay: Infinity,
  })) {
    if (line.trim() === '') continue;
    if (broken !== undefined) return { ...broken, message: `row ${row} ${broken.message}` };
    row += 1;
    const result = parseRow(line, row);
    if (result.ok) collector.add(result.point);
    else if (result.problem === 'not-valid') broken = result;
    else return { ...result, message: `row ${row}: ${result.message}` };
  }
  return await finish(path, collector, row, broken);
}

async function finish(
  path: string,
  collector: SeriesCollector,
  row: number,
  broken: (RowResult & { ok: false }) | undefined,
): Promise<SeriesResult> {
  if (broken === undefined) return { ok: true, collector, rows: row };
  if (await endsWithLineBreak(path)) {
    return { ok: false, problem: broken.problem, message: `row ${row} ${broken.message}` };
  }
  return { ok: true, collector, rows: row - 1 };
}

async function endsWithLineBreak(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size === 0) return true;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] === 0x0a;
  } finally {
    await file.close();
  }
}

/** Follows a series while it grows, best effort: what it yields is for a progress line, the record reads it again. */
export async function* followSeries(
  path: string,
  before: SeriesStart | undefined,
  options: { readonly pollMs: number; readonly ended: () => boolean },
): AsyncGenerator<Point> {
  let offset = before?.bytes ?? 0;
  let rest = '';
  let row = 0;
  while (!options.ended()) {
    const piece = await readFrom(path, offset);
    if (piece === 'shorter') {
      offset = 0;
      rest = '';
    } else {
      offset += piece.length;
      const lines = (rest + piece.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.trim() === '') continue;
        row += 1;
        const result = parseRow(line, row);
        if (result.ok) yield result.point;
      }
    }
    await sleep(options.pollMs);
  }
}

async function readFrom(path: string, offset: number): Promise<Buffer | 'shorter'> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { size } = await file.stat();
    if (size < offset) return 'shorter';
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(Math.min(size - offset, MAX_LOOK_BYTES)),
      0,
      null,
      offset,
    );
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
