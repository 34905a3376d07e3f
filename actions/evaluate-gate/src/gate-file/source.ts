import { UsageError } from '../../../../shared/errors.ts';

/** Where something stands in a gate file, as keys and positions from its root. */
export type Path = readonly PropertyKey[];

/** How a message names a line. */
export interface Place {
  /** What a message of its own begins with: `gate.yml:7: `. */
  readonly prefix: string;
  /** Inside another message: `line 7`; empty where there is no line to name. */
  readonly short: string;
  /** The file to annotate, where there is one. */
  readonly where?: { readonly file: string; readonly line: number };
}

/** What a gate's keys and values were read from, so that a message can name the place as its author knows it. */
export interface Source {
  /** The line of the node at `path`, or of the nearest one above it. */
  lineOf(path: Path): number;
  /** What stands at `path`, as the subject of a sentence. */
  nameOf(path: Path): string;
  placeOf(line: number): Place;
}

export interface Problem {
  readonly line: number;
  readonly message: string;
  readonly remedy?: string | undefined;
}

/** One error for all problems, that of the first line in front, with its remedy. */
export function refusal(source: Source, problems: readonly Problem[], cause?: unknown): UsageError {
  const [first, ...rest] = [...problems].sort((a, b) => a.line - b.line);
  if (first === undefined) throw new RangeError('no problem');
  const { prefix, where } = source.placeOf(first.line);
  const further = rest.map(({ line, message }) => {
    const { short } = source.placeOf(line);
    return short === '' ? message : `${short}: ${message}`;
  });
  return new UsageError(
    `${prefix}${first.message}.${further.length === 0 ? '' : ` Further problems: ${further.join('; ')}.`}`,
    {
      ...(where === undefined ? {} : { where }),
      ...(first.remedy === undefined ? {} : { remedy: first.remedy }),
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
