import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../../../shared/record/training-section.ts';
import type { GpuReading } from '../decide/gpu-reading.ts';
import type { FoundGpus } from './find-gpus.ts';
import { gpuWanted, preflightGpus } from './preflight.ts';

function found(...cards: { used: number | null; gpu?: Partial<Gpu> }[]): FoundGpus {
  const readings = cards.map(({ used, gpu }, at): GpuReading => ({
    index: String(at),
    gpu: {
      name: 'Tesla T4',
      memoryMiB: 15360,
      uuid: null,
      driver: '535.183.01',
      capability: '7.5',
      mig: false,
      ...gpu,
    },
    memoryUsedMiB: used,
    utilisation: 0,
    powerWatts: null,
  }));
  return { gpus: readings.map(({ gpu }) => gpu), readings, problem: null };
}

const NONE = found();
const BROKEN: FoundGpus = { ...NONE, problem: 'The driver hangs.' };
const CUDA12 = [
  { name: 'numpy', version: '2.3.0' },
  { name: 'nvidia-cuda-runtime-cu12', version: '12.8.90' },
];

describe('gpuWanted', () => {
  it.each([['gpu'], ['linux-gpu-t4'], ['A100'], ['my_cuda'], ['h200-x8'], ['mi300x']])(
    'is so by %s',
    (label) => {
      expect(gpuWanted(['self-hosted', label])).toBe(true);
    },
  );
  it.each([[[]], [['ubuntu-latest']], [['self-hosted', 'linux', 'x64']], [['gpuless']]])(
    'is not by %j',
    (labels) => {
      expect(gpuWanted(labels)).toBe(false);
    },
  );
});

describe('preflightGpus', () => {
  it('has nothing to say of a free card, or where nobody wants one', () => {
    const nothing = { findings: [], notices: [] };
    expect(preflightGpus(found({ used: 3 }, { used: null }), { wanted: true, packages: CUDA12 })).toEqual(
      nothing,
    );
    expect(preflightGpus(NONE, { wanted: false })).toEqual(nothing);
    expect(preflightGpus(found({ used: 5, gpu: { memoryMiB: null } }), { wanted: true })).toEqual(nothing);
    expect(preflightGpus(found({ used: 0, gpu: { memoryMiB: 0 } }), { wanted: true })).toEqual(nothing);
  });

  it('takes a driver that does not answer for an error where a GPU is wanted', () => {
    const { findings, notices } = preflightGpus(BROKEN, { wanted: true });
    expect(findings).toMatchObject([{ message: expect.stringContaining('The driver hangs.') as string }]);
    expect(notices).toEqual([]);
    expect(preflightGpus(BROKEN, { wanted: false })).toMatchObject({
      findings: [],
      notices: [expect.stringContaining('The driver hangs.')],
    });
  });

  it('only tells that there is no GPU', () => {
    expect(preflightGpus(NONE, { wanted: true })).toMatchObject({
      findings: [],
      notices: [expect.stringMatching(/labels of the runner/) as string],
    });
    expect(preflightGpus(NONE, { wanted: false, packages: CUDA12 }).notices).toEqual([
      expect.stringMatching(/CUDA 12 are installed/),
    ]);
  });

  it('takes memory that others hold for an error only where no card is left', () => {
    const full = { used: 15000 };
    expect(preflightGpus(found(full), { wanted: true }).findings).toMatchObject([
      { message: 'Others hold the memory of a GPU: GPU 0 (Tesla T4) has 15000 of 15360 MiB in use.' },
    ]);
    expect(preflightGpus(found(full, full), { wanted: true }).findings).toHaveLength(1);
    expect(preflightGpus(found(full, { used: 0 }), { wanted: true })).toMatchObject({
      findings: [],
      notices: [expect.stringMatching(/^Others hold the memory of a GPU: GPU 0/) as string],
    });
    expect(preflightGpus(found(full), { wanted: false }).notices).toHaveLength(1);
    // Of a part of a card nobody knows how full it is.
    expect(preflightGpus(found({ used: 15000, gpu: { mig: true } }), { wanted: true }).findings).toEqual([]);
  });

  it.each<[string, { name: string; version: string }[], boolean]>([
    ['535.183.01', CUDA12, false],
    ['525.60.13', CUDA12, false],
    ['525.60.11', CUDA12, true],
    ['470.256', CUDA12, true],
    ['570.86.15', [{ name: 'torch', version: '2.9.0+cu130' }], true],
    ['580.65.06', [{ name: 'nvidia-cuda-runtime', version: '13.0.48' }], false],
    ['470.256', [{ name: 'torch', version: '2.9.0' }], false],
    ['470.256', [{ name: 'torch', version: '3.0.0+cu990' }], false],
  ])('compares driver %s with the packages (%j): too old is %s', (driver, packages, tooOld) => {
    const { notices, findings } = preflightGpus(found({ used: 0, gpu: { driver } }), {
      wanted: true,
      packages,
    });
    expect(findings).toEqual([]);
    expect(notices.map((text) => text.includes('too old'))).toEqual(tooOld ? [true] : []);
  });

  it("does not compare AMD's driver with CUDA's", () => {
    const amd = found({ used: 0, gpu: { driver: '6.8.5', capability: 'gfx942' } });
    expect(preflightGpus(amd, { wanted: true, packages: CUDA12 }).notices).toEqual([]);
  });

  it('tells of a PyTorch that cannot use the GPU', () => {
    const packages = [{ name: 'torch', version: '2.9.0+cpu' }];
    expect(preflightGpus(found({ used: 0 }), { wanted: false, packages }).notices).toEqual([
      expect.stringMatching(/built without/),
    ]);
  });
});
