import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableSource } from '../../../../shared/data/engine.ts';
import { SubjectError } from '../../../../shared/errors.ts';
import { hashFile } from '../../../../shared/record/digest.ts';
import { checkWritten } from './check-written.ts';
import { type Examining, type Scored, usable } from './examine.ts';
import type { Examinee, Unusable } from './options.ts';
import { selectPredictions } from './prediction-rows.ts';
import { refuseTampering } from './rows-file.ts';
import { openRows, type RowsTable } from './rows-table.ts';
import { openWorkplace, runScoreCommand, writeUnlabelled, type Written } from './score-command.ts';

/** The table of what a command wrote. */
const WRITTEN = 'scored';

interface Kept extends Written {
  readonly examinee: Examinee;
  readonly sha256: string;
}

/**
 * Examines both models by a command. It runs for both before anything that holds labels is written, and what it wrote
 * for the first must be the same after it ran for the second: it is the candidate's own code.
 */
export async function examineByCommand(both: Examining, command: readonly string[]): Promise<Scored> {
  const { candidate, baseline } = both;
  const workplaces: string[] = [];
  const workplace = async (): Promise<string> => {
    const path = await openWorkplace();
    workplaces.push(path);
    return path;
  };
  try {
    const ran = await runFor(both, candidate, command, await workplace());
    let failed: Unusable | undefined;
    let other: Kept | undefined;
    if (baseline !== undefined) {
      const place = await workplace();
      failed = await usable(async () => {
        other = await runFor(both, baseline, command, place);
      }, both.options.signal);
    }
    const { n } = await joinLabels(both, ran);
    if (other !== undefined) {
      const written = other;
      failed = await usable(() => joinLabels(both, written), both.options.signal);
    }
    return { n, baseline: failed, latencyMs: null };
  } finally {
    for (const path of workplaces) await rm(path, { recursive: true, force: true });
  }
}

async function runFor(
  both: Examining,
  examinee: Examinee,
  command: readonly string[],
  workplace: string,
): Promise<Kept> {
  const { options, engine, rows, evaluation } = both;
  const { context, inputs, signal } = options;
  const table = await opened(both);
  const given = join(workplace, `rows.${rows.format}`);
  await writeUnlabelled(engine, table.columns, evaluation, given, rows.format, signal);
  // Its memory is the command's now, and user code runs beside no open file of labels.
  await engine.close();
  const { scoreTimeoutMinutes: timeoutMinutes } = inputs;
  const written = await context.logger.group(`Scoring ${examinee.what}`, () =>
    runScoreCommand(examinee, workplace, given, rows.format, { command, timeoutMinutes, context, signal }),
  );
  return { ...written, examinee, sha256: (await hashFile(written.path, signal)).sha256 };
}

/** Joins what a command wrote with the labels. */
async function joinLabels(both: Examining, written: Kept): Promise<RowsTable> {
  const { options, engine, evaluation, outputOf } = both;
  const { signal, context } = options;
  const { examinee, path, format, sha256 } = written;
  const label = `the score-command for ${examinee.what}`;
  const now = await hashFile(path, signal).catch(() => undefined);
  if (now?.sha256 !== sha256) {
    throw new SubjectError('code', `The predictions that ${label} wrote were changed by a later run of it.`, {
      remedy: 'A score-command must write to the path in TRAINYARD_OUTPUT only.',
    });
  }
  const source = { table: WRITTEN, path, label: `the predictions that ${label} wrote`, format };
  const table = await opened(both, source);
  const scored = table.beside.get(WRITTEN);
  if (scored === undefined) throw new RangeError(WRITTEN);
  const matched = await checkWritten({
    engine,
    table: scored,
    rowColumns: table.columns,
    evaluation,
    label,
    signal,
  });
  const sql = selectPredictions(table.columns, evaluation, matched);
  await engine.write({ name: 'predictions', sql }, outputOf(examinee), 'parquet', signal);
  context.logger.info(`examined ${examinee.what} on ${table.n} rows by the score-command`);
  return table;
}

async function opened(both: Examining, ...beside: readonly TableSource[]): Promise<RowsTable> {
  const { options, engine, limits, rows } = both;
  const { gate, gatePath, signal } = options;
  await refuseTampering(rows, signal);
  return await openRows({ engine, limits, gate, gatePath, rows, beside, signal });
}
