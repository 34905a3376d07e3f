import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../shared/report/html.ts';
import { renderComment, renderSummary } from '../../shared/report/markdown.ts';
import { renderTerminal } from '../../shared/report/terminal.ts';
import { buildReport } from '../../shared/report/view.ts';
import { doubtfulEvaluation, richEvaluation, wideEvaluation } from './evaluation-fixtures.ts';

const URL = 'https://github.com/acme/digits/actions/runs/7301';
const GITHUB = { maxCharacters: 65_536 };

describe('an evaluation with intervals, slices and fairness', () => {
  it.each([
    ['that fails', richEvaluation()],
    ['that is inconclusive and self-reported', doubtfulEvaluation()],
  ])('%s in a comment', (_, section) => {
    expect(renderComment(buildReport([section], { fullReportUrl: URL }), GITHUB)).toMatchSnapshot();
  });

  it.each([
    [120, richEvaluation()],
    [60, doubtfulEvaluation()],
  ])('in a terminal of %d columns', (columns, section) => {
    const text = renderTerminal(buildReport([section]), { colour: false, columns });
    expect(text).toMatchSnapshot();
  });

  it('is drawn in report.html, the same bytes each time, with nothing from elsewhere', async () => {
    const report = buildReport([richEvaluation()]);
    const html = await renderHtml(report);
    expect(await renderHtml(report)).toBe(html);
    expect(html).not.toMatch(/<script|<link|<iframe|<img|@import|url\(|src=/);
    // ROC, precision and recall, calibration, residuals, bootstrap, trend.
    expect(html.match(/<svg class="chart"/g)).toHaveLength(7);
    expect(html.match(/<figure class="forest">/g)).toHaveLength(2);
    expect(html).toContain('<span>4fd1a02</span><span>this run</span>');
    expect(html).toContain(
      'aria-label="ROC: true positive rate by false positive rate, of candidate, credit v1"',
    );
  });

  it('parts a picture of more series than can be told apart', async () => {
    const series = Array.from({ length: 6 }, (_, index) => ({
      name: `class ${index}`,
      points: Array.from({ length: 50 }, (__, x): [number, number] => [
        x / 50,
        (x / 50) ** (1 / (index + 1)),
      ]),
    }));
    const charts = { roc: series, precisionRecall: [], calibration: [], residuals: [], trend: [] };
    const html = await renderHtml(buildReport([richEvaluation({ charts })]));
    expect(html.match(/<svg class="chart"/g)).toHaveLength(2);
    const one = {
      ...charts,
      roc: [],
      residuals: [{ name: 'candidate', width: 1, points: [[0, 12] as [number, number]] }],
    };
    expect(await renderHtml(buildReport([richEvaluation({ charts: one })]))).toContain('<svg class="chart"');
  });

  it('shows no count that is withheld, in any form', async () => {
    const report = buildReport([
      richEvaluation({
        confusion: {
          labels: ['a', 'b'],
          counts: [
            [120, null],
            [null, 87],
          ],
        },
      }),
    ]);
    for (const form of [renderComment(report, GITHUB), await renderHtml(report)]) {
      expect(form).toContain('the count is withheld');
      expect(form).not.toContain('null');
      expect(form).not.toContain('NaN');
    }
  });
});

describe('an evaluation of 500 rules on 20 slices each', () => {
  const report = buildReport([wideEvaluation(500, 20)], { fullReportUrl: URL });

  it('fits into a comment, as counts', () => {
    const comment = renderComment(report, GITHUB);
    expect(comment.length).toBeLessThanOrEqual(65_536);
    expect(comment).toContain('of 10,500 blocking rules (each slice counted) 200 fail');
    expect(comment).toContain('Rules by slice (200 fail, 587 were not run and 9,213 pass)');
    expect(comment).toContain('… and 150 more, left out here for length');
    expect(comment).toContain('🖼️ 9,213 slices pass, 1,000 of them shown: in report.html');
    expect(comment).toContain('metric-5 and 18 more, in report.html');
  });

  it('is shortened, and then without what is folded, before it is left out', () => {
    const whole = renderComment(report, GITHUB);
    const short = renderComment(report, { maxCharacters: whole.length - 1 });
    expect(short.length).toBeLessThan(whole.length);
    expect(short).toContain('… and 185 more, left out here for length');
    expect(short).toContain('<summary>Metrics</summary>');
    const shortest = renderComment(report, { maxCharacters: 14_000 });
    expect(shortest.length).toBeLessThanOrEqual(14_000);
    expect(shortest).toContain('… and 194 more, left out here for length');
    expect(shortest).toContain('What is folded is left out here for length.');
    expect(shortest).not.toContain('<summary>Metrics</summary>');
    expect(renderComment(report, { maxCharacters: 3_500 })).toContain(
      'Left out here for length: Evaluation of credit.',
    );
  });

  it('fits into a summary, a terminal and a page that a browser can show', async () => {
    expect(Buffer.byteLength(renderSummary(report, { maxBytes: 1_000_000 }))).toBeLessThanOrEqual(1_000_000);
    expect(renderTerminal(report, { colour: false, columns: 100 }).split('\n').length).toBeLessThan(2_000);
    expect((await renderHtml(report)).length).toBeLessThan(5_000_000);
  });
});
