/** A message of DuckDB's without what it quotes: that may be a value of the data. */
export function withoutValues(message: string): string {
  const [line = ''] = message.split('\n', 1);
  return line.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, '…').slice(0, 300);
}
