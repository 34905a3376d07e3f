import type { SeededGenerator } from './seeded.ts';

// Below this mean, counting up from 0 takes fewer steps than the rejection method, and above it the latter is valid.
const LEAST_MEAN_OF_REJECTION = 10;

/**
 * A binomial draw of `trials` at `chance`, in time that does not grow with the trials. Small means by inversion
 * (Kachitvichyanukul and Schmeiser, "Binomial random variate generation", 1988, BINV), others by transformed rejection
 * (Hörmann, "The generation of binomial random variates", 1993, BTRS).
 */
export function drawBinomial(random: SeededGenerator, trials: number, chance: number): number {
  if (chance > 0.5) return trials - drawBinomial(random, trials, 1 - chance);
  if (trials * chance < LEAST_MEAN_OF_REJECTION) return byInversion(random, trials, chance);
  return byRejection(random, trials, chance);
}

function byInversion(random: SeededGenerator, trials: number, chance: number): number {
  const none = power(1 - chance, trials);
  const odds = chance / (1 - chance);
  for (;;) {
    let mass = none;
    let left = random();
    for (let k = 0; k <= trials; k++) {
      if (left < mass) return k;
      left -= mass;
      mass *= (odds * (trials - k)) / (k + 1);
      // The rest of the tail is less than a uniform number can tell from 0: draw anew.
      if (mass === 0) break;
    }
  }
}

/** By squaring, as Math.pow may differ in the last bit from one machine to the next. */
function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

function byRejection(random: SeededGenerator, trials: number, chance: number): number {
  const spread = Math.sqrt(trials * chance * (1 - chance));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * chance;
  const center = trials * chance + 0.5;
  const inside = 0.92 - 4.2 / b;
  const odds = chance / (1 - chance);
  const alpha = (2.83 + 5.1 / b) * spread;
  const mode = Math.floor((trials + 1) * chance);
  const atMode =
    (mode + 0.5) * Math.log((mode + 1) / (odds * (trials - mode + 1))) +
    stirlingTail(mode) +
    stirlingTail(trials - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + center);
    if (edge >= 0.07 && v <= inside) return k;
    if (!(k >= 0 && k <= trials)) continue;
    const bound =
      atMode +
      (trials + 1) * Math.log((trials - mode + 1) / (trials - k + 1)) +
      (k + 0.5) * Math.log((odds * (trials - k + 1)) / (k + 1)) -
      stirlingTail(k) -
      stirlingTail(trials - k);
    if (Math.log((v * alpha) / (a / (edge * edge) + b)) <= bound) return k;
  }
}

const STIRLING_TAILS = [
  0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.020790672103765, 0.0166446911898211,
  0.0138761288230707, 0.0118967099458917, 0.010411265261972, 0.00925546218271273, 0.00833056343336287,
];

/** ln(k!) less Stirling's approximation of it, as Hörmann has it. */
function stirlingTail(k: number): number {
  const known = STIRLING_TAILS[k];
  if (known !== undefined) return known;
  const next = k + 1;
  const square = next * next;
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / next;
}
