import type { Attempt, TrainingBody } from '../../shared/record/training-section.ts';

/** A body in which a training says nothing, but for the overrides. */
export function trainingBodyOf(overrides: Partial<TrainingBody> = {}): TrainingBody {
  return {
    engine: 'local',
    submission: null,
    command: ['python', 'train.py'],
    parameters: {},
    seed: null,
    environment: { os: 'linux', interpreter: null, lockFiles: [], image: null, packages: [], variables: {} },
    hardware: { cpus: 2, cpuModel: null, memoryBytes: 1, gpus: [], runner: null },
    codeFingerprint: null,
    dataFingerprint: null,
    fingerprint: null,
    reused: null,
    patch: null,
    attempts: [],
    stoppedEarly: null,
    series: [],
    metrics: {},
    files: [],
    modelDigest: null,
    gpuUse: [],
    energyKwh: null,
    dispatch: null,
    costs: { estimate: null, items: [] },
    ...overrides,
  };
}

/** An attempt that ended well on this machine, but for the overrides. */
export function attemptOf(overrides: Partial<Attempt> = {}): Attempt {
  return {
    startedAt: '2026-11-20T10:00:41.000Z',
    durationMs: 46_900,
    exitCode: 0,
    signal: null,
    failureClass: null,
    reason: null,
    peakMemoryBytes: null,
    runner: null,
    url: null,
    resumedFrom: null,
    ...overrides,
  };
}
