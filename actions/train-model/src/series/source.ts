import type { Point } from '../engines/engine.ts';
import type { MetricsFault } from './metrics-found.ts';

/** A row that a source told. `group` tells apart what may use the same names: a folder, a run; `''` where nothing does. */
export interface Row extends Point {
  readonly group: string;
}

export interface Look {
  readonly rows: readonly Row[];
  /** The rows are those from the first on again: what they were read from is another, or was written anew. */
  readonly anew: boolean;
  /** There is more, which one look did not take. */
  readonly more: boolean;
}

export const NOTHING: Look = { rows: [], anew: false, more: false };

export interface Problem {
  readonly failureClass: MetricsFault['failureClass'];
  /** Goes on where the source's label ends, such as `row 2 is not JSON`. */
  readonly message: string;
}

/** Reads a source from the training's first row on, look by look. */
export interface SourceReader {
  /** What is new since the look before; bounded in bytes and rows. */
  look(signal: AbortSignal): Promise<Look>;
  /** After the last look: what stands in a line that no line break ends. */
  end(): readonly Row[];
  /** What it found wrong, at most a few. */
  problems(): readonly Problem[];
  /** Values that are told without a curve; they count as final metrics. */
  summary?(): Readonly<Record<string, number>>;
}

/** A place where metrics are written, with one implementation a format (port). */
export interface Source {
  readonly label: string;
  /** Goes before a name that another source has too. */
  readonly prefix: string;
  /** Absolute paths that it reads. */
  readonly files: readonly string[];
  /** The shortest time between two looks while the training runs. */
  readonly gapMs: number;
  /** Before the start: what lies there is not this training's. */
  begin(signal: AbortSignal): Promise<void>;
  open(): SourceReader;
  /** Where rows cannot be read a second time, the end reads on where the last look stopped. */
  readonly once?: boolean;
  /** Where only the newest values can be read, the curve is what the looks saw. */
  readonly newestOnly?: boolean;
  /** What it is that told nothing, such as `does not exist after the training`. */
  absent(): Promise<string>;
}
