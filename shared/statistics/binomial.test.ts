import binomialCdf from '@stdlib/stats-base-dists-binomial-cdf';
import { expect, it } from 'vitest';
import { drawBinomial } from './binomial.ts';
import { seededGenerator } from './seeded.ts';

const DRAWS = 60_000;
// Chi-square of at most 32 bins stays below this but once in ten million times.
const GREATEST_CHI_SQUARE = 85;

it.each([
  [1, 0.5],
  [20, 0.3],
  [30, 0.97],
  [1_000, 0.005],
  [10_000_000, 0.000_000_4],
  [25, 0.41],
  [100, 0.25],
  [400, 0.9],
  [1_000_000, 0.4],
  [10_000_000, 0.000_02],
])('draws from the binomial distribution of %d at %d', (trials, chance) => {
  const random = seededGenerator(7);
  const odd: number[] = [];
  const mean = trials * chance;
  const deviation = Math.sqrt(mean * (1 - chance));
  // Bins of a quarter of a deviation, or of one value where that is more.
  const edges = new Set([...Array(31).keys()].map((i) => Math.floor(mean + ((i - 15) * deviation) / 4)));
  const bins = [...edges].filter((edge) => edge >= 0 && edge < trials);
  const observed = new Float64Array(bins.length + 1);
  for (let i = 0; i < DRAWS; i++) {
    const drawn = drawBinomial(random, trials, chance);
    if (!(drawn >= 0 && drawn <= trials && Number.isInteger(drawn))) odd.push(drawn);
    const bin = bins.findIndex((edge) => drawn <= edge);
    observed[bin === -1 ? bins.length : bin] = (observed[bin === -1 ? bins.length : bin] ?? 0) + 1;
  }
  const below = [...bins.map((edge) => binomialCdf(edge, trials, chance)), 1];
  let chiSquare = 0;
  below.forEach((share, bin) => {
    const wanted = DRAWS * (share - (below[bin - 1] ?? 0));
    if (wanted > 5) chiSquare += ((observed[bin] ?? 0) - wanted) ** 2 / wanted;
  });
  expect(odd).toEqual([]);
  expect(chiSquare).toBeLessThan(GREATEST_CHI_SQUARE);
});

it('takes a time that does not grow with the trials', () => {
  const random = seededGenerator(7);
  const start = performance.now();
  for (let i = 0; i < 10_000; i++) {
    drawBinomial(random, 1e12, 1e-12);
    drawBinomial(random, 1e12, 0.3);
  }
  expect(performance.now() - start).toBeLessThan(2_000);
});

it('draws anew where the tail beyond all masses is hit', () => {
  // A number that no sum of masses reaches, then an ordinary one.
  const numbers = [1.5, 0.2];
  const random = Object.assign(() => numbers.shift() ?? NaN, { bits: () => 0, below: () => 0 });
  expect(drawBinomial(random, 10, 0.1)).toBe(0);
  expect(numbers).toEqual([]);
});
