import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { INPUTS } from '../../actions/train-model/src/inputs.ts';
import { action } from '../../actions/train-model/src/main.ts';
import type { ActionContext, Outcome } from '../../shared/action/action.ts';
import { containedPath } from '../../shared/action/contained-path.ts';
import { openInputs, variableOf } from '../../shared/action/inputs.ts';
import type { Logger } from '../../shared/action/logger.ts';
import { readCheckout } from '../../shared/github/git.ts';
import { createTerminalHost } from '../../shared/github/terminal-host.ts';
import { createDiskStore, ofKind } from '../../shared/record/disk-store.ts';
import type { SectionOf } from '../../shared/record/section.ts';
import type { Declared, TrainingBody } from '../../shared/record/training-section.ts';
import type { ReadRecord } from './read-record.ts';

export interface TrainAgainOptions {
  readonly record: ReadRecord;
  /** The root of the recorded code. */
  readonly root: string;
  readonly workingDirectory: string;
  /** The user's own working directory, in which programs lie that are not committed. */
  readonly source: string;
  readonly data: SectionOf<'data'> | undefined;
  /** Of train-model's action.yml. */
  readonly defaults: Readonly<Record<string, string>>;
  readonly environment: NodeJS.ProcessEnv;
  readonly temporaryDirectory: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What the step declared; a record of an earlier version tells it by its files. */
export function declaredOf({ declared, files }: TrainingBody): Declared {
  if (declared !== undefined) return declared;
  const kept = files.filter(({ role }) => role !== 'checkpoint');
  const metrics = kept.filter(({ role }) => role === 'metrics').map(({ path }) => path);
  return {
    workingDirectory: '.',
    outputs: kept.map(({ role, path }) => ({ role, glob: path })),
    metrics: metrics.find((path) => path.endsWith('.json')) ?? null,
    metricsSeries: metrics.find((path) => path.endsWith('.jsonl')) ?? null,
    metricsSources: [],
    stopOn: [],
    paths: [],
    dataPaths: [],
  };
}

/** The inputs of train-model with which the recorded training is repeated. */
export function inputsOf(
  { section, body }: Pick<ReadRecord, 'section' | 'body'>,
  command: readonly string[],
): Record<string, string> {
  const declared = declaredOf(body);
  return {
    model: section.subject,
    ...(section.dataset === null ? {} : { dataset: section.dataset }),
    engine: 'local',
    mode: 'follow',
    command: JSON.stringify(command),
    outputs: declared.outputs.map(({ role, glob }) => `${role}=${glob}`).join('\n'),
    metrics: declared.metrics ?? '',
    'metrics-series': declared.metricsSeries ?? '',
    'metrics-sources': declared.metricsSources.join('\n'),
    'stop-on': declared.stopOn.length === 0 ? 'none' : declared.stopOn.join('\n'),
    parameters: JSON.stringify(body.parameters),
    seed: body.seed === null ? '' : String(body.seed),
    deterministic: String('CUBLAS_WORKSPACE_CONFIG' in body.environment.variables),
    'data-paths': declared.dataPaths.join('\n'),
    paths: declared.paths.join('\n'),
    reuse: 'never',
  };
}

/** A program that was installed into the working directory, as into a virtual environment, is in no commit. */
export function commandOf(
  command: readonly string[],
  workingDirectory: string,
  source: string,
): readonly string[] {
  const [program = '', ...words] = command;
  const isPath = program.includes('/') || program.includes('\\');
  if (!isPath || existsSync(resolve(workingDirectory, program)) || !existsSync(resolve(source, program))) {
    return command;
  }
  return [resolve(source, program), ...words];
}

/** Repeats a training with train-model itself, so that both are measured and described alike. */
export async function trainAgain(options: TrainAgainOptions): Promise<Outcome<'training'>> {
  const { record, root, workingDirectory, source, data, environment, logger, signal } = options;
  const command = commandOf(record.body.command, workingDirectory, source);
  const variables = Object.entries({
    ...options.defaults,
    ...inputsOf(record, command),
    'working-directory': workingDirectory,
  }).map(([name, value]) => [variableOf(name), value] as const);
  const inputs = action.readInputs(openInputs(INPUTS, Object.fromEntries(variables), root));
  const host = createTerminalHost({ workspace: root, environment });
  const checkout = await readCheckout(workingDirectory, signal);
  const store = createDiskStore({
    workingDirectory,
    repository: record.section.commit.repository,
    treeHash: checkout.treeHash,
    runId: 'terminal',
    attempt: 1,
    key: 'reproduce',
    logger,
  });
  const origin = await host.origin(signal);
  const context: ActionContext = {
    action: 'train-model',
    logger,
    host,
    origin,
    commit: {
      ...record.section.commit,
      treeHash: checkout.treeHash,
      dirty: checkout.dirty,
      patchDigest: checkout.patchDigest,
      fork: false,
    },
    run: { ...record.section.run, id: 'terminal', attempt: 1, key: `reproduce-${randomUUID()}` },
    store: {
      ...store,
      // The data was verified when it was brought; its section is of another tree's record.
      find: (kind, found, aborted) => {
        const [own] = ofKind(data === undefined ? [] : [data], kind);
        return kind === 'data' ? Promise.resolve(own) : store.find(kind, found, aborted);
      },
    },
    workspace: root,
    workingDirectory,
    temporaryDirectory: options.temporaryDirectory,
    environment: { ...environment, ...record.body.environment.variables },
    signal,
    saveState: () => undefined,
    showProgress: () => Promise.resolve(),
  };
  return await action.run(inputs, context);
}

/** The recorded working directory inside the recorded code. */
export function directoryIn(root: string, relativePath: string): string {
  return containedPath(root, root, join('.', relativePath), 'The record: its working directory');
}
