import { describe, expect, it } from 'vitest';
import { findGpus } from '../../../actions/train-model/src/gpu/find-gpus.ts';
import { probe } from '../../../actions/train-model/src/gpu/probe.ts';
import { lookForGpus } from '../../../actions/train-model/src/gpu/read-gpus.ts';
import { gpuSchema } from '../../../shared/record/training-section.ts';
import { isAlive, until } from '../wait.ts';
import { oneT4, openTools } from './tools.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const { signal } = new AbortController();
const NOTHING = { gpus: [], readings: [], problem: null };

describe('findGpus', () => {
  it('finds nothing, and no fault, on a machine without any tool', async () => {
    await using tools = await openTools();
    expect(await findGpus(tools.environment, signal)).toEqual(NOTHING);
  });

  it('reads a card as the record holds it', async () => {
    await using tools = await openTools();
    await tools.write('nvidia-smi', `[ "$LC_ALL" = C ] || exit 1\n${oneT4()}`);
    const { gpus, readings, problem } = await findGpus({ ...tools.environment, LC_ALL: 'de_DE' }, signal);
    expect(problem).toBeNull();
    expect(gpus.map((gpu) => gpuSchema.parse(gpu))).toMatchObject([{ name: 'Tesla T4', memoryMiB: 15360 }]);
    expect(readings).toMatchObject([{ memoryUsedMiB: 3, powerWatts: 30 }]);
  });

  it('asks an older driver for what it knows', async () => {
    await using tools = await openTools();
    await tools.write(
      'nvidia-smi',
      `case "$1" in
         *mig.mode*) echo 'Field "mig.mode.current" is not a valid field to query.'; exit 2;;
         *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;;
         *) echo "0, GPU-1, 440.118, 16160, 10, 0, 25.1, Tesla V100-SXM2-16GB";;
       esac`,
    );
    expect((await findGpus(tools.environment, signal)).gpus).toEqual([
      {
        name: 'Tesla V100-SXM2-16GB',
        memoryMiB: 16160,
        uuid: 'GPU-1',
        driver: '440.118',
        capability: null,
        mig: false,
      },
    ]);
  });

  it('lists the parts of a card that is cut, and of them those that the command gets', async () => {
    await using tools = await openTools();
    await tools.write(
      'nvidia-smi',
      `if [ "$1" = -L ]; then
         echo "GPU 0: NVIDIA H100 (UUID: GPU-1)"
         echo "  MIG 1g.10gb     Device  0: (UUID: MIG-a)"
         echo "  MIG 2g.20gb     Device  1: (UUID: MIG-b)"
       else
         echo "0, GPU-1, 550.90.07, 81559, 50, [N/A], 87.1, 9.0, Enabled, NVIDIA H100"
       fi`,
    );
    const names = async (environment: NodeJS.ProcessEnv): Promise<string[]> =>
      (await findGpus({ ...tools.environment, ...environment }, signal)).gpus.map(({ name }) => name);
    expect(await names({})).toEqual(['NVIDIA H100 MIG 1g.10gb', 'NVIDIA H100 MIG 2g.20gb']);
    expect(await names({ CUDA_VISIBLE_DEVICES: 'MIG-b' })).toEqual(['NVIDIA H100 MIG 2g.20gb']);
    expect(await names({ CUDA_VISIBLE_DEVICES: '' })).toEqual([]);
  });

  it.each([
    [
      9,
      'echo "NVIDIA-SMI has failed because it couldn\'t communicate with the NVIDIA driver."',
      /not loaded/,
    ],
    [18, 'echo "Failed to initialize NVML: Driver/library version mismatch"', /different versions/],
  ])('says in plain words why a driver does not answer (exit code %d)', async (code, script, words) => {
    await using tools = await openTools();
    await tools.write('nvidia-smi', `${script}\nexit ${code}`);
    const { gpus, problem } = await findGpus(tools.environment, signal);
    expect(gpus).toEqual([]);
    expect(problem).toMatch(words);
  });

  it('takes a tool that cannot be run, or finds no card, for none', async () => {
    await using tools = await openTools();
    await tools.write('nvidia-smi', 'echo "No devices were found"');
    expect(await findGpus(tools.environment, signal)).toEqual(NOTHING);
    await tools.write('rocm-smi', 'exit 0');
    await tools.write('amd-smi', 'exit 0');
    expect(await findGpus(tools.environment, signal)).toEqual(NOTHING);
  });

  it("finds AMD's cards by rocm-smi, also beside a driver of NVIDIA that is not loaded", async () => {
    await using tools = await openTools();
    await tools.write('nvidia-smi', 'exit 9');
    await tools.write(
      'rocm-smi',
      `echo "WARNING: AMD GPU device(s) is/are in a low-power state."
       echo '{"card0": {"Card Series": "AMD Instinct MI300X", "GFX Version": "gfx942", "GPU use (%)": "12"}, "card1": {"Card Series": "AMD Instinct MI300X"}}'`,
    );
    const found = await findGpus({ ...tools.environment, HIP_VISIBLE_DEVICES: '0' }, signal);
    expect(found.problem).toBeNull();
    expect(found.gpus).toMatchObject([{ name: 'AMD Instinct MI300X', capability: 'gfx942' }]);
  });

  it('finds them by amd-smi where it alone is there', async () => {
    await using tools = await openTools();
    await tools.write(
      'amd-smi',
      `case "$1" in
         static) echo '[{"gpu": 0, "asic": {"market_name": "AMD Radeon RX 7800 XT"}}]';;
         metric) echo '[{"gpu": 0, "power": {"socket_power": {"value": 20, "unit": "W"}}}]';;
       esac`,
    );
    expect((await findGpus(tools.environment, signal)).readings).toMatchObject([
      { gpu: { name: 'AMD Radeon RX 7800 XT' }, powerWatts: 20 },
    ]);
  });

  it.each(['nvidia-smi', 'rocm-smi', 'amd-smi'])('is not held up by %s that hangs', async (name) => {
    await using tools = await openTools();
    await tools.write(name, 'sleep 60');
    const begun = performance.now();
    expect(await lookForGpus({ environment: tools.environment, timeoutMs: 200, signal })).toEqual({
      kind: 'problem',
      problem: `${name} did not answer within 0.2 s: the driver hangs. Restart the machine.`,
    });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

describe('probe', () => {
  it('ends what it waited for in vain, and what that started', async () => {
    await using tools = await openTools();
    const file = join(tools.directory, 'pid');
    await tools.write('slow', `sleep 60 & echo $! > ${file}; wait`);
    const { environment } = tools;
    expect(await probe(['slow'], { environment, timeoutMs: 500, signal })).toEqual({
      kind: 'silent',
      afterMs: 500,
    });
    const pid = Number(await readFile(file, 'utf8'));
    expect(pid).toBeGreaterThan(1);
    await until('the sleep is gone', async () => !(await isAlive(pid)));
  });

  it('ends with its signal, and begins nothing behind it', async () => {
    await using tools = await openTools();
    await tools.write('slow', 'sleep 60');
    const controller = new AbortController();
    const options = { environment: tools.environment, timeoutMs: 60_000, signal: controller.signal };
    const probing = probe(['slow'], options);
    controller.abort();
    expect((await probing).kind).toBe('silent');
    expect((await probe(['slow'], options)).kind).toBe('silent');
  });

  it('does not read without end', async () => {
    await using tools = await openTools();
    await tools.write('loud', 'yes');
    const begun = performance.now();
    const answer = await probe(['loud'], { environment: tools.environment, timeoutMs: 60_000, signal });
    expect(answer).toMatchObject({ kind: 'ended', code: null });
    expect(performance.now() - begun).toBeLessThan(30_000);
  });

  it('tells a program that is missing from one that fails', async () => {
    await using tools = await openTools();
    const { environment } = tools;
    expect(await probe(['not-there'], { environment, timeoutMs: 5_000, signal })).toEqual({
      kind: 'missing',
    });
    const huge = { ...environment, HUGE: 'x'.repeat(5_000_000) };
    expect(await probe(['sh', '-c', 'true'], { environment: huge, timeoutMs: 5_000, signal })).toEqual({
      kind: 'missing',
    });
    await tools.write('fails', 'echo out; echo err >&2; exit 3');
    expect(await probe(['fails'], { environment, timeoutMs: 5_000, signal })).toEqual({
      kind: 'ended',
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });
});
