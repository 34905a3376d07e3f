import type { Gpu } from '../../../../shared/record/training-section.ts';
import type { GpuReading } from '../decide/gpu-reading.ts';
import type { Finding } from '../engines/engine.ts';
import type { FoundGpus } from './find-gpus.ts';

/** With less of its memory free a card is somebody else's. */
const MIN_FREE_SHARE = 0.1;
/**
 * The oldest driver for each major version of CUDA, on Linux (CUDA's release notes, "CUDA Toolkit and Minimum Required
 * Driver Version for CUDA Minor Version Compatibility").
 */
const MIN_DRIVER: Readonly<Record<number, string>> = { 11: '450.80.02', 12: '525.60.13', 13: '580.65.06' };

type Package = Readonly<{ name: string; version: string }>;

export interface PreflightOptions {
  /** Whether the training is meant to have a GPU: what it lacks then is an error, and else only told. */
  readonly wanted: boolean;
  /** What is installed for the command. */
  readonly packages?: readonly Package[];
}

export interface Preflight {
  readonly findings: Finding[];
  readonly notices: string[];
}

/** True where labels ask for a runner with a GPU. */
export function gpuWanted(labels: readonly string[]): boolean {
  return labels.some((label) =>
    /(^|[^a-z])(gpu|cuda|nvidia|rocm|t4|l4|a10g?|a100|h100|h200|b200|mi\d{3}x?)([^a-z]|$)/i.test(label),
  );
}

/** Judges the GPUs before anything is spent on them, in plain words. */
export function preflightGpus(
  { gpus, readings, problem }: FoundGpus,
  { wanted, packages = [] }: PreflightOptions,
): Preflight {
  const findings: Finding[] = [];
  const notices: string[] = [];
  const say = (message: string, remedy: string, severe = wanted): void => {
    if (severe) findings.push({ message, remedy });
    else notices.push(`${message} ${remedy}`);
  };
  if (problem !== null) {
    say(
      `The GPUs of this machine cannot be used. ${problem}`,
      'Without a GPU the training would run on the CPU, or fail.',
    );
    return { findings, notices };
  }
  const cuda = cudaVersion(packages);
  if (gpus.length === 0) {
    if (wanted || cuda !== undefined) notices.push(noGpu(wanted, cuda));
    return { findings, notices };
  }
  const full = readings.filter(isFull);
  if (full.length > 0) {
    const cards = full.map(memoryText).join(', ');
    say(
      `Others hold the memory of ${full.length === 1 ? 'a GPU' : 'GPUs'}: ${cards}.`,
      'End what holds it (`nvidia-smi` lists the processes), or choose other GPUs with CUDA_VISIBLE_DEVICES.',
      wanted && full.length === readings.length,
    );
  }
  notices.push(...cudaNotices(gpus, cuda, packages));
  return { findings, notices };
}

function noGpu(wanted: boolean, cuda: number | undefined): string {
  if (wanted) {
    return 'No GPU was found, although the labels of the runner name one: the training runs on the CPU. Check that the runner sees it (`nvidia-smi`), in a container that it is given to it (`--gpus all`).';
  }
  return `No GPU was found, although packages for CUDA ${cuda ?? ''} are installed: the training runs on the CPU. If that is meant, packages without CUDA install faster.`;
}

function isFull({ gpu, memoryUsedMiB }: GpuReading): boolean {
  if (gpu.mig || gpu.memoryMiB === null || memoryUsedMiB === null || gpu.memoryMiB === 0) return false;
  return (gpu.memoryMiB - memoryUsedMiB) / gpu.memoryMiB < MIN_FREE_SHARE;
}

function memoryText({ index, gpu, memoryUsedMiB }: GpuReading): string {
  return `GPU ${index} (${gpu.name}) has ${memoryUsedMiB ?? 0} of ${gpu.memoryMiB ?? 0} MiB in use`;
}

/** The major version of CUDA that packages of Python are built for; undefined where none is. */
function cudaVersion(packages: readonly Package[]): number | undefined {
  for (const { name, version } of packages) {
    const [, suffix] = /^nvidia-cuda-runtime-cu(\d{2})$/.exec(name) ?? /\+cu(\d{2})/.exec(version) ?? [];
    if (suffix !== undefined) return Number(suffix);
    if (name === 'nvidia-cuda-runtime') return Number.parseInt(version, 10);
  }
  return undefined;
}

function cudaNotices(gpus: readonly Gpu[], cuda: number | undefined, packages: readonly Package[]): string[] {
  const cpuBuild = packages.find(({ name, version }) => name === 'torch' && version.endsWith('+cpu'));
  if (cpuBuild !== undefined) {
    return [
      `There is a GPU, but PyTorch ${cpuBuild.version} is built without: the training runs on the CPU.`,
    ];
  }
  const driver = gpus.find((gpu) => gpu.capability?.startsWith('gfx') !== true)?.driver ?? null;
  const needed = cuda === undefined ? undefined : MIN_DRIVER[cuda];
  if (driver === null || needed === undefined || !isOlder(driver, needed)) return [];
  return [
    `The NVIDIA driver ${driver} is too old for the installed packages, which are built for CUDA ${cuda ?? ''}: that needs ${needed} or newer. Update the driver, or install packages for an older CUDA.`,
  ];
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  for (const [at, part] of (b ?? []).entries()) {
    const own = a?.[at] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}
