import type { Paired } from './paired.ts';
import { bySlice } from './scope.ts';

/** Scores of one row may miss a sum of 1 by this much, as in ../metrics/scores.ts. */
const SUM_TOLERANCE = 1e-2;

/** Why the scores are no probabilities, of either model: metrics that take them for such are then not defined. */
export async function probabilityProblem(paired: Paired): Promise<string | undefined> {
  const names = paired.columns.candidate.scores.map((_, at) => `s${at}`);
  if (names.length === 0) return undefined;
  const sides = paired.hasBaseline ? ['c', 'b'] : ['c'];
  const counts = sides.map((side) => {
    const list = names.map((name) => `${side}${name}`);
    const outside = `least(${list.join(', ')}) < 0 OR greatest(${list.join(', ')}) > 1`;
    const off = list.length === 1 ? 'FALSE' : `abs(${list.join(' + ')} - 1) > ${SUM_TOLERANCE}`;
    return `count(*) FILTER (WHERE ${outside}) AS ${side}_outside, count(*) FILTER (WHERE ${off}) AS ${side}_off`;
  });
  const row =
    (await bySlice(paired, 'probabilities', `SELECT 0 AS k, ${counts.join(', ')} FROM paired`)).get(0)?.[0] ??
    {};
  for (const side of sides) {
    const whose = side === 'c' ? 'the scores' : "the baseline's scores";
    if (Number(row[`${side}_outside`]) > 0) return `${whose} are no probabilities from 0 to 1`;
    if (Number(row[`${side}_off`]) > 0) return `${whose} of a row do not add up to 1`;
  }
  return undefined;
}
