import { describe, expect, it } from 'vitest';
import * as fixtures from '../../test/report/fixtures.ts';
import * as trainings from '../../test/report/training-fixtures.ts';
import { attemptOf } from '../../test/record/training-body.ts';
import type { TrainingBody } from '../record/training-section.ts';
import type { SectionOf } from '../record/section.ts';
import type { Block } from './block.ts';
import { linkerOf } from './links.ts';
import { viewSection } from './section-view.ts';

const LINK = linkerOf('https://github.com/acme/digits');

const blocksOf = (section: SectionOf<'training'>): readonly Block[] => viewSection(section, LINK).blocks;
const titles = (section: SectionOf<'training'>): string[] =>
  blocksOf(section).map((block) => (block.kind === 'note' ? 'note' : block.title));
const notes = (section: SectionOf<'training'>): string[] =>
  blocksOf(section).flatMap((block) => (block.kind === 'note' ? [block.text] : []));
const block = (section: SectionOf<'training'>, title: string | RegExp): Block | undefined =>
  blocksOf(section).find((each) => each.kind !== 'note' && new RegExp(title).test(each.title));

function change(
  section: SectionOf<'training'>,
  overrides: (body: TrainingBody) => Partial<TrainingBody>,
): SectionOf<'training'> {
  const body = section.body ?? fixtures.trainingBody();
  return { ...section, body: { ...body, ...overrides(body) } };
}

describe('a training that is pending', () => {
  it('runs: where, how long it was queued, how far it has come', () => {
    const section = trainings.runningTraining();
    expect(notes(section)).toEqual([
      'The training is running on a runner with the labels self-hosted and gpu; it was queued for 41 s. It has come to step 16.',
    ]);
    expect(titles(section)).toEqual([
      'note',
      'Last values',
      'Learning curves so far',
      'Where it was dispatched to',
      'Cost, estimated before it began',
      'How it was run',
      'Packages (1)',
      'Commit and run',
    ]);
    expect(block(section, 'dispatched')).toMatchObject({
      facts: expect.arrayContaining([
        {
          label: 'Run',
          value: { text: 'run 7344', url: 'https://github.com/acme/digits/actions/runs/7344' },
        },
        { label: 'Waited 41 s', value: { text: 'All runners with the labels self-hosted and gpu are busy' } },
      ]) as unknown,
    });
  });

  it('waits: for what, and for how long', () => {
    const section = trainings.detachedTraining();
    expect(notes(section)).toEqual([
      'The training is dispatched to a runner with the labels self-hosted and gpu, and none has taken it yet. Waiting for 3 min 12 s: No runner with the labels self-hosted and gpu is online.',
    ]);
    expect(block(section, 'dispatched')).not.toHaveProperty('folded');
  });

  it('says what is not known as such', () => {
    const queued = change(trainings.detachedTraining(), ({ dispatch }) => ({
      dispatch: dispatch === null ? null : { ...dispatch, runsOn: ['gpu'], waits: [], url: null },
    }));
    expect(notes(queued)).toEqual([
      'The training is dispatched to a runner with the label gpu, and none has taken it yet.',
    ]);
    expect(block(queued, 'dispatched')).toMatchObject({
      facts: expect.arrayContaining([{ label: 'Run', value: { text: 'run 7344' } }]) as unknown,
    });
    const elsewhere = change(queued, ({ dispatch }) => ({
      dispatch: dispatch === null ? null : { ...dispatch, url: 'https://evil.example/x' },
    }));
    expect(block(elsewhere, 'dispatched')).toMatchObject({
      facts: expect.arrayContaining([
        { label: 'Run', value: { text: 'run 7344, https://evil.example/x' } },
      ]) as unknown,
    });
  });

  it('is shown as running again after an attempt that failed, not as failed', () => {
    const again = change(trainings.runningTraining(), () => ({
      dispatch: null,
      attempts: [attemptOf({ exitCode: null, failureClass: 'lost', reason: 'The runner is gone.' })],
    }));
    expect(notes(again)).toEqual(['Attempt 2 is running. It has come to step 16.']);
  });
});

describe('a training that was dispatched', () => {
  const section = trainings.dispatchedTraining();

  it('shows each attempt with where it ran and what it went on from', () => {
    expect(block(section, '^Attempts')).toMatchObject({
      title: 'Attempts (2)',
      folded: false,
      columns: [
        { header: 'Attempt' },
        { header: 'Ended' },
        { header: 'Duration' },
        { header: 'Where' },
        { header: 'Went on from' },
        { header: 'Peak memory' },
        { header: 'Started' },
        { header: 'Reason' },
      ],
      rows: [
        [
          { text: '1' },
          { text: 'lost', mark: 'fail' },
          {},
          { text: 'gpu-03', url: 'https://github.com/acme/digits/actions/runs/7340' },
          { text: 'the start' },
          { text: 'not measured' },
          {},
          { text: 'The runner lost communication with the server.' },
        ],
        [
          { text: '2' },
          { text: 'exit code 0', mark: 'pass' },
          {},
          { text: 'gpu-01' },
          { code: true },
          {},
          {},
          {},
        ],
      ],
    });
    const nameless = change(section, () => ({
      attempts: [attemptOf({ url: 'https://github.com/acme/digits/actions/runs/1' }), attemptOf({})],
    }));
    expect(JSON.stringify(block(nameless, '^Attempts'))).toContain('"text":"run","url"');
  });

  it('makes a GPU that idled stand out', () => {
    expect(block(section, '^Use of')).toMatchObject({
      title: 'Use of the 2 GPUs: 0.058 kWh',
      folded: false,
      rows: [
        [{}, { text: '87.4 %' }, { text: '3 %' }, { text: '11,204 of 15,360 MiB' }, { text: '64.2 W' }, {}],
        [{}, { text: '0 %', tone: 'doubt' }, { text: '100 %', tone: 'doubt' }, {}, {}, { text: '282' }],
      ],
    });
  });

  it('says of a GPU what it does not tell', () => {
    const use = { name: 'MIG', samples: 3, meanUtilisation: null, idleShare: null, meanPowerWatts: null };
    const told = (maxMemoryMiB: number | null): Block | undefined =>
      block(
        change(section, (body) => ({
          energyKwh: null,
          hardware: { ...body.hardware, gpus: [] },
          gpuUse: [{ ...use, maxMemoryMiB }],
        })),
        '^Use of',
      );
    expect(told(null)).toMatchObject({
      title: 'Use of the GPU',
      folded: true,
      rows: [[{ text: '0: MIG' }, ...Array.from({ length: 4 }, () => ({ text: 'not told' })), { text: '3' }]],
    });
    expect(JSON.stringify(told(1_000))).toContain('"1,000 MiB"');
  });

  it('tells costs with the unknown, and what waiting cost', () => {
    expect(block(section, '^Cost')).toMatchObject({
      title: 'Cost: at least USD 0.70',
      rows: [
        [{ text: 'Compute' }, { text: 'USD 0.63' }, {}],
        [{ text: 'Waiting in the dispatching job' }, { text: 'USD 0.07' }, {}],
        [{ text: 'Artifacts' }, { text: 'price not known', tone: 'doubt' }, {}],
        [{ text: 'In all' }, { text: 'at least USD 0.70', tone: 'doubt' }, {}],
        [{ text: 'Estimated before it began' }, { text: 'USD 0.80' }, {}],
      ],
    });
    expect(JSON.stringify(block(section, 'dispatched'))).toContain('USD 0.07: 11 min at USD 0.006');
    const unknown = { what: 'Waiting', usd: null, basis: 'no price of gpu' };
    const without = change(section, () => ({ costs: { estimate: null, items: [unknown] } }));
    expect(titles(without)).toContain('Cost: not known');
    expect(JSON.stringify(block(without, 'dispatched'))).toContain('price not known: no price of gpu');
    const all = change(section, () => ({ costs: { estimate: null, items: [{ ...unknown, usd: 2 }] } }));
    expect(block(all, '^Cost')).toMatchObject({
      title: 'Cost: USD 2.00',
      rows: [{}, [{}, { text: 'USD 2.00' }, { text: '–' }]],
    });
  });

  it('says where outputs and the patch lie, by name of every kind of place', () => {
    expect(JSON.stringify(block(section, '^Outputs'))).toContain('in the store s3://acme-models/trainyard');
    expect(JSON.stringify(block(section, '^How it was run'))).toContain(
      'a patch of 1.2 kB, a4895eb44afc, in the artifact trainyard-files.digits-mlp.train.1',
    );
    const places = change(section, ({ files }) => ({
      files: files.map((file, index) => ({
        ...file,
        locations: index === 0 ? [{ kind: 'registry', registry: 'directory:r', version: 'v3' }] : [],
      })),
    }));
    const text = JSON.stringify(block(places, '^Outputs'));
    expect(text).toContain('in the registry directory:r as v3');
    expect(text).toContain('on the machine that trained');
  });

  it('shows the fingerprint by components, and packages up to a bound', () => {
    const facts = JSON.stringify(block(section, '^Fingerprint'));
    expect(facts).toContain('"label":"lock files"');
    expect(facts).toContain('unknown: nothing is reused');
    const many = change(section, ({ environment }) => ({
      environment: {
        ...environment,
        packages: Array.from({ length: 501 }, (_, index) => ({ name: `p${index}`, version: '1' })),
      },
    }));
    expect(block(many, '^Packages')).toMatchObject({ title: 'Packages (501, the first 500 of them)' });
    expect(JSON.stringify(block(many, '^Packages'))).not.toContain('p500');
    const none = change(section, ({ environment }) => ({ environment: { ...environment, packages: [] } }));
    expect(titles(none).join()).not.toContain('Packages');
  });

  it('shows what the step declared, where it declared something', () => {
    const declared = {
      workingDirectory: 'examples/digits',
      outputs: [],
      metrics: null,
      metricsSeries: null,
      metricsSources: [],
      stopOn: ['nan', 'plateau: validation.loss'],
      paths: ['examples/digits'],
      dataPaths: [],
    };
    const facts = JSON.stringify(
      block(
        change(section, () => ({ declared })),
        '^How it was run',
      ),
    );
    expect(facts).toContain('nan, plateau: validation.loss');
    expect(facts).toContain('"label":"Working directory","value":{"text":"examples/digits"');
    expect(facts).not.toContain('Data that counts');
  });

  it('says why it ended early', () => {
    expect(notes(section)[0]).toBe('Stopped early: validation.loss has not improved for 5 epochs.');
  });
});

describe('other endings', () => {
  it('names what was reused instead of training', () => {
    expect(notes(trainings.reusedTraining())).toEqual([
      'Nothing was trained: the results of run 7301 of this repository were taken (found in the run that trained it), its fingerprint is equal.',
    ]);
  });

  it('shows what it waited for in vain', () => {
    const section = trainings.queueLimitTraining();
    expect(notes(section)).toEqual([]);
    expect(block(section, 'dispatched')).not.toHaveProperty('folded');
    expect(block(trainings.dispatchedTraining(), 'dispatched')).toHaveProperty('folded', true);
    const facts = JSON.stringify(block(section, 'dispatched'));
    expect(facts).toContain('no runner has taken it');
    expect(facts).toContain('"label":"Waited 30 min 0 s"');
    expect(facts).toContain('USD 0.18');
  });

  it.each(['cancelled', 'superseded'] as const)('is not called a failure when it was %s', (failureClass) => {
    const section = change(fixtures.failedTraining(), () => ({
      attempts: [attemptOf({ exitCode: null, signal: 'SIGTERM', failureClass })],
    }));
    expect(notes(section)).toEqual([`Ended: ${failureClass} (ended by signal SIGTERM).`]);
  });
});
