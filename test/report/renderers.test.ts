import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../shared/report/html.ts';
import { renderComment, renderSummary } from '../../shared/report/markdown.ts';
import { renderTerminal } from '../../shared/report/terminal.ts';
import { buildReport } from '../../shared/report/view.ts';
import * as fixtures from './fixtures.ts';
import { detachedTraining } from './training-fixtures.ts';

const LIMIT = { maxCharacters: 65_000 };
const URL = 'https://github.com/acme/digits/actions/runs/7301';

describe('the comment', () => {
  it.each([
    ['a pass', fixtures.passingRun()],
    ['a fail', fixtures.failingRun()],
    ['an error', [fixtures.dataSection(), fixtures.bodiless('training', 'error')]],
    ['a first run', fixtures.firstRun()],
    ['a matrix of three models', fixtures.matrixRun()],
    [
      'a rollback after broken data and a training with two attempts',
      [fixtures.failedData(), fixtures.failedTraining(), fixtures.rolledBackDeployment()],
    ],
    ['a push', fixtures.mainRun()],
  ] as const)('of %s', (_, sections) => {
    expect(renderComment(buildReport(sections, { fullReportUrl: URL }), LIMIT)).toMatchSnapshot();
  });

  it('of nothing says so', () => {
    expect(renderComment(buildReport([]), LIMIT)).toBe(
      '## ⏳ Trainyard: Nothing to report yet\n\nNo section of the record has arrived.\n',
    );
  });

  it('is the same for the same record in any order', () => {
    const render = (sections: ReturnType<typeof fixtures.matrixRun>): string =>
      renderComment(buildReport(sections), LIMIT);
    expect(render(fixtures.matrixRun().toReversed())).toBe(render(fixtures.matrixRun()));
  });
});

describe('what does not fit', () => {
  const checks = Array.from({ length: 10_000 }, (_, index) =>
    fixtures.check({
      id: `c${index}`,
      result: 'fail',
      failing: 7,
      description: `Column number_${index} lies between 0 and 9`,
    }),
  );
  const large = [
    fixtures.failedData({ body: fixtures.dataBody({ checks }) }),
    fixtures.trainingSection(),
    fixtures.evaluationSection(),
  ];

  it('of 10,000 failed checks is said in the comment, which stays below the limit', () => {
    const comment = renderComment(buildReport(large, { fullReportUrl: URL }), { maxCharacters: 65_536 });
    expect(comment.length).toBeLessThanOrEqual(65_536);
    expect(comment).toContain('… and 9,950 more, left out here for length');
    expect(comment).toContain('Column number_0 lies');
  });

  it('of 10,000 failed checks is said in the summary, which stays below its limit in bytes', () => {
    const summary = renderSummary(buildReport(large, { fullReportUrl: URL }), { maxBytes: 1_000_000 });
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1_000_000);
    expect(summary).toContain('… and 9,000 more, left out here for length');
  });

  it('goes section by section, the least important first, with a link to the whole', () => {
    const sections = [
      ...fixtures.passingRun().slice(0, 2),
      fixtures.failedEvaluation(),
      ...fixtures.passingRun().slice(3),
    ];
    const report = buildReport(sections, { fullReportUrl: URL });
    const whole = renderComment(report, LIMIT);
    const comment = renderComment(report, { maxCharacters: whole.length - 1 });
    expect(comment.length).toBeLessThanOrEqual(whole.length);
    expect(comment).toContain(
      `Left out here for length: Publication of digits-mlp and Deployment of digits-mlp. [The whole report](${URL}) holds everything.`,
    );
    expect(comment).toContain('<b>Evaluation of digits-mlp</b>');
    const tiny = renderComment(report, { maxCharacters: 7_000 });
    expect(tiny).toContain(
      'Left out here for length: Data of digits, Training of digits-mlp, Publication of digits-mlp and Deployment of digits-mlp.',
    );
    expect(tiny).toContain('### Model digits-mlp');
    expect(tiny).not.toMatch(/<details[^]*<details[^]*$(?<!<\/details>[^]*)/);
  });

  it('is named once there are many, and pointed to without a link where there is none', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      fixtures.failedEvaluation({ subject: `model-${index}`, notices: [`Notice ${index}`] }),
    );
    const comment = renderComment(buildReport(many), { maxCharacters: 20_000 });
    expect(comment.length).toBeLessThanOrEqual(20_000);
    expect(comment).toContain('… and 34 more sections fail; the table names them.');
    expect(comment).toContain('… and 30 more notices.');
    expect(comment).toMatch(/and \d+ more\. report\.html holds everything\./);
  });

  it.each([0, 1, 200, 2_500])('never exceeds %d characters, whatever that costs', (maxCharacters) => {
    const report = buildReport(fixtures.matrixRun(), { fullReportUrl: URL });
    expect(renderComment(report, { maxCharacters }).length).toBeLessThanOrEqual(maxCharacters);
  });

  it('of a matrix of labels and of a diff is said, too', async () => {
    const labels = Array.from({ length: 30 }, (_, index) => `label ${index}`);
    const counts = labels.map((_, row) => labels.map((__, column) => (row === column ? 5 : 0)));
    const diff = Array.from({ length: 3_000 }, (_, line) => `+line ${line}`).join('\n');
    const report = buildReport([
      fixtures.evaluationSection({
        body: fixtures.evaluationBody({ confusion: { labels, counts }, gate: fixtures.policy({ diff }) }),
      }),
    ]);
    const comment = renderComment(report, LIMIT);
    expect(comment).toContain('The matrix of 30 labels is too wide to show here');
    expect(comment).toContain('… and 2,800 more lines, left out here for length.');
    const terminal = renderTerminal(report, { colour: false, columns: 100 });
    expect(terminal).toContain('The matrix of 30 labels is too wide');
    expect(terminal).toContain('… and 2,940 more lines; report.html has them.');
    const html = await renderHtml(report);
    expect(html).toContain('label 29');
    expect(html).toContain('+line 2999');
  });
});

describe('several sections of one stage', () => {
  const legs = ['train-a', 'train-b'].map((key) =>
    fixtures.trainingSection({
      run: { key },
      ...(key === 'train-a' ? { cost: { usd: 1, basis: 'x' } } : {}),
    }),
  );

  it('are told apart by their keys in every form', async () => {
    const report = buildReport(legs);
    expect(renderComment(report, LIMIT)).toContain('| **Training** (`train-a`) | ✅ pass |');
    expect(renderTerminal(report, { colour: false, columns: 100 })).toMatch(/Training \(train-b\) +✔ pass/);
    const html = await renderHtml(report);
    expect(html).toContain('pass in 2 legs');
    expect(html).toContain('id="training-digits-mlp-train-b"');
  });
});

describe('report.html', () => {
  it('gives the same bytes for the same record', async () => {
    const page = await renderHtml(buildReport(fixtures.matrixRun()));
    expect(await renderHtml(buildReport(fixtures.matrixRun().toReversed()))).toBe(page);
  });

  it('names no remote resource and has no id twice', async () => {
    const page = await renderHtml(buildReport(fixtures.passingRun(), { fullReportUrl: URL }));
    expect(page).not.toMatch(/<script|<link|<iframe|<img|@import|url\(|href="http|src=/);
    expect(page).toContain("default-src 'none'");
    const ids = Array.from(page.matchAll(/ id="([^"]*)"/g), ([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  it('shows in words what cannot be drawn, and what is not known', async () => {
    const html = await renderHtml(
      buildReport([
        fixtures.dataSection({ cost: { usd: 2, basis: 'x' }, notices: ['A <notice>'] }),
        fixtures.trainingSection({
          body: fixtures.trainingBody({ series: [{ metric: 'one.point', points: [[1, 2]] }] }),
        }),
        fixtures.evaluationSection({
          body: fixtures.evaluationBody({
            baseline: null,
            metrics: [
              { name: 'mae', value: 1, baseline: 2, n: null },
              { name: 'mse', value: 1, baseline: null, n: 3 },
            ],
            confusion: { labels: ['a'], counts: [[1], [0]] },
          }),
        }),
      ]),
    );
    expect(html).toContain('<code>one.point</code> 2 → 2 over steps 1 to 1');
    expect(html).toContain('2 in the baseline');
    expect(html).toContain('A &lt;notice&gt;');
    expect(html).toContain('USD 2.00');
  });
});

describe('the terminal', () => {
  it.each([
    [100, fixtures.failingRun()],
    [40, fixtures.passingRun()],
  ])('shows the report on %d columns', (columns, sections) => {
    expect(renderTerminal(buildReport(sections), { colour: false, columns })).toMatchSnapshot();
  });

  it('is coloured only when asked, and says the same then', () => {
    const report = buildReport([fixtures.failedData({ notices: ['A notice'] }), ...legsOf()], {
      fullReportUrl: URL,
    });
    const plain = renderTerminal(report, { colour: false, columns: 90 });
    const coloured = renderTerminal(report, { colour: true, columns: 90 });
    expect(coloured).not.toBe(plain);
    expect(plain).not.toContain('\u001b');
    expect(stripVTControlCharacters(coloured)).toBe(plain);
    expect(plain).toContain(`Whole report: ${URL}`);
  });

  it('cuts long tables and treats a very narrow screen as a narrow one', () => {
    const checks = Array.from({ length: 60 }, (_, index) =>
      fixtures.check({ id: `c${index}`, result: 'fail' }),
    );
    const report = buildReport([fixtures.failedData({ body: fixtures.dataBody({ checks }) })]);
    expect(renderTerminal(report, { colour: false, columns: 100 })).toContain(
      '… and 10 more; report.html has them.',
    );
    expect(
      renderTerminal(report, { colour: false, columns: 1 })
        .split('\n')
        .every((line) => line.length <= 24),
    ).toBe(true);
  });

  it('of nothing says so', () => {
    expect(renderTerminal(buildReport([]), { colour: false, columns: 80 })).toBe(
      '… Trainyard: Nothing to report yet\nNo section of the record has arrived.',
    );
  });
});

function legsOf() {
  return [
    fixtures.trainingSection({ cost: { usd: 1, basis: 'x' } }),
    fixtures.evaluationSection({
      body: fixtures.evaluationBody({
        baseline: null,
        metrics: [
          { name: 'mae', value: 1, baseline: 2, n: null },
          { name: 'mse', value: 1, baseline: null, n: 3 },
        ],
      }),
    }),
  ];
}

describe('a training that another run does', () => {
  const RUN = 'https://github.com/acme/digits/actions/runs/7344';
  const comment = (fullReportUrl: string): string =>
    renderComment(buildReport([detachedTraining()], { fullReportUrl }), LIMIT);

  it('is shown open, with a link to its run where that is of the same repository', async () => {
    expect(comment(URL)).toContain(`- Run: [run 7344](${RUN})`);
    expect(comment(URL)).toContain(
      '<details open><summary>⏳ <b>Training of digits-mlp</b>: pending</summary>',
    );
    const html = await renderHtml(
      buildReport([detachedTraining()], { repositoryUrl: 'https://github.com/acme/digits' }),
    );
    expect(html).toContain(`<a href="${RUN}" rel="noreferrer">run 7344</a>`);
    expect(
      renderTerminal(buildReport([detachedTraining()], { fullReportUrl: URL }), {
        colour: false,
        columns: 120,
      }),
    ).toContain(`run 7344, ${RUN}`);
  });

  it('is named without a link elsewhere', async () => {
    expect(comment('https://github.com/other/digits/actions/runs/1')).not.toContain(`](${RUN})`);
    expect(await renderHtml(buildReport([detachedTraining()]))).not.toContain('href="http');
  });
});
