import { parse } from 'yaml';
import { z } from 'zod';
import type { World } from './world.ts';

const FOLDER = '.github/workflows';
/** docs: "workflow_dispatch". */
const MAX_INPUTS = 25;
const MAX_PAYLOAD_CHARACTERS = 65_535;

const inputSchema = z.looseObject({
  required: z.boolean().optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
});
const labelsSchema = z.union([z.string(), z.array(z.string())]);
const fileSchema = z.looseObject({
  name: z.string().optional(),
  'run-name': z.string().optional(),
  on: z.union([
    z.string(),
    z.array(z.string()),
    z.record(
      z.string(),
      z.looseObject({ inputs: z.record(z.string(), inputSchema.nullable()).nullish() }).nullable(),
    ),
  ]),
  jobs: z.record(
    z.string(),
    z.looseObject({
      name: z.string().optional(),
      uses: z.string().optional(),
      'runs-on': labelsSchema.optional(),
    }),
  ),
});

/** A workflow's file as the fake reads it. */
export interface WorkflowFile {
  readonly path: string;
  readonly name: string;
  readonly runName: string | undefined;
  /** Undefined where the file has no workflow_dispatch. */
  readonly inputs:
    ReadonlyMap<string, { readonly required: boolean; readonly byDefault: string | undefined }> | undefined;
  readonly jobs: readonly {
    readonly name: string;
    readonly called: boolean;
    readonly labels: readonly string[];
  }[];
}

/** The path of a workflow that is named by its id or its file. */
export function pathOfWorkflow(world: World, name: string): string {
  const known = [...world.workflows].find(([, id]) => String(id) === name);
  return known?.[0] ?? `${FOLDER}/${name}`;
}

/** Reads a workflow out of a commit; undefined where the commit has none there, or one that is not valid. */
export function readWorkflow(
  world: World,
  commit: string | undefined,
  path: string,
): WorkflowFile | undefined {
  const entry = commit === undefined ? undefined : world.git.lookUp(commit, path);
  const found = entry === undefined ? undefined : world.git.read(entry.sha);
  if (found?.type !== 'blob') return undefined;
  const file = fileSchema.safeParse(parse(found.bytes.toString('utf8')));
  if (!file.success) return undefined;
  const { name = path, on, jobs, 'run-name': runName } = file.data;
  return {
    path,
    name,
    runName,
    inputs: inputsOf(on),
    jobs: Object.entries(jobs).map(([id, job]) => ({
      name: job.name ?? id,
      called: job.uses !== undefined,
      labels: [job['runs-on'] ?? []].flat(),
    })),
  };
}

function inputsOf(on: z.infer<typeof fileSchema>['on']): WorkflowFile['inputs'] {
  if (typeof on === 'string') return on === 'workflow_dispatch' ? new Map() : undefined;
  if (Array.isArray(on)) return on.includes('workflow_dispatch') ? new Map() : undefined;
  const trigger = on['workflow_dispatch'];
  if (trigger === undefined) return undefined;
  return new Map(
    Object.entries(trigger?.inputs ?? {}).map(([name, input]) => [
      name,
      {
        required: input?.required ?? false,
        byDefault: input?.default === undefined ? undefined : String(input.default),
      },
    ]),
  );
}

/** What GitHub would refuse inputs with; undefined where it takes them. */
export function refusalOfInputs(
  file: WorkflowFile,
  given: Readonly<Record<string, string>>,
): string | undefined {
  if (file.inputs === undefined) return "Workflow does not have 'workflow_dispatch' trigger";
  const names = Object.keys(given);
  if (names.length > MAX_INPUTS)
    return `you may only define up to ${MAX_INPUTS} \`inputs\` for a \`workflow_dispatch\` event`;
  if (JSON.stringify(given).length > MAX_PAYLOAD_CHARACTERS) return 'inputs are too large.';
  const { inputs } = file;
  const unexpected = names.filter((name) => !inputs.has(name));
  if (unexpected.length > 0) return `Unexpected inputs provided: ${JSON.stringify(unexpected)}`;
  const missing = [...inputs].find(
    ([name, { required, byDefault }]) => required && byDefault === undefined && (given[name] ?? '') === '',
  );
  return missing === undefined ? undefined : `Required input '${missing[0]}' not provided`;
}

/** Evaluates the expressions that a run-name of ours uses: an input, and a text inside an input that holds JSON. */
export function evaluate(text: string, inputs: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (whole, expression: string) => {
    const plain = /^(?:github\.event\.)?inputs\.([\w-]+)$/.exec(expression);
    if (plain !== null) return inputs[plain[1] ?? ''] ?? '';
    const inside = /^fromJSON\((?:github\.event\.)?inputs\.([\w-]+)\)\.([\w-]+)$/i.exec(expression);
    if (inside === null) return whole;
    const value = jsonOf(inputs[inside[1] ?? ''])[inside[2] ?? ''];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  });
}

const recordSchema = z.record(z.string(), z.unknown());

function jsonOf(text: string | undefined): Record<string, unknown> {
  try {
    return recordSchema.parse(JSON.parse(text ?? ''));
  } catch {
    return {};
  }
}

/** The labels that a dispatched job asks for in its `runs-on`. */
export function labelsOfJob(inputs: Readonly<Record<string, string>>): string[] | undefined {
  return z.array(z.string()).safeParse(jsonOf(inputs['job'])['runs-on']).data;
}
