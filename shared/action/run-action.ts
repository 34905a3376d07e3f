import { rm } from 'node:fs/promises';
import * as core from '@actions/core';
import type { Kind } from '../names.ts';
import { SUBJECT_PATTERN } from '../names.ts';
import type { Section } from '../record/section.ts';
import type { Action, CommonInputs, Outcome } from './action.ts';
import { completeSection } from './complete.ts';
import { conclude, type Told } from './conclude.ts';
import { onRunner, openShell, type Shell } from './context.ts';
import { type ErrorFacts, errorFactsOf } from './decide/error-outcome.ts';
import { stepResultOf } from './decide/step-result.ts';
import { variableOf } from './inputs.ts';
import type { Logger } from './logger.ts';
import { reportRun } from './report-run.ts';
import { createRunnerLogger } from './runner-logger.ts';
import { createTerminalLogger } from './terminal-logger.ts';

export interface RunOptions {
  readonly environment?: NodeJS.ProcessEnv;
  readonly logger?: Logger;
  readonly now?: () => number;
}

/**
 * Runs one action as a step or as a command: reads its inputs, runs it, writes its section and the report, and sets
 * outputs and exit code. The only place that catches what an action throws, and the only one that fails a step.
 */
export async function runAction<K extends Kind, Inputs extends CommonInputs>(
  action: Action<K, Inputs>,
  { environment = process.env, now = Date.now, ...options }: RunOptions = {},
): Promise<void> {
  const startedAt = now();
  const logger = options.logger ?? chooseLogger(environment);
  const interruption = listenForSignals();
  let shell: Shell | undefined;
  let onInconclusive: 'warn' | 'fail' = 'warn';
  let outcome: Outcome<K> | undefined;
  let failure: ErrorFacts | undefined;
  let opened = false;

  try {
    try {
      logger.debug(`${action.name} starts.`);
      // A terminal has no post step, and would only show the runner's command.
      const saveState = onRunner(environment) ? core.saveState : (): void => undefined;
      shell = await openShell(action, environment, logger, interruption.signal, saveState);
      const inputs = action.readInputs(shell.reader);
      onInconclusive = inputs.onInconclusive;
      opened = true;
      outcome = await action.run(inputs, shell.context);
    } catch (error) {
      failure = errorFactsOf(error, interruption.signal.aborted);
      if (failure.defect && error instanceof Error) logger.info(error.stack ?? error.message);
      if (!opened && !failure.defect) await action.unopened?.(failure.summary, environment, logger);
      outcome = errorOutcome(failure, await subjectOf(action.kind, environment, shell));
    }
    const told = await storeAndReport(action, outcome, failure, shell, { startedAt, now, onInconclusive });
    conclude(outcome, failure, told, { onInconclusive, logger, runner: onRunner(environment) });
  } finally {
    interruption.stop();
    if (shell !== undefined) await rm(shell.context.temporaryDirectory, { recursive: true, force: true });
  }
}

function chooseLogger(environment: NodeJS.ProcessEnv): Logger {
  if (onRunner(environment)) return createRunnerLogger();
  return createTerminalLogger({
    stream: process.stderr,
    verbose: environment['TRAINYARD_DEBUG'] === '1',
    loadBar: async () => (await import('cli-progress')).SingleBar,
  });
}

/** The runner sends two signals and then kills; a person who sends a third wants the process gone, stuck or not. */
const SIGNALS_TO_KILL = 3;

/** What writing the section and the report may take after a signal: the runner leaves about seven seconds. */
const GRACE_MS = 4_500;
/** What finding the subject may take of the time that is left. */
const SUBJECT_MS = 2_000;

function listenForSignals(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  let received = 0;
  const abort = (): void => {
    received += 1;
    // Only a kill ends a process that hangs inside a call of the file system.
    if (received >= SIGNALS_TO_KILL) process.kill(process.pid, 'SIGKILL');
    controller.abort(new Error('cancelled'));
  };
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  return {
    signal: controller.signal,
    stop() {
      process.off('SIGINT', abort);
      process.off('SIGTERM', abort);
    },
  };
}

/**
 * The subject of an error that came before the action could name it: as the environment has it, else the run's only
 * one, so that the check on the pull request shows the error too.
 */
async function subjectOf(
  kind: Kind,
  environment: NodeJS.ProcessEnv,
  shell: Shell | undefined,
): Promise<string | undefined> {
  const value = environment[variableOf(kind === 'data' ? 'dataset' : 'model')]?.trim();
  if (value !== undefined && SUBJECT_PATTERN.test(value)) return value;
  if (kind === 'data' || shell === undefined) return undefined;
  const { worker } = shell.context.origin;
  if (worker !== null) return worker.model;
  try {
    // The signal may be why the action ended; the record is asked for its subject all the same.
    const sections = await shell.context.store.list(AbortSignal.timeout(SUBJECT_MS));
    const models = new Set(
      sections.filter((section) => section.kind !== 'data').map(({ subject }) => subject),
    );
    return models.size === 1 ? [...models][0] : undefined;
  } catch (error) {
    shell.context.logger.debug(`The record could not be listed: ${String(error)}`);
    return undefined;
  }
}

function errorOutcome<K extends Kind>(failure: ErrorFacts, subject: string | undefined): Outcome<K> {
  const { summary, blame, where } = failure;
  const remedy = blame.remedy === null ? '' : ` ${blame.remedy}`;
  return {
    subject: subject ?? '',
    dataset: null,
    verdict: 'error',
    summary,
    blame,
    notices: [],
    body: null,
    outputs: {},
    annotations: [
      {
        severity: 'error',
        message: `${summary}${remedy}`,
        ...(where === undefined
          ? {}
          : { file: where.file, ...(where.line === undefined ? {} : { line: where.line }) }),
      },
    ],
  };
}

/** A cancelled action still writes what it knows, also where it is cancelled while it does. */
function graceAfter(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const begin = (): void => {
    setTimeout(() => controller.abort(new Error('cancelled')), GRACE_MS).unref();
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return controller.signal;
}

interface Ending {
  readonly startedAt: number;
  readonly now: () => number;
  readonly onInconclusive: 'warn' | 'fail';
}

async function storeAndReport<K extends Kind, Inputs extends CommonInputs>(
  action: Action<K, Inputs>,
  outcome: Outcome<K>,
  failure: ErrorFacts | undefined,
  shell: Shell | undefined,
  { startedAt, now, onInconclusive }: Ending,
): Promise<Told> {
  if (shell === undefined || outcome.subject === '') {
    return { section: undefined, reportPath: undefined, unstored: undefined };
  }
  const signal = graceAfter(shell.context.signal);
  const ending: Shell = { ...shell, context: { ...shell.context, signal } };
  let section: Section | undefined;
  let unstored: ErrorFacts | undefined;
  try {
    section = await completeSection(action, outcome, ending.context, { startedAt, now: now() });
    await ending.context.store.save(section, signal);
  } catch (error) {
    unstored = errorFactsOf(error, false);
    if (unstored.defect && error instanceof Error) shell.context.logger.info(error.stack ?? error.message);
  }
  if (section === undefined) return { section, reportPath: undefined, unstored };
  // What no later step will see has not passed: the status on the commit must say what the step says.
  if (unstored !== undefined) section = notStored(section, unstored);
  const usage = unstored?.usage ?? failure?.usage ?? false;
  const result = stepResultOf(section.verdict, { onInconclusive, usage });
  return { section, reportPath: await reportRun(section, ending, result), unstored };
}

function notStored(section: Section, { summary, blame }: ErrorFacts): Section {
  return { ...section, verdict: 'error', passed: false, summary, blame };
}
