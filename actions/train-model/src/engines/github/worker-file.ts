import { parseDocument } from 'yaml';
import { z } from 'zod';
import { JOB_INPUT } from '../../../../../shared/github/dispatched-job.ts';
import type { Finding } from '../engine.ts';

const inputSchema = z.looseObject({ required: z.boolean().optional(), default: z.unknown().optional() });
const dispatchSchema = z
  .looseObject({ inputs: z.record(z.string(), inputSchema.nullable()).nullish() })
  .nullable();
const fileSchema = z.looseObject({
  'run-name': z.string().optional(),
  on: z.union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())]),
});

export interface WorkerFileFacts {
  /** The path with the ref, as errors name it. */
  readonly where: string;
  readonly text: string;
  /** The names of the inputs that are given besides the job. */
  readonly given: readonly string[];
}

const COPY = 'Copy the worker workflow from docs/guides/gpu-runners.md, and commit it.';

/** What is wrong with a worker workflow's file, as far as it can be told before it is dispatched. */
export function findingsOfWorkerFile({ where, text, given }: WorkerFileFacts): Finding[] {
  const document = parseDocument(text, { logLevel: 'silent' });
  const file = fileSchema.safeParse(
    document.errors.length === 0 ? document.toJS({ maxAliasCount: 100 }) : undefined,
  );
  if (!file.success) return [{ message: `${where} is no valid workflow.`, remedy: COPY }];
  const declared = inputsOf(file.data.on);
  if (declared === undefined) {
    return [
      { message: `${where} has no "on: workflow_dispatch", so that it cannot be dispatched.`, remedy: COPY },
    ];
  }
  const findings: Finding[] = [];
  if (!declared.has(JOB_INPUT)) {
    findings.push({
      message: `${where} does not declare the input "${JOB_INPUT}", by which it gets its job.`,
      remedy: COPY,
    });
  }
  const unknown = given.filter((name) => !declared.has(name));
  if (unknown.length > 0) {
    const others = [...declared.keys()].filter((name) => name !== JOB_INPUT);
    findings.push({
      message: `Input "worker-inputs" names ${listed(unknown)}, which ${where} does not declare.`,
      remedy: others.length === 0 ? 'It declares no input of its own.' : `It declares: ${others.join(', ')}.`,
    });
  }
  const missing = [...declared].flatMap(([name, input]) =>
    input.required && !input.hasDefault && name !== JOB_INPUT && !given.includes(name) ? [name] : [],
  );
  if (missing.length > 0) {
    findings.push({
      message: `${where} requires the input ${listed(missing)}.`,
      remedy: 'Give it with the input "worker-inputs", or a default in the workflow.',
    });
  }
  if (!/fromJSON\(\s*inputs\.job\s*\)\s*\.\s*title/i.test(file.data['run-name'] ?? '')) {
    findings.push({
      message: `${where} lacks the run-name by which a training is found again.`,
      remedy: 'Add to it: run-name: ${{ fromJSON(inputs.job).title }}',
    });
  }
  return findings;
}

function inputsOf(
  on: z.infer<typeof fileSchema>['on'],
): Map<string, { required: boolean; hasDefault: boolean }> | undefined {
  if (typeof on === 'string') return on === 'workflow_dispatch' ? new Map() : undefined;
  if (Array.isArray(on)) return on.includes('workflow_dispatch') ? new Map() : undefined;
  if (!Object.hasOwn(on, 'workflow_dispatch')) return undefined;
  const trigger = dispatchSchema.safeParse(on['workflow_dispatch']).data;
  return new Map(
    Object.entries(trigger?.inputs ?? {}).map(([name, input]) => [
      name,
      { required: input?.required === true, hasDefault: input?.default !== undefined },
    ]),
  );
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
