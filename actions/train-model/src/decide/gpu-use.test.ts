import { describe, expect, it } from 'vitest';
import type { GpuReading } from './gpu-reading.ts';
import { GpuWatch, sampleGap } from './gpu-use.ts';
import { gpuUseSchema } from '../../../../shared/record/training-section.ts';

const gpu = { name: 'Tesla T4', memoryMiB: 15360, uuid: null, driver: null, capability: null, mig: false };

function reading(facts: Partial<GpuReading> = {}): GpuReading {
  return { index: '0', gpu, memoryUsedMiB: 4096, utilisation: 90, powerWatts: 70, ...facts };
}

/** Samples every five seconds. */
function watched(...samples: GpuReading[][]): GpuWatch {
  const watch = new GpuWatch();
  for (const [at, readings] of samples.entries()) watch.add(readings, at * 5_000);
  return watch;
}

const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

describe('GpuWatch', () => {
  it('means over samples, and integrates the power', () => {
    const watch = watched(
      [reading({ utilisation: 0, memoryUsedMiB: 3, powerWatts: 30 })],
      [reading({ utilisation: 100, memoryUsedMiB: 9000, powerWatts: 70 })],
    );
    expect(watch.use().map((use) => gpuUseSchema.parse(use))).toEqual([
      {
        name: 'Tesla T4',
        samples: 2,
        meanUtilisation: 50,
        idleShare: 0.5,
        maxMemoryMiB: 9000,
        meanPowerWatts: 50,
      },
    ]);
    expect(watch.energyKwh()).toBeCloseTo((50 * 5) / 3_600_000, 15);
    expect(watch.notices()).toEqual([]);
  });

  it('knows nothing of what a card does not tell, and no energy where one card does not', () => {
    const silent = reading({ index: '1', utilisation: null, memoryUsedMiB: null, powerWatts: null });
    const watch = watched(...times(20, () => [reading(), silent]));
    expect(watch.use()[1]).toEqual({
      name: 'Tesla T4',
      samples: 20,
      meanUtilisation: null,
      idleShare: null,
      maxMemoryMiB: null,
      meanPowerWatts: null,
    });
    expect(watch.energyKwh()).toBeNull();
    expect(watch.notices()).toEqual([]);
    expect(watched(...times(2, () => [reading(), reading({ index: '1' })])).energyKwh()).toBeCloseTo(
      (140 * 5) / 3_600_000,
      15,
    );
    expect(new GpuWatch().energyKwh()).toBeNull();
  });

  it('tells of a card that idles, and what to do', () => {
    const slow = watched(
      ...times(13, (at) => [reading({ utilisation: at % 2 === 0 ? 0 : 12, memoryUsedMiB: at * 100 })]),
    );
    expect(slow.notices()).toEqual([
      'GPU 0 (Tesla T4) idled: 6 % busy on average, and nothing to do in 54 % of the samples. It waited for something else, mostly for data: try more workers of the data loader, a larger batch, or data on a local disk; or train on a machine without a GPU.',
    ]);
    const bursts = watched(
      ...times(13, (at) => [reading({ utilisation: at < 11 ? 0 : 100, memoryUsedMiB: at * 100 })]),
    );
    expect(bursts.notices()).toEqual([expect.stringMatching(/nothing to do in 85 %/)]);
  });

  it('tells that a card was not touched at all', () => {
    const cpu = watched(...times(13, () => [reading({ utilisation: 0, memoryUsedMiB: 4 })]));
    expect(cpu.notices()).toEqual([expect.stringMatching(/seems to train on the CPU/)]);
    const untold = watched(...times(13, () => [reading({ utilisation: 0, memoryUsedMiB: null })]));
    expect(untold.notices()).toEqual([expect.stringMatching(/mostly for data/)]);
  });

  it('says nothing after less than a minute', () => {
    expect(watched(...times(12, () => [reading({ utilisation: 0 })])).notices()).toEqual([]);
  });

  it('shows the newest look in one line', () => {
    expect(new GpuWatch().line()).toBeNull();
    const other = { ...gpu, memoryMiB: null };
    const watch = watched(
      [reading({ utilisation: 1 })],
      [
        reading({ utilisation: 93, memoryUsedMiB: 10_681, powerWatts: 68.4 }),
        reading({ index: '1', gpu: other, utilisation: null, powerWatts: null }),
        reading({ index: '2', memoryUsedMiB: null, utilisation: null, powerWatts: null }),
      ],
    );
    expect(watch.line()).toBe('GPU 0: 93 %, 11.2 of 16.1 GB, 68 W; GPU 1: 4.3 GB; GPU 2: tells nothing');
    expect(watch.line(20)).toBe('GPU 0: 93 %, 11.2 o…');
  });
});

describe('sampleGap', () => {
  it.each([
    [5_000, 0, 100, 5_000],
    [5_000, 3_600_000, 100, 5_000],
    [5_000, 12 * 3_600_000, 100, 60_000],
    [5_000, 5 * 24 * 3_600_000, 100, 60_000],
    [5_000, 0, 2_000, 20_000],
  ])('is, of %d ms after %d ms with a tool that takes %d ms, %d ms', (interval, elapsed, look, gap) => {
    expect(sampleGap(interval, elapsed, look)).toBe(gap);
  });
});
