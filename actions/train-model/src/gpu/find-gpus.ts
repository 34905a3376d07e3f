import type { Gpu } from '../../../../shared/record/training-section.ts';
import type { GpuReading } from '../decide/gpu-reading.ts';
import { type Device, visibleDevices } from '../decide/gpu-visible.ts';
import { parseMigDevices, withParts } from '../decide/nvidia.ts';
import type { ProbeOptions } from './probe.ts';
import { type GpuTool, listParts, lookForGpus } from './read-gpus.ts';

/** A driver that hangs must not hold a training up. */
const PROBE_TIMEOUT_MS = 10_000;

/** The GPUs that a program with some environment gets. */
export interface FoundGpus {
  readonly gpus: Gpu[];
  /** What their cards did when they were looked at. */
  readonly readings: readonly GpuReading[];
  /** Why GPUs cannot be seen, with what to do; null also where there simply are none. */
  readonly problem: string | null;
}

/** Finds the GPUs that a program with this environment gets. Never throws. */
export async function findGpus(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<FoundGpus> {
  const options = { environment, timeoutMs: PROBE_TIMEOUT_MS, signal };
  const look = await lookForGpus(options);
  if (look.kind !== 'found') {
    return { gpus: [], readings: [], problem: look.kind === 'problem' ? look.problem : null };
  }
  const devices = await devicesOf(look.tool, look.readings, options);
  const visible = visibleDevices(devices, look.tool.vendor, environment);
  return { gpus: visible.map(({ gpu }) => gpu), readings: cardsOf(visible), problem: null };
}

/** The devices that cards are or consist of. */
export async function devicesOf(
  tool: GpuTool,
  readings: readonly GpuReading[],
  options: ProbeOptions,
): Promise<Device[]> {
  const cut = tool.vendor === 'nvidia' && readings.some(({ gpu }) => gpu.mig);
  return withParts(readings, parseMigDevices(cut ? await listParts(tool.program, options) : ''));
}

/** The cards of devices, each once. */
export function cardsOf(devices: readonly Device[]): GpuReading[] {
  return [...new Set(devices.map(({ reading }) => reading))];
}
