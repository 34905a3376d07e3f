import { describe, expect, it } from 'vitest';
import { gapsIn } from './gap-rules.ts';
import { runAll } from './pool.ts';
import { brokenPromises, renderTables } from './tables.ts';
import { DRAWS, drawsOf, type Finding, runTask, TASKS } from './tasks.ts';

const GOOD: Finding = { rules: 20, 'any fail': 0.04, 'all pass': 0.05, inconclusive: 0.2, other: 0 };

const GAPS: Finding = {
  'difference covered': 0.934,
  'difference failed': 0.031,
  'difference passed': 0.044,
  'ratio covered': 0.929,
  'ratio failed': 0.027,
  'ratio passed': 0.045,
};

/** Findings that keep every promise, but those of one table. */
function findings(table?: string, changed: Partial<Finding> = {}): Finding[] {
  return TASKS.map((task): Finding => {
    if (task.kind === 'coverage') return { 'an interval': 0.912 };
    if (task.kind === 'gap') return GAPS;
    const kept = task.table === 'identical-pass' ? { ...GOOD, 'all pass': 0.95 } : GOOD;
    return task.table === table ? ({ ...kept, ...changed } as Finding) : kept;
  });
}

describe('brokenPromises', () => {
  it('is silent where all are kept', () => {
    expect(brokenPromises(findings(), DRAWS, 0)).toEqual([]);
  });

  it.each([
    ['false-fail', { 'any fail': 0.051 }, 'any fail 5.1 %', 'is above 5.0 %'],
    ['worse-by-margin', { 'all pass': 0.061 }, 'all pass 6.1 %', 'is above 6.0 %'],
    ['identical-pass', { 'all pass': 0.899 }, 'all pass 89.9 %', 'is below 90.0 %'],
    ['false-fail', { other: 0.5 }, 'any fail 4.0 %', 'not judged by their interval'],
    ['false-fail', { 'any fail': NaN }, 'any fail NaN %', 'is above'],
  ])('tells of %s %o', (table, changed, share, words) => {
    const broken = brokenPromises(findings(table, changed), DRAWS, 0);
    expect(broken).toHaveLength(
      TASKS.filter((task) => task.kind === 'decision' && task.table === table).length,
    );
    expect(broken[0]).toContain(share);
    expect(broken[0]).toContain(words);
  });

  it('forgives few draws their chance', () => {
    expect(brokenPromises(findings('false-fail', { 'any fail': 0.08 }), 200, 4)).toEqual([]);
    expect(brokenPromises(findings('false-fail', { 'any fail': 0.2 }), 200, 4)).not.toEqual([]);
  });
});

describe('renderTables', () => {
  it('shows every task', () => {
    const text = renderTables(findings(), DRAWS);
    expect(text).toContain('| an interval | 91.2 | 91.2 |');
    expect(text).toContain('| accuracy, paired score | 20 | 300 | 20,000 | 5.0 % |');
    expect(text).toContain('| 50,000 | 5.0 % | 20.0 % | 4.0 % |');
    expect(text).toContain('| 5 | 5,000 | 0.05 | 93.4 % | 3.1 % | 4.4 % | 92.9 % | 2.7 % | 4.5 % |');
    expect(text).not.toContain('NaN');
  });
});

describe('gapsIn', () => {
  it('finds the intervals to cover, and a rule at the truth to fail or pass no more often than its level', () => {
    const found = gapsIn({ groups: 3, n: 400, gap: 0.05 }, 200, 1);
    // In 200 draws a share of 5 % is known within 1.5 %; four of those.
    expect(found['difference covered']).toBeGreaterThan(0.84);
    expect(found['ratio covered']).toBeGreaterThan(0.84);
    for (const what of ['difference failed', 'difference passed', 'ratio failed', 'ratio passed'])
      expect(found[what], what).toBeLessThan(0.11);
    expect(found).toEqual(gapsIn({ groups: 3, n: 400, gap: 0.05 }, 200, 1));
  });
});

describe('tasks', () => {
  it('draw more where a bound is cheap, and not in a quick run', () => {
    const [first] = TASKS;
    if (first === undefined) throw new Error('no task');
    expect(drawsOf(first, DRAWS)).toBe(10 * DRAWS);
    expect(drawsOf(first, 200)).toBe(200);
  });

  it('give the same in a worker as here, whatever ends first', async () => {
    const ended: number[] = [];
    const found = await runAll({
      tasks: 3,
      draws: 2,
      workers: 2,
      onEnded: (index) => void ended.push(index),
    });
    expect(ended.toSorted()).toEqual([0, 1, 2]);
    expect(found).toEqual([await runTask(0, 2), await runTask(1, 2), await runTask(2, 2)]);
  });

  it('pass on what goes wrong in a worker', async () => {
    const run = runAll({ tasks: TASKS.length + 1, draws: 1, workers: 1, onEnded: () => undefined });
    await expect(run).rejects.toThrow(`There is no task ${TASKS.length}`);
  });
});
