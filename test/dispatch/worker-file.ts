import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../harness/action-file.ts';

/** The reusable workflow of this suite, as the ten lines of a user call it. */
export const CALLED = '.github/workflows/train-worker.yml';
const CLOSING = 'close';

const jobSchema = z.looseObject({
  name: z.string().optional(),
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  'runs-on': z.union([z.string(), z.array(z.string())]).optional(),
});
const calledSchema = z.looseObject({
  on: z.looseObject({
    workflow_call: z.looseObject({
      inputs: z.record(z.string(), z.looseObject({ default: z.string().optional() })).optional(),
    }),
  }),
  jobs: z.record(z.string(), jobSchema),
});
const callerSchema = z.looseObject({
  jobs: z.record(
    z.string(),
    z.looseObject({
      name: z.string().optional(),
      uses: z.string().optional(),
      permissions: z.record(z.string(), z.enum(['none', 'read', 'write'])).optional(),
    }),
  ),
});

export function readCalled(): string {
  return readFileSync(join(ROOT, CALLED), 'utf8');
}

export interface CalledJob {
  /** As the run shows it: behind the name of the job that calls. */
  readonly name: string;
  /** Undefined where the dispatched job says it. */
  readonly labels: readonly string[] | undefined;
}

/** The jobs of the worker by their ids, as a run of the caller's file shows them, and what the caller permits. */
export function readWorker(
  caller: string,
  called: string,
): {
  readonly jobs: ReadonlyMap<string, CalledJob>;
  readonly permissions: Readonly<Record<string, 'none' | 'read' | 'write'>>;
} {
  const { jobs: callers } = callerSchema.parse(parse(caller));
  const [id, calling] = Object.entries(callers).find(([, { uses }]) => uses !== undefined) ?? [];
  const { jobs, on } = calledSchema.parse(parse(called));
  const byDefault = (label: string): string => {
    const name = /^\$\{\{\s*inputs\.([\w-]+)\s*\}\}$/.exec(label)?.[1] ?? '';
    return on.workflow_call.inputs?.[name]?.default ?? label;
  };
  return {
    jobs: new Map(
      Object.entries(jobs).map(([key, job]) => {
        const labels = [job['runs-on'] ?? []].flat().map(byDefault);
        return [
          key,
          {
            name: `${calling?.name ?? id ?? ''} / ${job.name ?? key}`,
            labels: labels.some((label) => label.includes('${{')) ? undefined : labels,
          },
        ] as const;
      }),
    ),
    permissions: calling?.permissions ?? {},
  };
}

/**
 * The worker after its training has ended without act's doing: only the closing job is as it was. act has no way to
 * go on with a run, so the jobs before it are told to have ended as given.
 */
export function onlyClosing(called: string, result: 'failure' | 'cancelled'): string {
  const workflow = calledSchema.parse(parse(called));
  const { [CLOSING]: closing = {}, ...others } = workflow.jobs;
  const needs = Object.fromEntries(
    [closing.needs ?? []]
      .flat()
      .map((id) => [id, { result: id === 'train' ? result : 'skipped', outputs: {} }]),
  );
  const ended = Object.fromEntries(
    Object.entries(others).map(([id, job]) => [
      id,
      {
        'runs-on': 'ubuntu-24.04',
        ...(job.needs === undefined ? {} : { needs: job.needs }),
        steps: [{ run: 'exit 1' }],
      },
    ]),
  );
  const told: unknown = JSON.parse(JSON.stringify(closing), (_, value: unknown) =>
    typeof value === 'string'
      ? value.replaceAll(/\$\{\{\s*toJSON\(needs\)\s*\}\}/g, () => JSON.stringify(needs))
      : value,
  );
  return stringify({ ...workflow, jobs: { ...ended, [CLOSING]: told } });
}
