import { describe, expect, it } from 'vitest';
import * as fixtures from '../../test/report/fixtures.ts';
import type { Section } from '../record/section.ts';
import type { Block } from './block.ts';
import { changeOf } from './rule-words.ts';
import { shareRight } from './share-right.ts';
import { NO_LINKS } from './links.ts';
import { viewSection } from './section-view.ts';

/** Everything that a section's blocks say, as plain text. */
const said = (section: Section): string => JSON.stringify(viewSection(section, NO_LINKS).blocks);
const titles = (section: Section): string[] =>
  viewSection(section, NO_LINKS).blocks.map((block: Block) => (block.kind === 'note' ? 'note' : block.title));

describe('data', () => {
  it('shows failed checks first, with rows, contract line and places', () => {
    expect(titles(fixtures.failedData())[0]).toBe('Checks that do not pass (2 of 5)');
    expect(said(fixtures.failedData())).toContain('3 of 1,797 (0.167 %)');
    expect(said(fixtures.failedData())).toContain(
      'contracts/digits.odcs.yaml:24; data/train.parquet row 118, 402; data/test.parquet row 9',
    );
  });

  it('names five rows of a check and says that there are more; unknown facts are dashes', () => {
    const rows = Array.from({ length: 7 }, (_, index) => ({ file: 'a.csv', row: index + 1 }));
    const body = fixtures.dataBody({
      checks: [
        fixtures.check({
          result: 'fail',
          rows,
          split: 'train',
          reason: 'A reason',
          n: null,
          failing: 7,
          where: null,
        }),
        fixtures.check({ result: 'error', where: null, failing: null, observed: null }),
        fixtures.check({ observed: null, n: null }),
      ],
      contract: null,
      profile: [],
      dataFingerprint: null,
      sources: [
        {
          split: 'data',
          uri: 'a.csv',
          format: 'csv',
          rows: null,
          columns: null,
          bytes: 12,
          sha256: fixtures.sha256('a'),
        },
      ],
    });
    const text = said(fixtures.dataSection({ body }));
    expect(text).toContain('a.csv row 1, 2, 3, 4, 5; …');
    expect(text).toContain('Column label lies between 0 and 9 (split train)');
    expect(text).toContain('all values inside; A reason');
    expect(text).toContain('1 file, 0 rows, 1 not readable to the end');
    expect(text).toContain('none: the data was profiled, not judged');
    expect(titles(fixtures.dataSection({ body: { ...body, checks: [] } }))).not.toContain('Other checks (0)');
  });

  it('is loud about a policy from the head, and about one that the base lacks', () => {
    const contract = {
      id: 'c',
      version: '1',
      owner: null,
      ...fixtures.policy({ from: 'head', newInHead: true, ref: null, diff: '+a' }),
    };
    const text = said(fixtures.dataSection({ body: fixtures.dataBody({ contract }) }));
    expect(text).toContain('whoever wrote the change also wrote the rules');
    expect(text).toContain('at most inconclusive until it is merged');
    expect(text).toContain('already in force here');
  });
});

describe('training', () => {
  it('tells how it failed, with every attempt', () => {
    const text = said(fixtures.failedTraining());
    expect(text).toContain('Failed: user code (exit code 3).');
    expect(text).toContain('out of memory, ended by signal SIGKILL');
    expect(text).toContain('not measured');
    const lost = fixtures.trainingBody();
    const attempts = lost.attempts.map((attempt) => ({
      ...attempt,
      exitCode: null,
      failureClass: 'lost' as const,
      reason: 'The runner is gone.',
    }));
    expect(said(fixtures.failedTraining({ body: { ...lost, attempts } }))).toContain(
      'Failed: lost (never ended by itself). The runner is gone.',
    );
    expect(titles(fixtures.failedTraining({ body: { ...lost, attempts: [] } }))).not.toContain(
      'Attempts (0)',
    );
  });

  it('tells what is known of where it ran', () => {
    const body = fixtures.trainingBody({
      series: [{ metric: 'empty', points: [] }],
      submission: null,
      seed: null,
      environment: {
        os: 'Linux',
        interpreter: null,
        lockFiles: [],
        image: 'python:3.12',
        packages: [],
        variables: {},
      },
      hardware: {
        cpus: 1,
        cpuModel: null,
        memoryBytes: 1e9,
        runner: null,
        gpus: [
          { name: 'T4', memoryMiB: 15_360, uuid: null, driver: null, capability: null, mig: false },
          { name: 'GPU', memoryMiB: null, uuid: null, driver: null, capability: null, mig: false },
        ],
      },
      energyKwh: 0.01,
      codeFingerprint: null,
    });
    const text = said(fixtures.trainingSection({ body }));
    for (const words of [
      'T4 (15,360 MiB) and GPU',
      'python:3.12',
      '0.01 kWh',
      'not set',
      'no points',
      '1 CPU, 1 GB of memory',
    ]) {
      expect(text).toContain(words);
    }
  });
});

describe('evaluation', () => {
  it.each([
    [0.01, 'higher', '▲ 0.01 better', 'good'],
    [-0.01, 'higher', '▼ 0.01 worse', 'bad'],
    [0.01, 'lower', '▲ 0.01 worse', 'bad'],
    [-0.01, 'lower', '▼ 0.01 better', 'good'],
    [0, 'higher', '= no change', 'muted'],
    [-0.01, undefined, '▼ −0.01', undefined],
  ] as const)('shows a difference of %d where %s is better as %s', (difference, direction, text, tone) => {
    expect(changeOf(difference, direction)).toEqual(tone === undefined ? { text } : { text, tone });
  });

  it.each([
    ['training', 'Self-reported: the training itself'],
    ['gate', 'The gate computed the predictions itself'],
    ['none', 'Self-reported: only finished metrics'],
  ] as const)('says whose numbers they are: %s', (predictionsBy, words) => {
    expect(said(fixtures.evaluationSection({ body: fixtures.evaluationBody({ predictionsBy }) }))).toContain(
      words,
    );
  });

  it('shows interval, p and test where a rule has them', () => {
    const rules = [
      fixtures.rule({ interval: [0.97, 0.99], level: 0.95, p: 0.03, adjustedP: 0.06, test: 'delong' }),
      fixtures.rule({ interval: [0.97, 0.99], p: 0.04, value: null, n: null }),
    ];
    const text = said(fixtures.evaluationSection({ body: fixtures.evaluationBody({ rules }) }));
    expect(text).toContain('"value 0.970 to 0.990 (95 %)"');
    expect(text).toContain('"value 0.970 to 0.990"');
    expect(text).toContain('{"text":"delong"},{"text":"0.03"},{"text":"0.06"}');
    expect(text).toContain('Points compared, no test.');
    expect(text).toContain('not measured');
  });

  it('names the baseline, or why there is none', () => {
    expect(said(fixtures.evaluationSection())).toContain(
      'digits-mlp v1 (from production, version v1, model ',
    );
    expect(said(fixtures.firstEvaluation())).toContain('none: first run');
    const body = fixtures.evaluationBody({
      baseline: null,
      candidate: { what: 'a file', from: 'file:metrics.json', version: null, modelDigest: null },
      gate: null,
      rules: [],
      metrics: [],
      confusion: null,
      modelDigest: null,
    });
    expect(said(fixtures.evaluationSection({ body }))).toContain('none: no rule compares');
    expect(said(fixtures.evaluationSection({ body }))).toContain('a file (from file:metrics.json)');
  });

  it('explains a withheld cell only where there is one', () => {
    expect(said(fixtures.evaluationSection())).toContain('the count is withheld');
    const body = fixtures.evaluationBody({ confusion: { labels: ['a'], counts: [[3]] } });
    expect(said(fixtures.evaluationSection({ body }))).not.toContain('withheld');
    expect([shareRight([3, null], 0), shareRight([3, 1], 0), shareRight([0, 0], 0)]).toEqual([
      '–',
      '75 %',
      '–',
    ]);
  });
});

describe('publication and deployment', () => {
  it('word a plan as what would happen', () => {
    const text = said(fixtures.plannedPublication());
    for (const words of [
      'Plan only',
      'would publish',
      'would move: v1 → the next version',
      'allocated when published',
    ]) {
      expect(text).toContain(words);
    }
    expect(said(fixtures.plannedDeployment())).toContain('Nothing that lasts was changed');
    expect(said(fixtures.plannedDeployment())).toContain('none would move');
  });

  it('tell what was published, where, and which alias moved', () => {
    const body = fixtures.publicationBody();
    expect(said(fixtures.publicationSection())).toContain('moved: v1 → v2');
    const [target] = body.targets;
    if (target === undefined) throw new Error('The fixture has no target.');
    const other = fixtures.publicationBody({
      targets: [{ ...target, state: 'already-published', manifestDigest: null, url: null }],
      alias: { name: 'candidate', from: null, to: 'v1' },
      card: null,
      gateRequired: false,
      modelDigest: null,
    });
    const text = said(fixtures.publicationSection({ body: other }));
    for (const words of ['already published', 'moved: nothing → v1', 'require-gate: false', '"none"']) {
      expect(text).toContain(words);
    }
    expect(titles(fixtures.publicationSection({ body: { ...body, targets: [], alias: null } }))[0]).toBe(
      'What changed',
    );
  });

  it('tell the steps, the smoke test and the rollback of a deployment', () => {
    const text = said(fixtures.rolledBackDeployment());
    for (const words of [
      'Rolled back to revision r-2',
      '9 of 40 answered as expected',
      '95th percentile not measured',
      'none moved',
    ]) {
      expect(text).toContain(words);
    }
    const bare = fixtures.deploymentBody({
      steps: [],
      smokeTest: null,
      rolledBack: true,
      previousRevision: null,
      url: null,
      revision: null,
      modelDigest: null,
    });
    expect(said(fixtures.deploymentSection({ body: bare }))).toContain('no revision was there before');
    const smokeTest = {
      result: 'pass',
      goldenRows: 0,
      agreeing: 0,
      requests: 1,
      latencyP50Ms: null,
      latencyP95Ms: null,
      reason: null,
    } as const;
    expect(said(fixtures.deploymentSection({ body: { ...bare, smokeTest } }))).toContain('none given');
  });
});

describe('a section without a body', () => {
  it.each([
    ['skipped', 'there was nothing to do'],
    ['error', 'ended before it could'],
  ] as const)('says so when it is %s', (verdict, words) => {
    expect(said(fixtures.bodiless('publication', verdict))).toContain(words);
  });

  it('still tells its commit, run and cost', () => {
    const text = said(
      fixtures.dataSection({
        body: null,
        verdict: 'error',
        cost: { usd: 1.5, basis: '250 min at USD 0.006' },
        commit: { dirty: true, patchDigest: fixtures.sha256('patch'), fork: true },
        run: { id: 'terminal' },
      }),
    );
    for (const words of ['USD 1.50 (250 min at USD 0.006)', 'yes, patch ', 'From a fork', 'in a terminal']) {
      expect(text).toContain(words);
    }
    expect(
      said(fixtures.dataSection({ commit: { dirty: true, headSha: null, pullRequest: null } })),
    ).toContain('"yes"');
  });
});
