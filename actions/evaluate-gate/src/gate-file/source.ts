import { UsageError } from '../../../../shared/errors.ts';

/** Where something stands in a gate file, as keys and positions from its root. */
export type Path = readonly PropertyKey[];

/** What a gate's keys and values were read from, so that a message can name the place as its author knows it. */
export interface Source {
  /** The line of the node at `path`, or of the nearest one above it; 1 where there is none. */
  lineOf(path: Path): number;
  /** What stands at `path`, as the subject of a sentence. */
  nameOf(path: Path): string;
  /** What a message about `line` begins with; `file` and `line` where there is a file to annotate. */
  placeOf(line: number): {
    readonly prefix: string;
    readonly where?: { readonly file: string; readonly line: number };
  };
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
  const further = rest.map(({ line, message }) => `line ${line}: ${message}`).join('; ');
  return new UsageError(
    `${prefix}${first.message}.${further === '' ? '' : ` Further problems: ${further}.`}`,
    {
      ...(where === undefined ? {} : { where }),
      ...(first.remedy === undefined ? {} : { remedy: first.remedy }),
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
