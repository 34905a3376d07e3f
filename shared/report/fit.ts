/** A piece of text that is shown whole, in a shorter form, or not at all. */
export interface Part {
  readonly text: string;
  /** Shorter forms, the longest first, for where the text itself does not fit. */
  readonly shorter?: readonly string[];
  /** What is said to be missing where it is left out. */
  readonly name: string;
  /** Parts of a lower rank are kept first. */
  readonly rank: number;
}

export interface Fitted {
  readonly parts: readonly Part[];
  readonly leftOut: readonly Part[];
}

/** Keeps as many parts as fit into `budget`, the most important first, in their own order. */
export function fit(parts: readonly Part[], budget: number, sizeOf: (text: string) => number): Fitted {
  const kept = new Map<Part, Part>();
  let left = budget;
  for (const part of parts.toSorted((a, b) => a.rank - b.rank)) {
    const text = [part.text, ...(part.shorter ?? [])].find((form) => sizeOf(form) <= left);
    if (text === undefined) continue;
    left -= sizeOf(text);
    kept.set(part, { ...part, text });
  }
  return {
    parts: parts.flatMap((part) => kept.get(part) ?? []),
    leftOut: parts.filter((part) => !kept.has(part)),
  };
}

/** The lines that fit, from the first on: the last resort for text that has no parts. */
export function fitLines(text: string, budget: number, sizeOf: (text: string) => number): string {
  let left = budget;
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    left -= sizeOf(line) + 1;
    if (left < 0) break;
    lines.push(line);
  }
  return lines.join('\n');
}
