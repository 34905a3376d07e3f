import { FINGERPRINT_COMPONENTS, type TrainingBody } from '../../shared/record/training-section.ts';
import type { SectionOf } from '../../shared/record/section.ts';
import { attemptOf } from '../record/training-body.ts';
import { sha256, trainingBody, trainingSection } from './fixtures.ts';

/** Trainings that were dispatched, reused or never began, as real runs would leave them. */

const WORKER = 'https://github.com/acme/digits/actions/runs/7344';

function dispatch(overrides: Partial<NonNullable<TrainingBody['dispatch']>> = {}) {
  return {
    workflow: 'trainyard-worker.yml',
    ref: 'main',
    runId: '7344',
    url: WORKER,
    runsOn: ['self-hosted', 'gpu'],
    mode: 'follow' as const,
    generation: 1,
    queuedMs: 41_000,
    waits: [{ reason: 'All runners with the labels self-hosted and gpu are busy', ms: 41_000 }],
    ...overrides,
  };
}

const GPU = {
  name: 'Tesla T4',
  memoryMiB: 15_360,
  uuid: 'GPU-5f2c',
  driver: '550.90.07',
  capability: '7.5',
  mig: false,
};

function until(share: number): TrainingBody['series'] {
  return trainingBody().series.map(({ metric, points }) => ({
    metric,
    points: points.slice(0, Math.ceil(points.length * share)),
  }));
}

/** Follows a worker that trains. */
export function runningTraining(): SectionOf<'training'> {
  return trainingSection({
    verdict: 'pending',
    summary: 'Training on the worker: epoch 16 of 40, about 4 min left.',
    durationMs: 162_000,
    body: trainingBody({
      engine: 'github',
      dispatch: dispatch(),
      attempts: [],
      series: until(0.4),
      metrics: { 'train.loss': 0.3412, 'validation.accuracy': 0.8812 },
      files: [],
      modelDigest: null,
      costs: {
        estimate: {
          what: '10 min on self-hosted, gpu',
          usd: 0.13,
          basis: '10 min at USD 0.80 an hour (input "prices")',
        },
        items: [],
      },
    }),
  });
}

/** Was dispatched and left to its worker, which no runner has taken yet. */
export function detachedTraining(): SectionOf<'training'> {
  return trainingSection({
    verdict: 'pending',
    summary: 'Dispatched to self-hosted, gpu: the worker trains, judges and reports.',
    durationMs: 2_300,
    body: trainingBody({
      engine: 'github',
      dispatch: dispatch({
        mode: 'detach',
        queuedMs: null,
        waits: [{ reason: 'No runner with the labels self-hosted and gpu is online', ms: 192_000 }],
      }),
      attempts: [],
      series: [],
      metrics: {},
      files: [],
      modelDigest: null,
    }),
  });
}

/** Two attempts on a worker with two GPUs, of which one had nothing to do; the model lies in a store. */
export function dispatchedTraining(): SectionOf<'training'> {
  return trainingSection({
    summary: 'Trained in 2 attempts in 51 min on self-hosted, gpu; 3 outputs collected.',
    durationMs: 3_060_000,
    notices: [
      'GPU 1 (Tesla T4) idled: 0 % busy on average, and nothing to do in 100 % of the samples. Ask for one GPU.',
    ],
    cost: { usd: 0.7, basis: 'the sum of what has a price' },
    body: trainingBody({
      engine: 'github',
      hardware: {
        cpus: 16,
        cpuModel: 'AMD EPYC 7763',
        memoryBytes: 128_000_000_000,
        gpus: [GPU, { ...GPU, uuid: 'GPU-6a11', mig: true }],
        runner: 'gpu-01',
      },
      dispatch: dispatch({ generation: 2 }),
      attempts: [
        attemptOf({
          durationMs: 1_500_000,
          exitCode: null,
          failureClass: 'lost',
          reason: 'The runner lost communication with the server.',
          runner: 'gpu-03',
          url: 'https://github.com/acme/digits/actions/runs/7340',
        }),
        attemptOf({
          startedAt: '2026-11-20T10:27:12.000Z',
          durationMs: 1_320_000,
          peakMemoryBytes: 9_120_000_000,
          runner: 'gpu-01',
          url: WORKER,
          resumedFrom: 'trainyard-checkpoint.5f2c.1.1.0003 (step 20)',
        }),
      ],
      stoppedEarly: 'validation.loss has not improved for 5 epochs',
      gpuUse: [
        {
          name: 'Tesla T4',
          samples: 282,
          meanUtilisation: 87.4,
          idleShare: 0.03,
          maxMemoryMiB: 11_204,
          meanPowerWatts: 64.2,
        },
        {
          name: 'Tesla T4',
          samples: 282,
          meanUtilisation: 0,
          idleShare: 1,
          maxMemoryMiB: 3,
          meanPowerWatts: 9.7,
        },
      ],
      energyKwh: 0.058,
      costs: {
        estimate: { what: 'Estimate', usd: 0.8, basis: '60 min at USD 0.80 an hour (input "prices")' },
        items: [
          { what: 'Compute', usd: 0.63, basis: '47 min at USD 0.80 an hour (label gpu, input "prices")' },
          {
            what: 'Waiting in the dispatching job',
            usd: 0.07,
            basis: '11 min at USD 0.006 a minute (ubuntu-latest, GitHub’s prices of 2026-01)',
          },
          { what: 'Artifacts', usd: null, basis: '84 MB; storage beyond the plan is priced by the plan' },
        ],
      },
      fingerprint: {
        sha256: sha256('fingerprint'),
        components: {
          ...Object.fromEntries(FINGERPRINT_COMPONENTS.map((name) => [name, sha256(name)] as const)),
          image: null,
        } as NonNullable<TrainingBody['fingerprint']>['components'],
      },
      patch: {
        bytes: 1_204,
        sha256: sha256('patch'),
        locations: [{ kind: 'artifact', artifact: 'trainyard-files.digits-mlp.train.1', runId: '7344' }],
      },
      files: trainingBody().files.map((file) => ({
        ...file,
        ...(file.role === 'model' ? { bytes: 6_412_000_000 } : {}),
        locations: [
          { kind: 'file' as const, path: '/work/out' },
          file.role === 'model'
            ? { kind: 'store' as const, store: 's3://acme-models/trainyard' }
            : { kind: 'artifact' as const, artifact: 'trainyard-files.digits-mlp.train.1', runId: '7344' },
        ],
      })),
    }),
  });
}

/** What a pull request trained, taken over on main. */
export function reusedTraining(): SectionOf<'training'> {
  return trainingSection({
    summary: 'Reused: nothing that determines the result has changed since run 7301.',
    durationMs: 1_900,
    body: trainingBody({ attempts: [], reused: { from: 'run', where: 'run 7301 of this repository' } }),
  });
}

/** No runner took it in time. */
export function queueLimitTraining(): SectionOf<'training'> {
  return trainingSection({
    verdict: 'error',
    summary: 'No runner took the job within 30 min.',
    durationMs: 1_804_000,
    blame: {
      owner: 'infrastructure',
      message: 'No runner with the labels self-hosted and gpu took the job within 30 min.',
      remedy: 'Start one, raise "queue-minutes", or name other labels in "fallback".',
      contact: null,
    },
    body: trainingBody({
      engine: 'github',
      dispatch: dispatch({
        queuedMs: null,
        waits: [{ reason: 'No runner with the labels self-hosted and gpu is online', ms: 1_800_000 }],
      }),
      attempts: [],
      series: [],
      metrics: {},
      files: [],
      modelDigest: null,
      costs: {
        estimate: null,
        items: [{ what: 'Waiting in the dispatching job', usd: 0.18, basis: '30 min at USD 0.006 a minute' }],
      },
    }),
  });
}
