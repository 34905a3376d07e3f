import { z } from 'zod';
import { type GpuAnswer, type GpuReading, toNumber, toText } from './gpu-reading.ts';

const BYTES_PER_MIB = 1024 * 1024;

/** What rocm-smi is asked. AMD keeps it beside amd-smi, which takes its place. */
export const ROCM_WORDS = [
  '--showproductname',
  '--showuniqueid',
  '--showdriverversion',
  '--showuse',
  '--showmeminfo',
  'vram',
  '--showpower',
  '--json',
];
export const AMD_STATIC_WORDS = ['static', '--asic', '--vram', '--driver', '--json'];
export const AMD_METRIC_WORDS = ['metric', '--usage', '--power', '--mem-usage', '--json'];

const cardsSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/** The JSON in an answer, before which a tool may have printed warnings; undefined where there is none. */
export function jsonIn(output: string): unknown {
  for (const match of output.matchAll(/^\s*[[{]/gm)) {
    try {
      return JSON.parse(output.slice(match.index)) as unknown;
    } catch {
      // A line of a warning that begins with a bracket.
    }
  }
  return undefined;
}

const asText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** Reads what rocm-smi printed. The names of its values have changed from release to release. */
export function parseRocm(output: string): GpuReading[] {
  const parsed = cardsSchema.safeParse(jsonIn(output));
  if (!parsed.success) return [];
  const driver = toText(asText(parsed.data['system']?.['Driver version']));
  return Object.entries(parsed.data).flatMap(([card, values]) => {
    const [, index] = /^card(\d+)$/.exec(card) ?? [];
    if (index === undefined) return [];
    const first = (...patterns: RegExp[]): string | undefined => {
      for (const pattern of patterns) {
        const found = Object.entries(values).find(
          ([name, value]) => pattern.test(name) && toText(asText(value)) !== null,
        );
        if (found !== undefined) return asText(found[1]);
      }
      return undefined;
    };
    return [
      {
        index,
        gpu: {
          name: toText(first(/^Card Series$/i, /^Device Name$/i, /^Card Model$/i)) ?? 'AMD GPU',
          memoryMiB: mebibytes(toNumber(first(/^VRAM Total Memory \(B\)$/i))),
          uuid: toText(first(/^Unique ID$/i)),
          driver,
          capability: toText(first(/^GFX Version$/i)),
          mig: false,
        },
        memoryUsedMiB: mebibytes(toNumber(first(/^VRAM Total Used Memory \(B\)$/i))),
        utilisation: toNumber(first(/^GPU use \(%\)$/i)),
        powerWatts: toNumber(first(/Graphics Package Power \(W\)$/i)),
      },
    ];
  });
}

function mebibytes(bytes: number | null): number | null {
  return bytes === null ? null : Math.round(bytes / BYTES_PER_MIB);
}

/** A value with a unit, a bare number, or the text `N/A`. */
const valueSchema = z.union([z.object({ value: z.number() }).transform(({ value }) => value), z.number()]);
const numberSchema = valueSchema.nullable().catch(null);
const textSchema = z.string().optional().catch(undefined);

const staticSchema = z.object({
  gpu: z.number(),
  asic: z
    .object({ market_name: textSchema, target_graphics_version: textSchema, asic_serial: textSchema })
    .optional()
    .catch(undefined),
  vram: z.object({ size: numberSchema.optional() }).optional().catch(undefined),
  driver: z.object({ version: textSchema }).optional().catch(undefined),
});
const metricSchema = z.object({
  gpu: z.number(),
  usage: z.object({ gfx_activity: numberSchema.optional() }).optional().catch(undefined),
  power: z.object({ socket_power: numberSchema.optional() }).optional().catch(undefined),
  mem_usage: z
    .object({ total_vram: numberSchema.optional(), used_vram: numberSchema.optional() })
    .optional()
    .catch(undefined),
});

/** A list of cards; since ROCm 7 inside `gpu_data`. */
function listOf<T>(schema: z.ZodType<T>, output: string): T[] {
  const list = z.array(schema);
  return (
    z
      .union([list, z.object({ gpu_data: list }).transform(({ gpu_data }) => gpu_data)])
      .safeParse(jsonIn(output)).data ?? []
  );
}

/** Reads what amd-smi told of what cards are and of what they do. Its megabytes are mebibytes. */
export function parseAmd(staticOutput: string, metricOutput: string): GpuReading[] {
  const metrics = new Map(listOf(metricSchema, metricOutput).map((one) => [one.gpu, one]));
  return listOf(staticSchema, staticOutput).map(({ gpu, asic, vram, driver }) => {
    const { usage, power, mem_usage: memory } = metrics.get(gpu) ?? {};
    return {
      index: String(gpu),
      gpu: {
        name: toText(asic?.market_name) ?? 'AMD GPU',
        memoryMiB: vram?.size ?? memory?.total_vram ?? null,
        uuid: toText(asic?.asic_serial),
        driver: toText(driver?.version),
        capability: toText(asic?.target_graphics_version),
        mig: false,
      },
      memoryUsedMiB: memory?.used_vram ?? null,
      utilisation: usage?.gfx_activity ?? null,
      powerWatts: power?.socket_power ?? null,
    };
  });
}

/** What an answer of AMD's tools comes to. They end with 0 also where there is no driver. */
export function rocmAnswer(readings: readonly GpuReading[], tool: string, output: string): GpuAnswer {
  if (readings.length > 0) return { kind: 'found', readings };
  if (/driver not initialized|amdgpu not found/i.test(output)) {
    return {
      kind: 'problem',
      problem: `${tool} is there, but AMD's driver amdgpu is not loaded: install or load it (\`modprobe amdgpu\`).`,
    };
  }
  if (/Permission denied|NO_PERM|not a member of|render group/i.test(output)) {
    return {
      kind: 'problem',
      problem: `${tool} may not look at the GPUs: give the user of the runner the groups "render" and "video".`,
    };
  }
  return { kind: 'none' };
}
