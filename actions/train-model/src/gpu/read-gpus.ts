import type { GpuAnswer, GpuReading } from '../decide/gpu-reading.ts';
import {
  NVIDIA_FIELDS,
  nvidiaAnswer,
  type NvidiaField,
  nvidiaQuery,
  unknownField,
} from '../decide/nvidia.ts';
import {
  AMD_METRIC_WORDS,
  AMD_STATIC_WORDS,
  parseAmd,
  parseRocm,
  ROCM_WORDS,
  rocmAnswer,
} from '../decide/rocm.ts';
import { probe, type ProbeOptions } from './probe.ts';

/** The tool that answers, and what it was asked for. */
export type GpuTool =
  | { readonly vendor: 'nvidia'; readonly program: string; readonly fields: readonly NvidiaField[] }
  | { readonly vendor: 'amd'; readonly program: string; readonly kind: 'rocm-smi' | 'amd-smi' };

export type Look =
  | { readonly kind: 'found'; readonly tool: GpuTool; readonly readings: readonly GpuReading[] }
  | Exclude<GpuAnswer, { kind: 'found' }>
  | { readonly kind: 'missing' };

/** Where the tools lie besides PATH: WSL mounts NVIDIA's, and ROCm installs its own in a folder of its own. */
const PROGRAMS: Readonly<Record<'nvidia-smi' | 'rocm-smi' | 'amd-smi', readonly string[]>> = {
  'nvidia-smi': ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi'],
  'rocm-smi': ['rocm-smi', '/opt/rocm/bin/rocm-smi'],
  'amd-smi': ['amd-smi', '/opt/rocm/bin/amd-smi'],
};

/** Looks for cards by whatever tool there is. */
export async function lookForGpus(options: ProbeOptions): Promise<Look> {
  let problem: Look | undefined;
  for (const look of [lookByNvidia, lookByRocm, lookByAmd]) {
    const found = await look(options);
    if (found.kind === 'found') return found;
    if (found.kind === 'problem') problem ??= found;
  }
  return problem ?? { kind: 'missing' };
}

/** Looks again at the cards of a tool that has answered before. */
export async function lookAgain(tool: GpuTool, options: ProbeOptions): Promise<Look> {
  if (tool.vendor === 'nvidia') return await askNvidia(tool.program, tool.fields, options);
  return tool.kind === 'rocm-smi'
    ? await askRocm(tool.program, options)
    : await askAmd(tool.program, options);
}

/** What `nvidia-smi -L` prints: the parts of cards; empty where it does not answer. */
export async function listParts(program: string, options: ProbeOptions): Promise<string> {
  const answer = await probe([program, '-L'], options);
  return answer.kind === 'ended' ? answer.stdout : '';
}

const lookByNvidia = (options: ProbeOptions): Promise<Look> =>
  firstThere('nvidia-smi', (program) => askNvidia(program, NVIDIA_FIELDS, options));
const lookByRocm = (options: ProbeOptions): Promise<Look> =>
  firstThere('rocm-smi', (program) => askRocm(program, options));
const lookByAmd = (options: ProbeOptions): Promise<Look> =>
  firstThere('amd-smi', (program) => askAmd(program, options));

async function firstThere(
  name: keyof typeof PROGRAMS,
  ask: (program: string) => Promise<Look>,
): Promise<Look> {
  for (const program of PROGRAMS[name]) {
    const look = await ask(program);
    if (look.kind !== 'missing') return look;
  }
  return { kind: 'missing' };
}

function silent(tool: string, afterMs: number): Look {
  return {
    kind: 'problem',
    problem: `${tool} did not answer within ${afterMs / 1000} s: the driver hangs. Restart the machine.`,
  };
}

async function askNvidia(
  program: string,
  fields: readonly NvidiaField[],
  options: ProbeOptions,
): Promise<Look> {
  const answer = await probe([program, ...nvidiaQuery(fields)], options);
  if (answer.kind === 'missing') return answer;
  if (answer.kind === 'silent') return silent('nvidia-smi', answer.afterMs);
  const output = `${answer.stdout}\n${answer.stderr}`;
  const unknown = unknownField(output);
  if (unknown !== undefined && fields.includes(unknown)) {
    return await askNvidia(
      program,
      fields.filter((field) => field !== unknown),
      options,
    );
  }
  const told = nvidiaAnswer(answer.code, output, fields);
  return told.kind === 'found' ? { ...told, tool: { vendor: 'nvidia', program, fields } } : told;
}

async function askRocm(program: string, options: ProbeOptions): Promise<Look> {
  const answer = await probe([program, ...ROCM_WORDS], options);
  if (answer.kind === 'missing') return answer;
  if (answer.kind === 'silent') return silent('rocm-smi', answer.afterMs);
  const told = rocmAnswer(parseRocm(answer.stdout), 'rocm-smi', `${answer.stdout}\n${answer.stderr}`);
  return told.kind === 'found' ? { ...told, tool: { vendor: 'amd', program, kind: 'rocm-smi' } } : told;
}

async function askAmd(program: string, options: ProbeOptions): Promise<Look> {
  const facts = await probe([program, ...AMD_STATIC_WORDS], options);
  if (facts.kind === 'missing') return facts;
  if (facts.kind === 'silent') return silent('amd-smi', facts.afterMs);
  const metric = await probe([program, ...AMD_METRIC_WORDS], options);
  const readings = parseAmd(facts.stdout, metric.kind === 'ended' ? metric.stdout : '');
  const told = rocmAnswer(readings, 'amd-smi', `${facts.stdout}\n${facts.stderr}`);
  return told.kind === 'found' ? { ...told, tool: { vendor: 'amd', program, kind: 'amd-smi' } } : told;
}
