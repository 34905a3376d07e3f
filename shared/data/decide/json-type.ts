const INTEGERS = new Set(['BIGINT', 'UBIGINT']);
const NUMBERS = new Set([...INTEGERS, 'DOUBLE']);

/** The column type that holds every kind of JSON value that a key was seen with. */
export function typeOfKey(kinds: readonly string[]): string {
  const seen = kinds.filter((kind) => kind !== 'NULL');
  if (seen.length === 0) return 'VARCHAR';
  if (seen.every((kind) => INTEGERS.has(kind))) return seen.includes('UBIGINT') ? 'HUGEINT' : 'BIGINT';
  if (seen.every((kind) => NUMBERS.has(kind))) return 'DOUBLE';
  if (seen.every((kind) => kind === 'BOOLEAN')) return 'BOOLEAN';
  if (seen.every((kind) => kind === 'VARCHAR')) return 'VARCHAR';
  return 'JSON';
}
