/**
 * Parses JSON; whole numbers beyond 2^53 become bigint instead of a neighbouring double. For small documents: every
 * value passes through a function.
 * Source: ECMAScript proposal "JSON.parse source text access", which Node 24 has.
 */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }): unknown => {
    const unsafe = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
    const source = context?.source;
    return unsafe && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
  }) as unknown;
}
