import type { Gpu } from '../../../../shared/record/training-section.ts';
import { type GpuAnswer, type GpuReading, toNumber, toText } from './gpu-reading.ts';

/** The fields that are asked for. The name comes last: it alone may hold a comma. */
export const NVIDIA_FIELDS = [
  'index',
  'uuid',
  'driver_version',
  'memory.total',
  'memory.used',
  'utilization.gpu',
  'power.draw',
  'compute_cap',
  'mig.mode.current',
  'name',
] as const;
export type NvidiaField = (typeof NVIDIA_FIELDS)[number];

/** The words that ask for some fields. */
export function nvidiaQuery(fields: readonly NvidiaField[]): string[] {
  return [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];
}

/** The field that an older driver does not know, by its own words; `compute_cap` came with 495, MIG with 450. */
export function unknownField(output: string): NvidiaField | undefined {
  const [, name] = /Field "([^"]+)" is not a valid field to query/.exec(output) ?? [];
  return NVIDIA_FIELDS.find((field) => field === name && field !== 'index' && field !== 'name');
}

/** Reads what `nvidia-smi --query-gpu` printed, one line for each card; other lines, such as warnings, are passed over. */
export function parseNvidia(output: string, fields: readonly NvidiaField[]): GpuReading[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const cells = line.split(',');
    const values = new Map<NvidiaField, string>(
      fields.map((field, at) => [
        field,
        (at === fields.length - 1 ? cells.slice(at).join(',') : (cells[at] ?? '')).trim(),
      ]),
    );
    const index = values.get('index') ?? '';
    const name = values.get('name') ?? '';
    if (cells.length < fields.length || !/^\d+$/.test(index) || name === '') return [];
    const mig = values.get('mig.mode.current') === 'Enabled';
    const capability = values.get('compute_cap');
    return [
      {
        index,
        gpu: {
          name,
          memoryMiB: toNumber(values.get('memory.total')),
          uuid: toText(values.get('uuid')),
          driver: toText(values.get('driver_version')),
          capability: toText(capability),
          mig,
        },
        memoryUsedMiB: toNumber(values.get('memory.used')),
        utilisation: toNumber(values.get('utilization.gpu')),
        // The power of a card that is cut into parts is that of all its users.
        powerWatts: mig ? null : toNumber(values.get('power.draw')),
      },
    ];
  });
}

/** The parts of cards, by their card's index, as `nvidia-smi -L` lists them below it. */
export function parseMigDevices(
  output: string,
): ReadonlyMap<string, readonly { profile: string; uuid: string }[]> {
  const devices = new Map<string, { profile: string; uuid: string }[]>();
  let parts: { profile: string; uuid: string }[] | undefined;
  for (const line of output.split(/\r?\n/)) {
    const [, card] = /^GPU (\d+):/.exec(line) ?? [];
    if (card !== undefined) {
      parts = [];
      devices.set(card, parts);
    }
    // Since driver 470 `MIG-<uuid>`; before, `MIG-GPU-<uuid of the card>/<instance>/<instance>`.
    const [, profile, uuid] = /^\s+MIG (\S+)\s+Device\s+\d+:\s+\(UUID: (MIG-[^)\s]+)\)/.exec(line) ?? [];
    if (profile !== undefined && uuid !== undefined) parts?.push({ profile, uuid });
  }
  return devices;
}

/** The GPUs that a program can be given: cards, and of a card that is cut into parts its parts. */
export function withParts(
  readings: readonly GpuReading[],
  devices: ReturnType<typeof parseMigDevices>,
): { readonly reading: GpuReading; readonly gpu: Gpu }[] {
  return readings.flatMap((reading) => {
    const parts = reading.gpu.mig ? (devices.get(reading.index) ?? []) : [];
    if (parts.length === 0) return [{ reading, gpu: reading.gpu }];
    return parts.map(({ profile, uuid }) => ({
      reading,
      gpu: { ...reading.gpu, name: `${reading.gpu.name} MIG ${profile}`, memoryMiB: null, uuid },
    }));
  });
}

/**
 * What an answer of nvidia-smi comes to, by what it printed and its exit code (nvidia-smi(1), "RETURN VALUE", and
 * nvmlReturn_t for what that page lacks).
 */
export function nvidiaAnswer(code: number | null, output: string, fields: readonly NvidiaField[]): GpuAnswer {
  const readings = parseNvidia(output, fields);
  // A corrupt InfoROM, for one, is a warning with an exit code of its own beside all the figures.
  if (readings.length > 0) return { kind: 'found', readings };
  if (/No devices were found/i.test(output) || code === 6) return { kind: 'none' };
  return { kind: 'problem', problem: problemOf(code, output) };
}

function problemOf(code: number | null, output: string): string {
  if (code === 18 || /Driver\/library version mismatch/i.test(output)) {
    return 'The NVIDIA driver in the kernel and its libraries are of different versions (an update without a restart): restart the machine, or load the driver anew.';
  }
  if (code === 9 || /couldn't communicate with the NVIDIA driver/i.test(output)) {
    return 'nvidia-smi is there, but the NVIDIA driver is not loaded: install or load it (`modprobe nvidia`), and on a virtual machine check that it has a GPU.';
  }
  if (code === 15 || /GPU is lost|fallen off the bus|Unable to determine the device handle/i.test(output)) {
    return 'A GPU is there but does not answer any more (it has fallen off the bus): restart the machine.';
  }
  if (code === 12 || /NVML Shared Library|libnvidia-ml/i.test(output)) {
    return "nvidia-smi is there, but NVIDIA's library libnvidia-ml is not: in a container give it the GPUs (`--gpus all`), elsewhere install the driver.";
  }
  if (code === 4 || /Insufficient Permissions/i.test(output)) {
    return 'nvidia-smi may not look at the GPUs: give the user of the runner access to /dev/nvidia*.';
  }
  return `nvidia-smi ended with exit code ${code ?? 'none'} and told nothing.`;
}
