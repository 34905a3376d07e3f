import { describe, expect, it } from 'vitest';
import { pairedScoreInference } from '../../../../shared/statistics/paired-score.ts';
import { type SeededGenerator, seededGenerator } from '../../../../shared/statistics/seeded.ts';
import type { MetricEvidence } from '../evidence.ts';
import { parseGateFile } from '../gate-file/parse.ts';
import { judgeRules } from './judge-rules.ts';

const DRAWS = 2_000;
const ROWS = 300;

const known = new Map<string, MetricEvidence>();

/** The same counts occur again and again, and their score intervals are costly. */
function evidenceOf(b: number, c: number): MetricEvidence {
  const key = `${b} ${c}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const both = 200;
  const counts = { both, onlyCandidate: b, onlyBaseline: c, neither: ROWS - both - b - c };
  const score = pairedScoreInference(counts);
  const interval = score.interval(0.9);
  const difference = { ...score, interval: () => interval };
  const evidence = { value: (both + b) / ROWS, baselineValue: (both + c) / ROWS, n: ROWS, difference };
  known.set(key, evidence);
  return evidence;
}

/** Two models on the same rows, each row drawn for itself. */
function pairedDraw(next: SeededGenerator, onlyCandidate: number, onlyBaseline: number): MetricEvidence {
  let b = 0;
  let c = 0;
  for (let row = 0; row < ROWS; row += 1) {
    const u = next();
    if (u < onlyCandidate) b += 1;
    else if (u < onlyCandidate + onlyBaseline) c += 1;
  }
  return evidenceOf(b, c);
}

function share(
  rules: number,
  margin: number,
  shares: readonly [number, number],
  seed: number,
  result: string,
): number {
  const metrics = Array.from({ length: rules }, (_, index) => `metric-${index}`);
  const lines = metrics.map(
    (metric) => `  - {metric: ${metric}, direction: higher, max-regression: ${margin}}`,
  );
  const gate = parseGateFile(`version: 1\nrules:\n${lines.join('\n')}`, 'gate.yml');
  const next = seededGenerator(seed);
  let hits = 0;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const overall = new Map(
      metrics.map((metric) => [`${metric} auto`, pairedDraw(next, ...shares)] as const),
    );
    const evaluated = judgeRules({
      gate,
      evidence: { overall, slices: [], fairness: new Map() },
      reported: new Map(),
      baseline: { kind: 'present', what: 'production v1', metrics: new Map() },
      gatePath: 'gate.yml',
    });
    if (evaluated.some((rule) => rule.result === result)) hits += 1;
  }
  return hits / DRAWS;
}

// Two standard errors of a share of 5 % in 2,000 draws are 1 %.
const MONTE_CARLO = 0.01;

describe('error rates of the decision', () => {
  it('identical models, 20 rules that allow no regression: one of them fails falsely in at most 5 %', () => {
    const rate = share(20, 0, [0.05, 0.05], 11, 'fail');
    expect(rate).toBeLessThanOrEqual(0.05 + MONTE_CARLO);
    // A correction that never let anything fail would pass too.
    expect(rate).toBeGreaterThan(0.02);
  });

  it('a model worse by exactly the margin passes in at most 6 %', () => {
    const rate = share(1, 0.02, [0.03, 0.05], 12, 'pass');
    expect(rate).toBeLessThanOrEqual(0.06);
    expect(rate).toBeGreaterThan(0.03);
  });

  it('a model that is clearly worse fails', () => {
    expect(share(1, 0.01, [0.01, 0.15], 13, 'fail')).toBeGreaterThan(0.95);
  });
});
