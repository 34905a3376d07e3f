import type { Gpu } from '../../../../shared/record/training-section.ts';
import type { GpuReading } from './gpu-reading.ts';

/** A GPU that a program could be given, and the card that it is or is a part of. */
export interface Device {
  readonly reading: GpuReading;
  readonly gpu: Gpu;
}

export type Vendor = 'nvidia' | 'amd';

/**
 * Those devices that a program with this environment gets. Numbers count in the tools' order, which is CUDA's own where
 * the cards are alike; where they differ CUDA puts the fastest first, unless CUDA_DEVICE_ORDER is PCI_BUS_ID.
 */
export function visibleDevices(
  devices: readonly Device[],
  vendor: Vendor,
  environment: NodeJS.ProcessEnv,
): Device[] {
  if (vendor === 'amd') {
    // HIP numbers what ROCr has left, and takes CUDA's variable where its own is missing.
    const left = select(devices, environment['ROCR_VISIBLE_DEVICES']);
    return select(left, environment['HIP_VISIBLE_DEVICES'] ?? environment['CUDA_VISIBLE_DEVICES']);
  }
  return select(
    fromContainer(devices, environment['NVIDIA_VISIBLE_DEVICES']),
    environment['CUDA_VISIBLE_DEVICES'],
  );
}

/**
 * What NVIDIA's container toolkit was told to give. Its numbers are those of the host, and inside the container only
 * what was given is seen at all: so only "nothing" and unique ids say something here.
 */
function fromContainer(devices: readonly Device[], value: string | undefined): readonly Device[] {
  if (value === 'none' || value === 'void') return [];
  if (value === undefined || !/^(GPU|MIG)-/.test(value)) return devices;
  const given = select(devices, value);
  return given.length === 0 ? devices : given;
}

/** Numbers or beginnings of unique ids; what comes after an entry that fits nothing does not count (CUDA's manual). */
function select(devices: readonly Device[], value: string | undefined): Device[] {
  if (value === undefined) return [...devices];
  const cards = [...new Set(devices.map(({ reading }) => reading.index))];
  const chosen: Device[] = [];
  for (const entry of value.split(',').map((one) => one.trim())) {
    const found = devices.filter(({ reading, gpu }) =>
      /^\d+$/.test(entry) ? reading.index === cards[Number(entry)] : hasId(gpu, entry),
    );
    if (found.length === 0) break;
    chosen.push(...found.filter((device) => !chosen.includes(device)));
  }
  return chosen;
}

function hasId({ uuid }: Gpu, entry: string): boolean {
  if (uuid === null || !/^(GPU|MIG)-./.test(entry)) return false;
  // rocm-smi prints 0x1234 what ROCr calls GPU-1234.
  return uuid.startsWith(entry) || uuid.toLowerCase() === `0x${entry.slice('GPU-'.length).toLowerCase()}`;
}
