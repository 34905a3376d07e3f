import { chmod } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeImage } from '../../../actions/train-model/src/describe/image.ts';
import { describeProcessors, processorQuota } from '../../../actions/train-model/src/describe/processors.ts';
import { describeEnvironment, describeHardware } from '../../../actions/train-model/src/describe-machine.ts';
import { trainingBodySchema } from '../../../shared/record/training-section.ts';
import { oneT4, openTools } from '../gpu/tools.ts';
import { openScratch } from '../scratch.ts';

const { signal } = new AbortController();
const PATH = process.env['PATH'] ?? '';
const environmentSchema = trainingBodySchema.shape.environment;

/** A Python of the test's own, that imports nothing of this machine's site packages. */
function withPackages(list: unknown): string {
  return `case "$*" in
    --version) echo "Python 3.12.1";;
    "-I -c "*) cat <<'END'
${typeof list === 'string' ? list : JSON.stringify(list)}
END
    ;;
  esac`;
}

describe('the environment', () => {
  it('tells the interpreter and what is installed for it, by a real Python', async () => {
    await using place = await openScratch();
    // What lies in the working directory takes the place of no module of ours.
    await place.write('json.py', 'raise SystemExit("taken")');
    await place.write('importlib/__init__.py', 'raise SystemExit("taken")');
    const python = join(import.meta.dirname, '../../../.venv/bin/python3');
    const told = await describeEnvironment([python, 'train.py'], place.directory, { PATH }, signal);
    expect(environmentSchema.parse(told)).toEqual(told);
    expect(told.interpreter).toMatchObject({
      name: 'python3',
      version: expect.stringMatching(/^3\.\d+/) as string,
    });
    const names = told.packages.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['numpy', 'scikit-learn']));
    expect(names).toEqual([...names].sort());
  });

  it('tells the version of another interpreter, and nothing of a program that is none', async () => {
    await using place = await openScratch();
    const node = await describeEnvironment([process.execPath, 'x.mjs'], place.directory, { PATH }, signal);
    expect(node).toMatchObject({ interpreter: { name: 'node' }, packages: [] });
    const other = await describeEnvironment(['./train.sh'], place.directory, { PATH }, signal);
    expect(other).toMatchObject({ interpreter: null, packages: [], variables: {}, lockFiles: [] });
    const missing = await describeEnvironment(['python9.9'], place.directory, { PATH }, signal);
    expect(missing).toMatchObject({ interpreter: null, packages: [] });
  });

  it.each([
    ['#!%PYTHON\nimport torch\n', { name: 'python3' }],
    ['#!/usr/bin/env python3\n', { name: 'python3' }],
    ['#!/usr/bin/env -S node --no-warnings\n', { name: 'node' }],
    ['#!/bin/sh\nexec python3 "$@"\n', null],
    ['', null],
  ])('is that of a script by its first line (%j)', async (text, interpreter) => {
    await using place = await openScratch();
    const python = join(import.meta.dirname, '../../../.venv/bin/python3');
    const path = await place.write('bin/torchrun', text.replace('%PYTHON', python));
    await chmod(path, 0o755);
    const environment = { PATH: `${join(place.directory, 'bin')}:${PATH}` };
    const told = await describeEnvironment(['torchrun', 'train.py'], place.directory, environment, signal);
    if (interpreter === null) expect(told).toMatchObject({ interpreter: null, packages: [] });
    else expect(told).toMatchObject({ interpreter });
    if (text.includes('%PYTHON')) expect(told.packages.map(({ name }) => name)).toContain('numpy');
  });

  it('sorts, names alike and bounds what a Python tells', async () => {
    await using place = await openScratch();
    await using tools = await openTools();
    const many = Array.from({ length: 1_200 }, (_, at) => [`p${String(at).padStart(4, '0')}`, '1']);
    await tools.write(
      'python',
      withPackages([['Zope.Interface', '7.0'], ['Scikit_Learn', 'v'.repeat(500)], ...many]),
    );
    const environment = { PATH: tools.environment['PATH'] ?? '' };
    const { packages, interpreter } = await describeEnvironment(
      ['python'],
      place.directory,
      environment,
      signal,
    );
    expect(interpreter).toEqual({ name: 'python', version: '3.12.1' });
    expect(packages).toHaveLength(1_000);
    expect(packages[0]?.name).toBe('p0000');
    await tools.write(
      'python',
      withPackages([
        ['Zope.Interface', '7.0'],
        ['Scikit_Learn', 'v'.repeat(500)],
      ]),
    );
    expect((await describeEnvironment(['python'], place.directory, environment, signal)).packages).toEqual([
      { name: 'scikit-learn', version: 'v'.repeat(200) },
      { name: 'zope-interface', version: '7.0' },
    ]);
  });

  it.each(['no JSON', '{"a": 1}', '[["a"]]', ''])('takes %j of a Python for nothing', async (text) => {
    await using place = await openScratch();
    await using tools = await openTools();
    await tools.write('python3', withPackages(text));
    const environment = { PATH: tools.environment['PATH'] ?? '' };
    expect((await describeEnvironment(['python3'], place.directory, environment, signal)).packages).toEqual(
      [],
    );
  });

  it('holds lock files by digest, and the variables by which it is repeated', async () => {
    await using place = await openScratch();
    await place.write('requirements-dev.txt', 'x\n');
    await place.write('uv.lock', '');
    await place.write('notes.txt', '');
    const environment = { PATH, PYTHONHASHSEED: '3', TF_DETERMINISTIC_OPS: '1', HF_TOKEN: 'hf_x' };
    const told = await describeEnvironment(['x'], place.directory, environment, signal);
    expect(told.lockFiles).toEqual([
      {
        path: 'requirements-dev.txt',
        sha256: '73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac',
      },
      { path: 'uv.lock', sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    ]);
    expect(told.variables).toEqual({ PYTHONHASHSEED: '3', TF_DETERMINISTIC_OPS: '1' });
  });
});

describe('the image', () => {
  it("is the runner's own where it names one", async () => {
    await using root = await openScratch();
    expect(await describeImage({ ImageOS: 'ubuntu24', ImageVersion: '20261101.1' }, root.directory)).toBe(
      'ubuntu24 20261101.1',
    );
    expect(await describeImage({ ImageOS: 'ubuntu22' }, root.directory)).toBe('ubuntu22');
    expect(await describeImage({}, root.directory)).toBeNull();
  });

  it("is a container's by what it tells of itself", async () => {
    await using root = await openScratch();
    await root.write('.dockerenv', '');
    expect(await describeImage({}, root.directory)).toBe('container');
    expect(await describeImage({ NVIDIA_PYTORCH_VERSION: '25.09' }, root.directory)).toBe(
      'container NVIDIA_PYTORCH_VERSION=25.09',
    );
    await root.write(
      'run/.containerenv',
      'engine="podman-5.2"\nimage="quay.io/team/train:7"\nimageid="abc"\n',
    );
    expect(await describeImage({}, root.directory)).toBe('quay.io/team/train:7');
    await using pod = await openScratch();
    expect(await describeImage({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, pod.directory)).toBe('container');
    await pod.write('run/.containerenv', '');
    expect(await describeImage({}, pod.directory)).toBe('container');
  });
});

describe('the hardware', () => {
  it('has the GPUs that the command gets', async () => {
    await using tools = await openTools();
    await tools.write('nvidia-smi', oneT4());
    const told = await describeHardware(tools.environment, 'self-hosted', signal);
    expect(trainingBodySchema.shape.hardware.parse(told)).toEqual(told);
    expect(told).toMatchObject({ runner: 'self-hosted', gpus: [{ name: 'Tesla T4', driver: '535.183.01' }] });
    const hidden = { ...tools.environment, CUDA_VISIBLE_DEVICES: '' };
    expect((await describeHardware(hidden, null, signal)).gpus).toEqual([]);
    const before = await tools.calls('nvidia-smi');
    const found = { gpus: told.gpus, readings: [], problem: null };
    expect((await describeHardware(hidden, null, signal, found)).gpus).toEqual(told.gpus);
    expect(await tools.calls('nvidia-smi')).toBe(before);
  });

  it('has no more processors than a control group is given', async () => {
    await using root = await openScratch();
    expect(await processorQuota(root.directory)).toBeUndefined();
    await root.write('proc/self/cgroup', '0::/job\n');
    await root.write('sys/fs/cgroup/cpu.max', 'max 100000\n');
    await root.write('sys/fs/cgroup/job/cpu.max', '50000 100000\n');
    expect(await processorQuota(root.directory)).toBe(0.5);
    const { cpus: count, memoryBytes } = await describeProcessors(root.directory);
    expect(count).toBe(1);
    expect(memoryBytes).toBeLessThanOrEqual(totalmem());
    await root.write('sys/fs/cgroup/job/cpu.max', 'max 100000\n');
    expect(await processorQuota(root.directory)).toBeUndefined();
    expect((await describeProcessors(root.directory)).cpus).toBeLessThanOrEqual(cpus().length);
  });

  it('reads control groups of the first version too', async () => {
    await using root = await openScratch();
    await root.write('sys/fs/cgroup/cpu/cpu.cfs_quota_us', '-1\n');
    await root.write('sys/fs/cgroup/cpu/cpu.cfs_period_us', '100000\n');
    expect(await processorQuota(root.directory)).toBeUndefined();
    await root.write('sys/fs/cgroup/cpu/cpu.cfs_quota_us', '250000\n');
    expect(await processorQuota(root.directory)).toBe(2.5);
  });
});
