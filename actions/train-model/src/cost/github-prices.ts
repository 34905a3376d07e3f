/**
 * GitHub's published prices in US dollars a minute, by system, architecture and cores, as of November 2026:
 * https://docs.github.com/en/billing/reference/actions-runner-pricing. Jobs are rounded up to whole minutes.
 */
const RATES: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  'linux x64': { 1: 0.002, 2: 0.006, 4: 0.012, 8: 0.022, 16: 0.042, 32: 0.082, 64: 0.162, 96: 0.252 },
  'linux arm64': { 2: 0.005, 4: 0.008, 8: 0.014, 16: 0.026, 32: 0.05, 64: 0.098 },
  'windows x64': { 2: 0.01, 4: 0.022, 8: 0.042, 16: 0.082, 32: 0.162, 64: 0.322, 96: 0.552 },
  'windows arm64': { 2: 0.008, 4: 0.014, 8: 0.026, 16: 0.05, 32: 0.098, 64: 0.194 },
  'macos x64': { 4: 0.062, 12: 0.077 },
  'macos arm64': { 3: 0.062, 5: 0.102 },
};
/** The runners with one NVIDIA T4, four cores each. */
const GPU_RATES: Readonly<Record<string, number>> = { linux: 0.052, windows: 0.102 };

/** Cores of the standard runners that private repositories pay for; those of public ones are larger, and free. */
const STANDARD_CORES: Readonly<Record<string, number>> = {
  'linux x64': 2,
  'linux arm64': 2,
  'windows x64': 2,
  'windows arm64': 2,
  'macos x64': 4,
  'macos arm64': 3,
};

/**
 * US dollars for a gigabyte of artifacts and month, and of cache
 * (https://docs.github.com/en/billing/concepts/product-billing/github-actions).
 */
export const ARTIFACT_GB_MONTH_USD = 0.25;
export const CACHE_GB_MONTH_USD = 0.07;
export const PRICE_PAGE = "GitHub's published price";

/** A kind of hosted runner with its price. */
export interface HostedRate {
  readonly usdPerMinute: number;
  /** How GitHub calls it, such as `Linux 4-core with a T4 GPU`. */
  readonly name: string;
  /** Free in public repositories, and within the minutes that a plan includes; larger runners never are. */
  readonly standard: boolean;
}

const SYSTEM_NAMES: Readonly<Record<string, string>> = { linux: 'Linux', windows: 'Windows', macos: 'macOS' };

/** The price of a hosted runner of so many cores; undefined where GitHub lists none. */
function rateOf(system: string, architecture: string, cores: number, gpu: boolean): HostedRate | undefined {
  const shown = SYSTEM_NAMES[system] ?? system;
  if (gpu) {
    const usdPerMinute = GPU_RATES[system];
    return usdPerMinute === undefined
      ? undefined
      : { usdPerMinute, name: `${shown} 4-core runner with a T4 GPU`, standard: false };
  }
  const usdPerMinute = RATES[`${system} ${architecture}`]?.[cores];
  if (usdPerMinute === undefined) return undefined;
  const name = `${shown} ${cores}-core runner${architecture === 'arm64' ? ' (arm64)' : ''}`;
  return { usdPerMinute, name, standard: false };
}

function asStandard(rate: HostedRate | undefined): HostedRate | undefined {
  return rate === undefined ? undefined : { ...rate, standard: true };
}

function standardRate(system: string, architecture: string): HostedRate | undefined {
  return asStandard(rateOf(system, architecture, STANDARD_CORES[`${system} ${architecture}`] ?? 0, false));
}

/** Labels that GitHub itself gives to its runners, and that no organisation's own name can be mistaken for. */
const STANDARD_LABEL =
  /^(ubuntu|windows|macos)-(slim|latest|\d{2,4}(?:\.\d{2})?|11)(?:-vs\d+)?(?:-(arm|intel|large|xlarge))?$/;

/** The price of a runner by one label of GitHub's own, such as `ubuntu-latest`; undefined for any other label. */
export function rateOfStandardLabel(label: string): HostedRate | undefined {
  const [, image, version, variant] = STANDARD_LABEL.exec(label.toLowerCase()) ?? [];
  if (image === undefined) return undefined;
  if (image === 'ubuntu' && version === 'slim') return asStandard(rateOf('linux', 'x64', 1, false));
  if (image === 'macos') {
    if (variant === 'large') return rateOf('macos', 'x64', 12, false);
    if (variant === 'xlarge') return rateOf('macos', 'arm64', 5, false);
    return standardRate('macos', variant === 'intel' ? 'x64' : 'arm64');
  }
  if (variant !== undefined && variant !== 'arm') return undefined;
  return standardRate(image === 'ubuntu' ? 'linux' : 'windows', variant === 'arm' ? 'arm64' : 'x64');
}

/**
 * The price of a larger runner that its organisation named by what it is, such as `ubuntu-22.04-16-cores`,
 * `linux_4_core_gpu` or `gpu-t4-4-core`. Only for a runner that is known to be GitHub's.
 */
export function rateOfLargerLabel(label: string): HostedRate | undefined {
  const text = label.toLowerCase();
  const cores = Number(/(?:^|[^\d])(\d{1,2})[-_ ]?cores?\b/.exec(text.replaceAll('_', '-'))?.[1] ?? 0);
  const gpu = /(^|[-_ ])(gpu|t4)([-_ ]|$)/.test(text);
  const system = /windows|^win/.test(text) ? 'windows' : 'linux';
  return rateOf(system, text.includes('arm') ? 'arm64' : 'x64', cores, gpu);
}

/** What a hosted runner tells of itself: `RUNNER_OS`, `RUNNER_ARCH`, its processors and GPUs. */
export interface Machine {
  readonly os: string | undefined;
  readonly architecture: string | undefined;
  readonly cpus: number;
  readonly gpus: number;
}

/** The price of the hosted runner that this is, by what it tells of itself. */
export function rateOfMachine({ os, architecture, cpus, gpus }: Machine): HostedRate | undefined {
  const system = os?.toLowerCase() ?? '';
  const shape = architecture?.toLowerCase() === 'arm64' ? 'arm64' : 'x64';
  // Up to four cores it is a standard runner, which has two or four by the repository's visibility.
  if (gpus > 0 || cpus > 4) return rateOf(system, shape, cpus, gpus > 0);
  return standardRate(system, shape);
}
