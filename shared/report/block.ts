import type { Bar, Limit, Scale } from './interval.ts';
import type { Mark, Tone } from './marks.ts';

/**
 * What a section's details are made of. A block holds facts as plain, unescaped text; each renderer escapes all of
 * it and gives it its own form, so that the four forms of the report cannot differ in what they say.
 */
export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
  /** A name, path or digest, to be read letter by letter. */
  readonly code?: boolean;
  /** Shown as a sign before the text. */
  readonly mark?: Mark;
  /** A page of the repository that the text leads to, where the form has links. */
  readonly url?: string;
  /** Drawn above the text, with its own words below it. */
  readonly interval?: Bar;
  /** What explains the text, smaller and below it. */
  readonly below?: string;
}

export interface Fact {
  readonly label: string;
  readonly value: Cell;
}

export interface Column {
  readonly header: string;
  readonly numeric?: boolean;
}

export interface Metric {
  readonly name: string;
  readonly value: string;
  /** `0.9722 in digits v1`; null where there is none. */
  readonly baseline: string | null;
  readonly change: Cell | null;
  readonly n: string | null;
}

export interface Curve {
  readonly metric: string;
  readonly points: readonly (readonly [number, number])[];
  /** First, last, lowest and highest value in words. */
  readonly text: string;
}

export interface Step {
  readonly mark: Mark;
  readonly name: string;
  readonly durationMs: number;
  readonly duration: string;
  readonly detail: string | null;
}

interface Titled {
  readonly title: string;
  /** Behind a fold where the form has folds; `markdown`: only where room is scarce. */
  readonly folded?: boolean | 'markdown';
  /** For the page alone: elsewhere a line says that it is there. */
  readonly pageOnly?: boolean;
}

export interface FactsBlock extends Titled {
  readonly kind: 'facts';
  readonly facts: readonly Fact[];
}
export interface TableBlock extends Titled {
  readonly kind: 'table';
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}
export interface MetricsBlock extends Titled {
  readonly kind: 'metrics';
  readonly baselineName: string | null;
  readonly metrics: readonly Metric[];
}
export interface CurvesBlock extends Titled {
  readonly kind: 'curves';
  readonly curves: readonly Curve[];
}
/** Rows are labels, columns predictions. A count that is null is withheld. */
export interface HeatBlock extends Titled {
  readonly kind: 'heat';
  readonly labels: readonly string[];
  readonly counts: readonly (readonly (number | null)[])[];
  readonly caption: string;
}
/** One metric by slice: a dot with its interval for each. */
export interface SliceChart {
  readonly metric: string;
  /** What is drawn and how to read it. */
  readonly caption: string;
  readonly scale: Scale;
  readonly limit: Limit | null;
  readonly zero: number | null;
  readonly rows: readonly SliceRow[];
}
export interface SliceRow {
  readonly family: string;
  readonly name: string;
  readonly n: string;
  readonly mark: Mark | null;
  /** Null where nothing could be measured. */
  readonly bar: Bar | null;
  readonly words: Cell;
}
export interface SlicesBlock extends Titled {
  readonly kind: 'slices';
  readonly charts: readonly SliceChart[];
}
export interface Plot {
  readonly shape: 'line' | 'histogram';
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
  /** Both axes from 0 to 1, with the line on which x equals y where `diagonal`. */
  readonly unit: boolean;
  readonly diagonal: boolean;
  /** Of the bars of a histogram. */
  readonly width: number | null;
  /** A vertical line, such as that of no difference. */
  readonly at: number | null;
  /** What the first and the last place on the x axis are, where they are no numbers. */
  readonly ends: readonly [string, string] | null;
  /** Values of y between which a difference is nothing out of the ordinary. */
  readonly band?: readonly [number, number];
}
export interface PlotsBlock extends Titled {
  readonly kind: 'plots';
  readonly plots: readonly Plot[];
}
export interface TimelineBlock extends Titled {
  readonly kind: 'timeline';
  readonly steps: readonly Step[];
}
export interface DiffBlock extends Titled {
  readonly kind: 'diff';
  readonly text: string;
}
export interface NoteBlock {
  readonly kind: 'note';
  readonly tone: Tone;
  readonly text: string;
}

export type Block =
  | FactsBlock
  | TableBlock
  | MetricsBlock
  | CurvesBlock
  | HeatBlock
  | SlicesBlock
  | PlotsBlock
  | TimelineBlock
  | DiffBlock
  | NoteBlock;

/** What a withheld count is shown as. */
export const WITHHELD = '<k';

export function text(value: string, tone?: Tone): Cell {
  return tone === undefined ? { text: value } : { text: value, tone };
}

export function code(value: string): Cell {
  return { text: value, code: true };
}

/** A fact, or none where its value is not known. */
export function fact(label: string, value: Cell | string | null): Fact[] {
  if (value === null || value === '' || (typeof value === 'object' && value.text === '')) return [];
  return [{ label, value: typeof value === 'string' ? text(value) : value }];
}
