import { parseDocument } from 'yaml';
import { z } from 'zod';
import { JOB_INPUT } from '../../../../../shared/github/dispatched-job.ts';
import type { Finding } from '../engine.ts';

const inputSchema = z.looseObject({ required: z.boolean().optional(), default: z.unknown().optional() });
const dispatchSchema = z
  .looseObject({ inputs: z.record(z.string(), inputSchema.nullable()).nullish() })
  .nullable();
const permissionsSchema = z
  .union([z.string(), z.record(z.string(), z.string())])
  .nullish()
  .catch(undefined);
type Permissions = z.infer<typeof permissionsSchema>;
const jobSchema = z
  .looseObject({ uses: z.string().optional().catch(undefined), permissions: permissionsSchema })
  .catch({});
const fileSchema = z.looseObject({
  'run-name': z.string().optional(),
  permissions: permissionsSchema,
  jobs: z.record(z.string(), jobSchema).optional().catch(undefined),
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
  findings.push(...lackingPermissions(where, file.data));
  return findings;
}

/** What the jobs of train-worker.yml ask for together; a test compares it with the file. */
export const WORKER_PERMISSIONS: Readonly<Record<string, 'read' | 'write'>> = {
  actions: 'write',
  contents: 'read',
  'pull-requests': 'write',
  statuses: 'write',
};
const CALLED = /(^|\/)\.github\/workflows\/train-worker\.ya?ml(@|$)/;

/** GitHub starts no job at all of such a run, so that not even the closing job could tell it. */
function lackingPermissions(
  where: string,
  { jobs = {}, permissions }: z.infer<typeof fileSchema>,
): Finding[] {
  return Object.entries(jobs).flatMap(([name, job]) => {
    if (!CALLED.test(job.uses ?? '')) return [];
    const lacking = lackingOf(job.permissions ?? permissions);
    if (lacking.length === 0) return [];
    return [
      {
        message: `${where} grants the job "${name}" too little, so that GitHub would not start it: ${lacking.join(', ')} is missing.`,
        remedy: `Give that job: permissions: { ${Object.entries(WORKER_PERMISSIONS)
          .map(([scope, access]) => `${scope}: ${access}`)
          .join(', ')} }`,
      },
    ];
  });
}

/** Where the file says nothing, the settings of the repository decide, which cannot be asked for. */
function lackingOf(given: Permissions): string[] {
  if (given === undefined || given === null || given === 'write-all') return [];
  const granted = (scope: string): string | undefined =>
    typeof given === 'string' ? undefined : given[scope];
  return Object.entries(WORKER_PERMISSIONS).flatMap(([scope, wanted]) => {
    const access = given === 'read-all' ? 'read' : granted(scope);
    return access === 'write' || access === wanted ? [] : [`${scope}: ${wanted}`];
  });
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
