import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Logger } from '../../shared/action/logger.ts';
import { UsageError } from '../../shared/errors.ts';
import { cleanLine } from '../../shared/report/clean-text.ts';
import { temporaryRoot } from '../../shared/runner-temp.ts';
import { bringData } from './bring-data.ts';
import { type Checkout, checkOut, rootOf } from './checkout.ts';
import { compareTrainings, isReproduced } from './decide/compare.ts';
import { renderTable } from './decide/table.ts';
import { readRecord, type ReadRecord } from './read-record.ts';
import { declaredOf, directoryIn, trainAgain } from './train-again.ts';

export interface ReproduceOptions {
  /** The file or folder of the record, as the user wrote it. */
  readonly record: string;
  /** Absolute. */
  readonly directory: string;
  readonly tolerance: number;
  readonly patch: string | undefined;
  /** Further data to bring, relative to the working directory. */
  readonly data: readonly string[];
  readonly workingDirectory: string | undefined;
  readonly keep: boolean;
  /** The user has read the command of a record from elsewhere, and wants it run. */
  readonly yes: boolean;
  /** Of train-model's action.yml. */
  readonly defaults: Readonly<Record<string, string>>;
  readonly environment: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Trains again from a record, and prints what differs. True where it came to the same within the tolerance. */
export async function reproduce(options: ReproduceOptions): Promise<boolean> {
  const { logger, signal } = options;
  const here = await realpath(options.directory);
  const root = await rootOf(here, signal);
  const record = await readRecord(options.record, here, root, signal);
  const source = await sourceOf(record, root, options.workingDirectory, here);
  for (const line of whatIsRun(record)) logger.info(line);
  if (!record.isOwn && !options.yes) {
    throw new UsageError(
      `"${options.record}" is no record that a terminal wrote in this repository: the command above would be run on this machine.`,
      { remedy: 'Read it, and give --yes where you want it run.' },
    );
  }
  const patch = options.patch === undefined ? undefined : resolve(here, options.patch);
  const checkout = await checkOut(record, root, patch, signal);
  const temporaryDirectory = await mkdtemp(join(temporaryRoot(options.environment), 'trainyard-'));
  try {
    return await trainAndCompare(options, { record, root, source, checkout, temporaryDirectory });
  } finally {
    await rm(temporaryDirectory, { recursive: true, force: true });
    if (options.keep) logger.info(`Kept: ${checkout.directory} ("git worktree remove" takes it away).`);
    else await checkout.remove();
  }
}

interface Places {
  readonly record: ReadRecord;
  readonly root: string;
  readonly source: string;
  readonly checkout: Checkout;
  readonly temporaryDirectory: string;
}

async function trainAndCompare(
  { logger, signal, tolerance, defaults, environment, data: further, print }: ReproduceOptions,
  { record, root, source, checkout, temporaryDirectory }: Places,
): Promise<boolean> {
  for (const notice of [...checkout.notices, ...remarksOn(record)]) logger.warning(notice);
  const workingDirectory = directoryIn(checkout.directory, relative(root, source));
  const facts = await stat(workingDirectory).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    throw new UsageError(`The recorded commit has no folder "${relative(root, source)}".`, {
      remedy: 'Give the folder that it was trained in with --working-directory.',
    });
  }
  const targetRoot = checkout.directory;
  const data = await bringData({ record, source, target: workingDirectory, targetRoot, further, signal });
  for (const notice of data.notices) logger.warning(notice);
  const outcome = await trainAgain({
    record,
    root: targetRoot,
    workingDirectory,
    source,
    data: data.section,
    defaults,
    environment,
    temporaryDirectory,
    logger,
    signal,
  });
  signal.throwIfAborted();
  if (outcome.body === null || outcome.verdict !== 'pass') {
    print(`Not reproduced: the training ended as ${outcome.verdict}. ${cleanLine(outcome.summary)}\n`);
    return false;
  }
  // The program may have been found at another place; what is run is the same.
  const now = { ...outcome.body, command: record.body.command };
  const rows = compareTrainings(record.body, now, tolerance);
  print(renderTable(rows, tolerance));
  return isReproduced(rows);
}

/** What of the recorded training is not repeated as it was. */
function remarksOn({ body }: ReadRecord): string[] {
  const resumed = body.attempts.some(({ resumedFrom }) => resumedFrom !== null);
  return [
    ...(resumed
      ? [`It was trained in ${body.attempts.length} attempts from checkpoints: here it is trained in one.`]
      : []),
    ...(body.engine === 'local' ? [] : ['It was trained on a worker: here it is trained on this machine.']),
  ];
}

/** The folder of the user's that stands for the recorded working directory. */
async function sourceOf(
  record: ReadRecord,
  root: string,
  given: string | undefined,
  here: string,
): Promise<string> {
  if (given !== undefined) {
    const place = resolve(here, given);
    return directoryIn(root, relative(root, await realpath(place).catch(() => place)));
  }
  if (record.isOwn && record.recordedIn !== undefined) return record.recordedIn;
  if (record.body.declared === undefined) return here;
  return directoryIn(root, declaredOf(record.body).workingDirectory);
}

/** A stranger's text is shown without what moves a terminal's cursor. */
function whatIsRun({ section, body, headSha }: ReadRecord): string[] {
  const variables = Object.entries(body.environment.variables).map(([name, value]) => `${name}=${value}`);
  const facts = {
    command: JSON.stringify(body.command),
    parameters: JSON.stringify(body.parameters),
    seed: String(body.seed ?? 'none'),
    variables: variables.join(' ') || 'none',
  };
  return [
    `Training ${section.subject} again, as recorded on ${section.created} from commit ${headSha}:`,
    ...Object.entries(facts).map(([name, value]) => `  ${name}: ${cleanLine(value)}`),
  ];
}
