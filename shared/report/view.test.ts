import { describe, expect, it } from 'vitest';
import * as fixtures from '../../test/report/fixtures.ts';
import type { Section } from '../record/section.ts';
import { buildReport } from './view.ts';

const lead = (sections: readonly Section[]) => {
  const { verdict, headline, sentence } = buildReport(sections);
  return { verdict, headline, sentence };
};

describe('buildReport', () => {
  it('gives the same report for the same sections in any order', () => {
    const sections = fixtures.matrixRun();
    expect(buildReport(sections.toReversed())).toEqual(buildReport(sections));
  });

  it('says that nothing has arrived yet', () => {
    expect(buildReport([])).toMatchObject({
      verdict: 'pending',
      headline: 'Nothing to report yet',
      origin: [],
    });
  });

  it('takes the title, the commit and the address that it is given', () => {
    const report = buildReport([fixtures.dataSection()], {
      title: 'Digits',
      headSha: 'feedc0ffee00feedc0ffee',
      fullReportUrl: 'https://github.com/x',
    });
    expect(report.title).toBe('Digits');
    expect(report.origin).toContainEqual({ label: 'Commit', value: { text: 'feedc0ffee00', code: true } });
    expect(report.fullReportUrl).toBe('https://github.com/x');
  });

  it('says where a section of a terminal comes from, and that its tree was not clean', () => {
    const report = buildReport([
      fixtures.dataSection({
        notices: ['Said twice.', 'Said twice.'],
        run: { id: 'terminal', workflow: null, url: null },
        commit: { repository: null, headSha: null, pullRequest: null, event: 'terminal', dirty: true },
      }),
    ]);
    expect(report.origin).toEqual([{ label: 'Run', value: { text: 'in a terminal' } }]);
    expect(report.notices).toHaveLength(2);
    expect(report.notices[1]).toContain('uncommitted changes');
  });
});

describe('the leading sentence', () => {
  it.each([
    [
      'a passing pull request',
      fixtures.passingRun(),
      'pass',
      'Ready to merge',
      'all 3 blocking rules hold; accuracy is 0.9833, better than 0.9722 of digits-mlp v1',
    ],
    ['a passing push', fixtures.mainRun(), 'pass', 'All good', 'all 3 blocking rules hold'],
    ['a first run', fixtures.firstRun(), 'pass', 'Ready to merge', 'this is the first version'],
    [
      'a blocked model',
      fixtures.failingRun(),
      'fail',
      'Not ready to merge',
      '1 of 2 blocking rules is broken; accuracy is 0.9222 against 0.9722 of digits-mlp v2',
    ],
    [
      'broken data',
      [fixtures.failedData()],
      'fail',
      'Not ready to merge',
      '1 of 3 blocking checks is broken, first: Column label lies between 0 and 9 (3 of 1,797 rows, 0.167 %)',
    ],
    [
      'a rolled-back push',
      [fixtures.rolledBackDeployment({ commit: { pullRequest: null } })],
      'fail',
      'Blocked',
      'rolled back to revision r-2',
    ],
    [
      'an error',
      [fixtures.bodiless('evaluation', 'error')],
      'error',
      'Could not be judged',
      'did not answer within 30 s',
    ],
    [
      'thin evidence',
      [fixtures.evaluationSection({ verdict: 'inconclusive', summary: 'Too few rows' })],
      'inconclusive',
      'Not decided: too little evidence',
      'Too few rows.',
    ],
    [
      'a pending training',
      [fixtures.bodiless('training', 'pending')],
      'pending',
      'Still running',
      'Dispatched',
    ],
    [
      'nothing to do',
      [fixtures.bodiless('publication', 'skipped')],
      'skipped',
      'Nothing to do',
      'nothing to publish',
    ],
    ['data alone', [fixtures.dataSection()], 'pass', 'Good so far', 'All 14 checks hold'],
    [
      'a training before its gate',
      [fixtures.dataSection(), fixtures.trainingSection()],
      'pass',
      'Good so far',
      'Training of digits-mlp',
    ],
    [
      'a skipped publication',
      [fixtures.bodiless('publication', 'skipped'), fixtures.evaluationSection()],
      'pass',
      'Ready to merge',
      'Evaluation of digits-mlp',
    ],
  ] as const)('of %s', (_, sections, verdict, headline, words) => {
    const found = lead(sections);
    expect(found).toMatchObject({ verdict, headline });
    expect(found.sentence).toContain(words);
  });

  it('names the models of a matrix that decide', () => {
    expect(lead(fixtures.matrixRun()).sentence).toMatch(
      /^1 of 3 models ends as fail \(digits-mlp\)\. Evaluation/,
    );
    const many = ['a', 'b', 'c', 'd', 'e'].map((subject) => fixtures.failedEvaluation({ subject }));
    expect(lead(many).sentence).toMatch(/^All 5 models end as fail \(a, b, c and 2 more\)\./);
    const mixed = [
      fixtures.failedData({ subject: 'one' }),
      fixtures.failedData({ subject: 'two' }),
      fixtures.evaluationSection({ dataset: 'three' }),
    ];
    expect(lead(mixed).sentence).toMatch(/^2 of 3 models and datasets end as fail \(one and two\)/);
  });

  const gate = (rules: ReturnType<typeof fixtures.rule>[], verdict: 'pass' | 'fail', baseline = true) =>
    lead([
      fixtures.evaluationSection({
        verdict,
        summary: 'The summary',
        body: fixtures.evaluationBody({ rules, ...(baseline ? {} : { baseline: null }) }),
      }),
    ]).sentence;

  it('puts a passing gate in words that fit what was compared', () => {
    const { rule } = fixtures;
    expect(gate([rule({ value: 0.5, baselineValue: 0.5 })], 'pass')).toContain(
      'the blocking rule holds; accuracy is 0.5, equal to 0.5 of digits-mlp v1',
    );
    expect(gate([rule({ value: 0.5, baselineValue: 0.51 })], 'pass')).toContain(
      'worse than 0.51 of digits-mlp v1 but within what the gate allows',
    );
    expect(gate([rule({ value: 0.5, baselineValue: 0.51, direction: 'lower' })], 'pass', false)).toContain(
      'better than 0.51 of the baseline',
    );
    expect(gate([rule({ baselineValue: null })], 'pass')).toBe(
      'Evaluation of digits-mlp: the blocking rule holds.',
    );
  });

  it('puts a broken rule in words, and falls back on the summary where no blocking one is known', () => {
    const { rule } = fixtures;
    expect(gate([rule({ result: 'fail', value: null }), rule({ result: 'fail' })], 'fail')).toContain(
      '2 of 2 blocking rules are broken; accuracy is not measured, and the gate demands accuracy at least 0.95',
    );
    expect(gate([rule({ result: 'fail', slice: 'country=DE', mode: 'maximum' })], 'fail')).toContain(
      'accuracy on slice country=DE at most 0.95',
    );
    expect(gate([rule({ result: 'fail', severity: 'warning' })], 'fail')).toContain('The summary.');
    expect(
      lead([fixtures.failedData({ body: fixtures.dataBody({ checks: [] }), summary: 'No check.' })]).sentence,
    ).toContain('No check.');
    expect(
      lead([
        fixtures.failedData({
          body: fixtures.dataBody({
            checks: [fixtures.check({ result: 'fail', n: null }), fixtures.check({ result: 'fail' })],
          }),
        }),
      ]).sentence,
    ).toContain('2 of 2 blocking checks are broken, first: Column label lies between 0 and 9.');
  });
});

describe('callouts', () => {
  it('put the first broken stage before what is broken only because of it', () => {
    const { callouts } = buildReport(fixtures.failingRun());
    expect(callouts.map(({ heading, tone }) => [heading, tone])).toEqual([
      ['Evaluation of digits-mlp fails', 'bad'],
      ['Publication of digits-mlp ended in an error', 'doubt'],
    ]);
    expect(callouts[0]).toMatchObject({
      owner: 'the model',
      contact: '@acme/vision',
      sectionId: 'evaluation-digits-mlp-gate',
    });
  });

  it("name the contract's owner where the section names no contact", () => {
    expect(buildReport([fixtures.failedData()]).callouts[0]).toMatchObject({
      owner: 'the data',
      contact: 'vision-data@acme.example',
      remedy: expect.stringContaining('rows 118 and 402') as string,
    });
    expect(buildReport([fixtures.bodiless('data', 'error')]).callouts[0]?.contact).toBeNull();
  });

  it('show what blames nobody by its summary, and doubts only where they blame somebody', () => {
    const silent = fixtures.evaluationSection({ verdict: 'fail', summary: 'Only a summary.' });
    expect(buildReport([silent]).callouts).toMatchObject([
      { message: 'Only a summary.', owner: null, remedy: null },
    ]);
    const blame = {
      owner: 'configuration',
      message: 'The gate is new.',
      remedy: null,
      contact: null,
    } as const;
    const doubt = fixtures.evaluationSection({ verdict: 'inconclusive', blame });
    expect(buildReport([doubt]).callouts).toMatchObject([
      { heading: 'Evaluation of digits-mlp is inconclusive' },
    ]);
    expect(buildReport([{ ...doubt, blame: null }]).callouts).toEqual([]);
  });
});

describe('tracks', () => {
  it('give each model the sections of its dataset, once each', () => {
    const { tracks, sections } = buildReport(fixtures.matrixRun());
    expect(tracks.map(({ subject, verdict }) => [subject, verdict])).toEqual([
      ['digits-forest', 'pass'],
      ['digits-mlp', 'fail'],
      ['digits-svm', 'pending'],
    ]);
    expect(tracks.map((track) => track.stages[0]?.sections[0]?.id)).toEqual(
      Array.from({ length: 3 }, () => 'data-digits-validate'),
    );
    expect(new Set(sections.map(({ id }) => id)).size).toBe(sections.length);
  });

  it("give a model that names no dataset the run's only one, and none where there are two", () => {
    const model = fixtures.trainingSection({ dataset: null });
    const one = buildReport([fixtures.dataSection(), model]);
    expect(one.tracks).toHaveLength(1);
    const two = buildReport([fixtures.dataSection(), fixtures.dataSection({ subject: 'letters' }), model]);
    expect(two.tracks.map(({ subject, isModel }) => [subject, isModel])).toEqual([
      ['digits-mlp', true],
      ['digits', false],
      ['letters', false],
    ]);
  });

  it('keep legs of a matrix that work on one model apart by their keys, and add up their cost', () => {
    const leg = (key: string, usd: number) =>
      fixtures.trainingSection({ run: { key }, cost: { usd, basis: 'a guess' } });
    const [track] = buildReport([leg('train-b', 0.5), leg('train-a', 0.25)]).tracks;
    expect(track?.stages[1]?.sections.map(({ key }) => key)).toEqual(['train-a', 'train-b']);
    expect(track?.cost).toBe('USD 0.75');
  });
});
