import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startSampler } from '../../../actions/train-model/src/gpu/sampler.ts';
import { until } from '../wait.ts';
import { oneT4, openTools } from './tools.ts';

const { signal } = new AbortController();
const NOTHING = { use: [], energyKwh: null, notices: [] };

describe('the sampler', () => {
  it('samples until it is finished', async () => {
    await using tools = await openTools();
    await tools.write('nvidia-smi', oneT4({ used: 5120, utilisation: '80', power: '60.00' }));
    const sampler = startSampler({ environment: tools.environment, intervalMs: 20, signal });
    await until('a first look', () => sampler.line() !== null);
    expect(sampler.line()).toBe('GPU 0: 80 %, 5.4 of 16.1 GB, 60 W');
    await tools.write('nvidia-smi', oneT4({ used: 6144, utilisation: '100', power: '70.00' }));
    await until('a later look', () => sampler.line()?.startsWith('GPU 0: 100 %') === true);
    const told = await sampler.finish();
    expect(told.use).toMatchObject([{ name: 'Tesla T4', maxMemoryMiB: 6144 }]);
    expect(told.use[0]?.samples).toBeGreaterThan(1);
    expect(told.use[0]?.meanUtilisation).toBeGreaterThan(79);
    expect(told.energyKwh).toBeGreaterThan(0);
    expect(told.notices).toEqual([]);
    expect(await sampler.finish()).toEqual(told);
  });

  it('watches only the GPUs that the command gets', async () => {
    await using tools = await openTools();
    await tools.write(
      'nvidia-smi',
      `${oneT4()}\necho "1, GPU-2, 535.183.01, 15360, 1, 0, 1.0, 7.5, [N/A], Tesla T4"`,
    );
    const look = async (devices: string): Promise<string | null> => {
      const environment = { ...tools.environment, CUDA_VISIBLE_DEVICES: devices };
      const sampler = startSampler({ environment, intervalMs: 60_000, signal });
      await until('looked', () => devices === '' || sampler.line() !== null);
      await sampler.finish();
      return sampler.line();
    };
    expect(await look('1')).toBe('GPU 1: 0 %, 0.0 of 16.1 GB, 1 W');
    expect(await look('')).toBeNull();
  });

  it('stops at once where there is no GPU', async () => {
    await using tools = await openTools();
    const sampler = startSampler({ environment: tools.environment, intervalMs: 1, signal });
    expect(await sampler.finish()).toEqual(NOTHING);
    await tools.write('nvidia-smi', 'exit 9');
    const failing = startSampler({ environment: tools.environment, intervalMs: 1, signal });
    await pause(500);
    expect(await failing.finish()).toEqual(NOTHING);
    expect(await tools.calls('nvidia-smi')).toBe(1);
  });

  it('samples AMD as well, by the tool that answered first', async () => {
    await using tools = await openTools();
    await tools.write('rocm-smi', `echo '{"card0": {"Card Series": "MI300X", "GPU use (%)": "55"}}'`);
    const rocm = startSampler({ environment: tools.environment, intervalMs: 5, signal });
    await until('three looks', async () => (await tools.calls('rocm-smi')) > 2);
    expect((await rocm.finish()).use).toMatchObject([{ name: 'MI300X', meanUtilisation: 55 }]);
    await tools.write('rocm-smi', 'exit 1');
    await tools.write('amd-smi', `echo '[{"gpu": 0, "usage": {"gfx_activity": {"value": 7, "unit": "%"}}}]'`);
    const amd = startSampler({ environment: tools.environment, intervalMs: 5, signal });
    await until('three looks', async () => (await tools.calls('amd-smi')) > 5);
    const told = await amd.finish();
    expect(told.use).toMatchObject([{ name: 'AMD GPU', meanUtilisation: 7, meanPowerWatts: null }]);
    expect(told.use[0]?.samples).toBeGreaterThan(1);
    expect(told.energyKwh).toBeNull();
  });

  it('leaves a driver alone that has stopped to answer, and says so', async () => {
    await using tools = await openTools();
    const flag = join(tools.directory, 'dead');
    await tools.write('nvidia-smi', `[ -e ${flag} ] && { echo "GPU is lost."; exit 15; }\n${oneT4()}`);
    const sampler = startSampler({ environment: tools.environment, intervalMs: 1, signal });
    await until('a first look', () => sampler.line() !== null);
    await writeFile(flag, '');
    const before = await tools.calls('nvidia-smi');
    await until('three looks in vain', async () => (await tools.calls('nvidia-smi')) >= before + 3);
    await pause(500);
    // One may have begun before the flag was there.
    expect((await tools.calls('nvidia-smi')) - before).toBeLessThanOrEqual(4);
    const told = await sampler.finish();
    expect(told.use).toHaveLength(1);
    expect(told.notices).toEqual([expect.stringMatching(/not watched to the end: .*fallen off the bus/)]);
  });

  it('finishes at once also while the tool hangs, and ends with its signal', async () => {
    await using tools = await openTools();
    await tools.write('nvidia-smi', 'sleep 60');
    const controller = new AbortController();
    const begun = performance.now();
    const hanging = startSampler({ environment: tools.environment, intervalMs: 1, signal });
    const aborted = startSampler({
      environment: tools.environment,
      intervalMs: 1,
      signal: controller.signal,
    });
    await pause(50);
    controller.abort();
    expect(await hanging.finish()).toEqual(NOTHING);
    expect(await aborted.finish()).toEqual(NOTHING);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
