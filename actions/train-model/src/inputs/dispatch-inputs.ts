import { z } from 'zod';
import type { InputReader } from '../../../../shared/action/inputs.ts';
import { UsageError } from '../../../../shared/errors.ts';
import { type InputName, WORKER_INPUTS } from './names.ts';

/** GitHub takes 25 inputs of a dispatch (facts: dispatch), of which the job is one. */
const MAX_WORKER_INPUTS = 24;
const MAX_QUEUE_MINUTES = 24 * 60;

/** Another place to train, where no runner takes the job in time. */
export type Place =
  { readonly engine: 'local' } | { readonly engine: 'github'; readonly runsOn: readonly string[] };

/** How a training is dispatched to a worker workflow of this repository. */
export interface DispatchInputs {
  readonly mode: 'follow' | 'detach';
  readonly runsOn: readonly string[];
  /** The file's name in `.github/workflows`. */
  readonly workflow: string;
  readonly ref: string | undefined;
  readonly workerInputs: Readonly<Record<string, string>>;
  readonly queueMs: number;
  readonly fallback: readonly Place[];
  readonly onSuperseded: 'stop' | 'keep';
  readonly gate: { readonly gate: string; readonly registry: string } | null;
  /** The inputs that the worker reads, as the user wrote them. */
  readonly raw: Readonly<Record<string, string>>;
}

const labelsSchema = z.array(z.string().min(1).max(256)).max(20);
const workerInputsSchema = z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]));

export function readDispatch(reader: InputReader): DispatchInputs {
  const mode = reader.oneOf('mode', ['follow', 'detach']);
  const gate = reader.text('gate');
  if (reader.text('secret-environment') !== undefined) {
    throw new UsageError('Input "secret-environment" is given, but secrets do not travel in a dispatch.', {
      remedy:
        'Store the lines as a secret of the repository and hand it to the worker workflow (docs/guides/gpu-runners.md).',
    });
  }
  if (gate !== undefined && mode === 'follow') {
    throw new UsageError('Input "gate" is given with "mode: follow".', {
      remedy:
        'With follow, judge the model in this job by a step evaluate-gate; "gate" is for "mode: detach".',
    });
  }
  return {
    mode,
    runsOn: readLabels(reader),
    workflow: readWorkflow(reader),
    ref: readRef(reader),
    workerInputs: readWorkerInputs(reader),
    queueMs: reader.minutes('queue-minutes', { min: 0.01, max: MAX_QUEUE_MINUTES }) ?? 0,
    fallback: reader.list('fallback').map(readPlace),
    onSuperseded: reader.oneOf('on-superseded', ['stop', 'keep']),
    gate: gate === undefined ? null : { gate, registry: reader.text('gate-registry') ?? '' },
    raw: rawInputs(reader),
  };
}

function rawInputs(reader: InputReader): Record<string, string> {
  return Object.fromEntries(
    WORKER_INPUTS.flatMap((name: InputName) => {
      const value = reader.text(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function readLabels(reader: InputReader): string[] {
  const text = reader.requiredText('runs-on');
  const labels = text.trimStart().startsWith('[')
    ? labelsSchema.safeParse(reader.yaml('runs-on')).data
    : labelsSchema.safeParse(reader.list('runs-on')).data;
  if (labels !== undefined && labels.length > 0) return labels;
  throw new UsageError(`Input "runs-on" is "${text}".`, {
    remedy:
      'Accepted: one to 20 labels of a runner, as a YAML list or one a line, such as [self-hosted, gpu].',
  });
}

function readWorkflow(reader: InputReader): string {
  const value = reader.requiredText('worker-workflow');
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*\.ya?ml$/.test(value)) return value;
  throw new UsageError(`Input "worker-workflow" is "${value}".`, {
    remedy:
      'Accepted: the name of a file in .github/workflows, such as trainyard-worker.yml, without a folder.',
  });
}

function readRef(reader: InputReader): string | undefined {
  const value = reader.text('worker-ref');
  if (value === undefined) return undefined;
  if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(value)) {
    throw new UsageError(`Input "worker-ref" is the commit ${value}.`, {
      remedy:
        'GitHub dispatches a branch or tag only: give one, or leave the input out. The worker trains the commit of this run in any case.',
    });
  }
  return value;
}

function readWorkerInputs(reader: InputReader): Record<string, string> {
  const value = reader.yaml('worker-inputs') ?? {};
  const parsed = workerInputsSchema.safeParse(value);
  if (!parsed.success) {
    throw new UsageError('Input "worker-inputs" is no map of names to text, numbers or booleans.', {
      remedy: 'Accepted: a YAML map with the inputs that the worker workflow declares.',
    });
  }
  const entries = Object.entries(parsed.data).map(([name, one]) => [name, String(one)] as const);
  if (entries.length > MAX_WORKER_INPUTS) {
    throw new UsageError(`Input "worker-inputs" has ${entries.length} entries.`, {
      remedy: `GitHub takes 25 inputs of a dispatch, of which one is the job: give at most ${MAX_WORKER_INPUTS}.`,
    });
  }
  if (entries.some(([name]) => name === 'job')) {
    throw new UsageError('Input "worker-inputs" names "job", by which the worker gets its job.', {
      remedy: 'Give the input of the worker workflow another name.',
    });
  }
  return Object.fromEntries(entries);
}

function readPlace(line: string): Place {
  if (line === 'local') return { engine: 'local' };
  const runsOn = line.split(',').map((label) => label.trim());
  if (runsOn.length <= 20 && runsOn.every((label) => label !== '' && label.length <= 256)) {
    return { engine: 'github', runsOn };
  }
  throw new UsageError(`Input "fallback": "${line}" is no place.`, {
    remedy: 'Accepted: local, or labels of a runner with commas between them, one place a line.',
  });
}
