/** A pattern of the contract, ECMA-262, found anywhere in a value unless it has anchors. */
export interface Pattern {
  /** The same language for DuckDB's RE2; undefined where RE2 lacks something, and the values are tested here. */
  readonly re2: string | undefined;
  readonly expression: RegExp;
}

/** RE2 refuses more repetitions than this, also of groups within groups; their product is a safe bound. */
const MAX_RE2_REPEAT = 1000;

/** Compiles a pattern; undefined where it is none. */
export function compilePattern(source: string): Pattern | undefined {
  // With the flag u a pattern speaks of code points, as RE2 does; patterns that u refuses are tried without it.
  for (const flags of ['u', '']) {
    try {
      const expression = new RegExp(source, flags);
      return {
        re2: flags === 'u' ? toRe2(source) : undefined,
        expression,
      };
    } catch {
      // The next flags.
    }
  }
  return undefined;
}

/** The parts that ECMA-262 with the flag u and RE2 read alike. What is not here is tested by JavaScript itself. */
const SAME_PART = new RegExp(
  [
    /[A-Za-z0-9 _,:;<>=!@#%&~"'/`-]/, // plain characters
    /[\u00a1-\uffff]/,
    /[\^$|)]/,
    /\((?:\?:)?(?![?])/, // groups, not look-around
    /\\[dDwW]/, // the same ASCII classes in both
    /\\[.*+?()[\]{}|\\^$/]/,
    /\.(?![*+]\?)/,
    /[*+?]\??/,
    /\{\d{1,4}(?:,\d{0,4})?\}\??/,
    /\[\^?(?:[A-Za-z0-9 _,:;<>=!@#%~"'/`.*+?(){}|$-]|\\[dw.*+?()[\]{}|\\^$/-])+\]/,
  ]
    .map((part) => part.source)
    .join('|'),
  'y',
);

function toRe2(source: string): string | undefined {
  const parts: string[] = [];
  let repetitions = 1;
  SAME_PART.lastIndex = 0;
  for (let match = SAME_PART.exec(source); match !== null; match = SAME_PART.exec(source)) {
    const [part] = match;
    const repeats = part.startsWith('{') ? (part.match(/\d+/g) ?? []) : [];
    repetitions *= Math.max(1, ...repeats.map(Number));
    if (repetitions > MAX_RE2_REPEAT) return undefined;
    // ECMA-262's dot stops at four line ends, RE2's at one.
    parts.push(part === '.' ? '[^\\n\\r\\x{2028}\\x{2029}]' : part.replace(/^\\\//, '/'));
    if (SAME_PART.lastIndex === source.length) return parts.join('');
  }
  return source === '' ? '' : undefined;
}
