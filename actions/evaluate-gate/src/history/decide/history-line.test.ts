import { describe, expect, it } from 'vitest';
import { appendLine, type HistoryLine, MAX_FILE_BYTES, MAX_LINES, parseHistory } from './history-line.ts';

function lineOf(id: number, change: Partial<HistoryLine> = {}): HistoryLine {
  return {
    schemaVersion: 1,
    model: 'digits',
    commit: 'a'.repeat(40),
    treeHash: 'b'.repeat(40),
    run: {
      id: String(id),
      attempt: 1,
      key: 'gate',
      url: `https://github.com/acme/digits/actions/runs/${id}`,
    },
    created: '2026-11-23T00:00:00Z',
    verdict: 'fail',
    modelDigest: 'c'.repeat(64),
    evaluationSetDigest: null,
    gateDigest: null,
    metrics: [{ name: 'accuracy', value: 0.9, n: null }],
    ...change,
  };
}

const idsOf = (text: string): string[] => parseHistory(text, 'digits').lines.map(({ run }) => run.id);
const textOf = (lines: readonly HistoryLine[]): string =>
  lines.map((each) => JSON.stringify(each)).join('\n');

describe('lines of history', () => {
  it('come back as they were written, oldest first', () => {
    const one = appendLine('', lineOf(1)) ?? '';
    const two = appendLine(one, lineOf(2)) ?? '';
    expect(two.split('\n')).toHaveLength(3);
    expect(parseHistory(two, 'digits')).toEqual({ lines: [lineOf(1), lineOf(2)], skipped: 0 });
    expect(parseHistory(two, 'letters')).toEqual({ lines: [], skipped: 2 });
    expect(parseHistory('', 'digits')).toEqual({ lines: [], skipped: 0 });
  });

  it('are one for each step: neither run, attempt nor key alone makes it the same', () => {
    const text = textOf([lineOf(1)]);
    expect(appendLine(text, { ...lineOf(1), verdict: 'pass' })).toBeUndefined();
    const { run } = lineOf(1);
    for (const change of [{ attempt: 2 }, { key: 'other' }, { id: '2' }]) {
      expect(appendLine(text, lineOf(1, { run: { ...run, ...change } }))).toBeDefined();
    }
    expect(appendLine(text, lineOf(1, { model: 'letters' }))).toBeDefined();
  });

  it('are the newest thousand, when written and when read', () => {
    const many = textOf(Array.from({ length: MAX_LINES + 5 }, (_, index) => lineOf(index)));
    expect(idsOf(many)).toHaveLength(MAX_LINES);
    expect(idsOf(many)[0]).toBe('5');
    const kept = idsOf(appendLine(many, lineOf(5000)) ?? '');
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([MAX_LINES, '6', '5000']);
  });

  it('that are not understood are left as they are, but for those of another size', () => {
    const later = '{"schemaVersion":2}';
    const huge = `"${'x'.repeat(40_000)}"`;
    const text = appendLine(`${later}\r\n\n${huge}\n`, lineOf(1)) ?? '';
    expect(text).toBe(`${later}\n${JSON.stringify(lineOf(1))}\n`);
    expect(parseHistory(text, 'digits').skipped).toBe(1);
  });

  it('have so many metrics and so many bytes at most', () => {
    const metrics = Array.from({ length: 150 }, (_, index) => ({ name: `m${index}`, value: index, n: 1 }));
    const [line] = parseHistory(appendLine('', lineOf(1, { metrics })) ?? '', 'digits').lines;
    expect(line?.metrics).toEqual(metrics.slice(0, 100));
    // Four bytes a character: a hundred such names are more than a line holds.
    const wide = metrics.map((each, index) => ({ ...each, name: `${index} ${'😀'.repeat(98)}` }));
    const long =
      appendLine('', lineOf(1, { metrics: [...wide, { name: 'y'.repeat(300), value: 1, n: 1 }] })) ?? '';
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(32 * 1024 + 1);
    expect(parseHistory(long, 'digits').lines[0]?.metrics.length).toBeGreaterThan(50);
  });

  it('fill a file of so many bytes at most', () => {
    const metrics = Array.from({ length: 100 }, (_, index) => ({
      name: `${index} ${'x'.repeat(150)}`,
      value: 0.123456789,
      n: 1,
    }));
    const many = textOf(Array.from({ length: 600 }, (_, index) => lineOf(index, { metrics })));
    expect(many.length).toBeGreaterThan(MAX_FILE_BYTES);
    const text = appendLine(many, lineOf(5000)) ?? '';
    expect(text.length).toBeLessThanOrEqual(MAX_FILE_BYTES);
    expect(text.length).toBeGreaterThan(MAX_FILE_BYTES - 40_000);
    expect(idsOf(text).at(-1)).toBe('5000');
  });

  it.each([
    ['a name of no commit', { commit: 'main' }],
    ['a verdict that decides nothing', { verdict: 'error' }],
    ['another form of metrics', { metrics: { accuracy: 1 } }],
    ['a metric that is no number', { metrics: [{ name: 'accuracy', value: null, n: 1 }] }],
    ['more metrics than a line has', { metrics: new Array(101).fill({ name: 'a', value: 1, n: 1 }) }],
    ['no time', { created: 'yesterday' }],
    ['another version', { schemaVersion: 2 }],
  ])('of %s are skipped', (_, change) => {
    const text = JSON.stringify({ ...lineOf(1), ...change });
    expect(parseHistory(text, 'digits')).toEqual({ lines: [], skipped: 1 });
  });
});
