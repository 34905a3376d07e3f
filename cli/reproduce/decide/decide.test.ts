import { describe, expect, it } from 'vitest';
import type { TrainingBody } from '../../../shared/record/training-section.ts';
import { trainingBodyOf } from '../../../test/record/training-body.ts';
import { compareTrainings, isReproduced, relativeDifference, type Row } from './compare.ts';
import { renderTable } from './table.ts';

const gpu = (name: string, driver: string | null) => ({
  name,
  driver,
  memoryMiB: 1,
  uuid: null,
  capability: null,
  mig: false,
});

function bodyOf(overrides: Partial<TrainingBody> = {}): TrainingBody {
  return trainingBodyOf({
    codeFingerprint: 'c'.repeat(64),
    dataFingerprint: 'd'.repeat(64),
    modelDigest: 'e'.repeat(64),
    metrics: { accuracy: 0.97, loss: 0.1 },
    ...overrides,
  });
}

const RECORDED = bodyOf();
const TOLERANCE = 1e-3;
const differing = (now: TrainingBody, recorded = RECORDED): Row[] =>
  compareTrainings(recorded, now, TOLERANCE).filter(({ state }) => state !== 'same');

describe('compareTrainings', () => {
  it('finds equal trainings equal', () => {
    expect(differing(bodyOf())).toEqual([]);
    expect(isReproduced(compareTrainings(RECORDED, bodyOf(), 0))).toBe(true);
  });

  it('names what went in', () => {
    const lock = (sha: string) => ({ path: 'uv.lock', sha256: sha.repeat(64) });
    const recorded = bodyOf({ environment: { ...RECORDED.environment, lockFiles: [lock('a')] } });
    const now = bodyOf({
      command: ['python', 'other.py'],
      parameters: { epochs: 3 },
      codeFingerprint: '0'.repeat(64),
      dataFingerprint: null,
      environment: {
        ...RECORDED.environment,
        lockFiles: [lock('b'), { path: 'x.lock', sha256: 'c'.repeat(64) }],
      },
    });
    expect(differing(now, recorded).map(({ what, state, now: value }) => [what, state, value])).toEqual([
      ['command', 'differs', '["python","other.py"]'],
      ['parameters and seed', 'differs', expect.stringMatching(/^[0-9a-f]{12}$/) as string],
      ['code', 'differs', '000000000000'],
      ['data', 'unknown', '–'],
      ['lock file uv.lock', 'differs', 'bbbbbbbbbbbb'],
      ['lock file x.lock', 'differs', 'cccccccccccc'],
    ]);
  });

  it('names where it ran', () => {
    const packages = [
      { name: 'numpy', version: '2.0.0' },
      { name: 'torch', version: '2.9.0' },
    ];
    const recorded = bodyOf({
      environment: {
        ...RECORDED.environment,
        packages,
        interpreter: { name: 'python', version: '3.12.1' },
        variables: { PYTHONHASHSEED: '7' },
      },
      hardware: { ...RECORDED.hardware, gpus: [gpu('H100', '550'), gpu('H100', '550')] },
    });
    const now = bodyOf({
      environment: {
        os: 'Darwin',
        lockFiles: [],
        image: 'ubuntu24',
        packages: [
          { name: 'numpy', version: '2.1.0' },
          { name: 'pandas', version: '2.2.0' },
        ],
        interpreter: { name: 'python', version: '3.13.0' },
        variables: {},
      },
      hardware: { ...RECORDED.hardware, cpus: 8, gpus: [gpu('A100', null)] },
    });
    expect(differing(now, recorded).map((row) => [row.what, row.recorded, row.now, row.state])).toEqual([
      ['operating system', 'linux', 'Darwin', 'differs'],
      ['interpreter', 'python 3.12.1', 'python 3.13.0', 'differs'],
      ['image', '–', 'ubuntu24', 'unknown'],
      ['package numpy', '2.0.0', '2.1.0', 'differs'],
      ['package pandas', '–', '2.2.0', 'differs'],
      ['package torch', '2.9.0', '–', 'differs'],
      ['variable PYTHONHASHSEED', '7', '–', 'differs'],
      ['processor cores', '2', '8', 'differs'],
      ['GPUs', 'H100, H100', 'A100', 'differs'],
      ['GPU driver', '550', 'unknown', 'differs'],
    ]);
    // One that could not list its packages has not lost them.
    expect(differing(bodyOf({ environment: { ...now.environment, packages: [] } }), recorded)).toContainEqual(
      {
        group: 'environment',
        what: 'packages',
        recorded: '2 packages',
        now: '–',
        state: 'unknown',
      },
    );
  });

  it.each<[string, Record<string, number>, Row['state'] | undefined, boolean]>([
    ['equal', { accuracy: 0.97, loss: 0.1 }, undefined, true],
    ['within the tolerance', { accuracy: 0.9701, loss: 0.1 }, 'differs', true],
    ['beyond it', { accuracy: 0.99, loss: 0.1 }, 'beyond tolerance', false],
    ['gone', { loss: 0.1 }, 'beyond tolerance', false],
    ['new', { accuracy: 0.97, loss: 0.1, f1: 0.5 }, 'differs', true],
  ])('measures metrics by the relative difference: %s', (_what, metrics, state, reproduced) => {
    const rows = compareTrainings(RECORDED, bodyOf({ metrics }), TOLERANCE);
    expect(rows.find(({ group, state: found }) => group === 'metrics' && found !== 'same')?.state).toBe(
      state,
    );
    expect(isReproduced(rows)).toBe(reproduced);
  });

  it('lets the model digest decide only where nothing was measured', () => {
    const other = { modelDigest: 'f'.repeat(64) };
    expect(isReproduced(compareTrainings(RECORDED, bodyOf(other), TOLERANCE))).toBe(true);
    const bare = bodyOf({ metrics: {} });
    expect(isReproduced(compareTrainings(bare, bodyOf({ metrics: {} }), TOLERANCE))).toBe(true);
    expect(isReproduced(compareTrainings(bare, bodyOf({ metrics: {}, ...other }), TOLERANCE))).toBe(false);
    expect(isReproduced(compareTrainings(bare, bodyOf({ metrics: {}, modelDigest: null }), TOLERANCE))).toBe(
      false,
    );
  });

  it.each([
    [0, 0, 0],
    [1, 2, 0.5],
    [-1, 1, 2],
    [0, 1e-9, 1],
  ])('relativeDifference(%f, %f) is %f', (a, b, expected) => {
    expect(relativeDifference(a, b)).toBe(expected);
  });
});

describe('renderTable', () => {
  const render = (now: TrainingBody, recorded = RECORDED): string =>
    renderTable(compareTrainings(recorded, now, TOLERANCE), TOLERANCE);

  it('says in few lines that nothing differs', () => {
    expect(render(bodyOf())).toBe(
      [
        'Inputs: all 4 the same.',
        'Environment: all 8 the same.',
        'Metrics: all 2 the same.',
        'Model: the same.',
        'Reproduced: all 2 metrics agree within 0.001.',
      ].join('\n\n') + '\n',
    );
    const one = { metrics: { loss: 1 } };
    expect(render(bodyOf(one), bodyOf(one))).toContain('Reproduced: the metric agrees within 0.001.');
    const none = { metrics: {} };
    expect(render(bodyOf(none), bodyOf(none))).toMatch(
      /Reproduced: the model has the same digest, and no metric was recorded\.\n$/,
    );
  });

  it('shows what differs, in columns', () => {
    const now = bodyOf({ codeFingerprint: '0'.repeat(64), metrics: { accuracy: 0.5, loss: 0.1 } });
    expect(render(now)).toBe(`\
Inputs (3 more the same):
        recorded      now
  code  cccccccccccc  000000000000  differs

Environment: all 8 the same.

Metrics (1 more the same):
            recorded  now
  accuracy  0.97      0.5 (4.8e-1 apart)  beyond tolerance

Model: the same.

Not reproduced: accuracy beyond the tolerance of 0.001.
`);
  });

  it('shows no more rows than a person reads, and nothing that moves the cursor', () => {
    const packages = (version: string) =>
      Array.from({ length: 40 }, (_, index) => ({ name: `p${index}`, version }));
    const environment = (version: string) => ({ ...RECORDED.environment, packages: packages(version) });
    const shown = render(
      bodyOf({ environment: environment('\u001b[2J2') }),
      bodyOf({ environment: environment('1') }),
    );
    expect(shown).toContain('… and 10 more');
    expect(shown).not.toContain('\u001b');
  });
});
