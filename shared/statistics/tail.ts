/** What a two-sided interval of this confidence level leaves on each side: 0.05 for 0.9. */
export function tailOf(level: number): number {
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`A confidence level lies between 0 and 1, exclusive; ${level} does not.`);
  }
  return (1 - level) / 2;
}
