import { z } from 'zod';
import { explain } from '../../actions/validate-data/src/explain.ts';
import { UsageError } from '../../shared/errors.ts';
import { parseFlags } from '../flags.ts';
import { openRecord } from '../record.ts';

const encodingSchema = z.enum(['utf-8', 'utf-16', 'latin-1']);

/** `trainyard explain`: shows the rows behind the checks that failed, on this machine only. */
export async function runExplain(args: readonly string[]): Promise<number> {
  const flags = parseFlags(
    args,
    ['dataset', 'working-directory', 'encoding'].map((name) => ({ name, boolean: false })),
    'trainyard explain',
  );
  const encoding = encodingSchema.safeParse(flags.get('encoding') ?? 'utf-8');
  if (!encoding.success) {
    throw new UsageError(`Flag --encoding is "${flags.get('encoding') ?? ''}".`, {
      remedy: `Accepted: ${encodingSchema.options.join(', ')}.`,
    });
  }
  const signal = new AbortController().signal;
  const { store, workspace, workingDirectory, logger } = await openRecord(
    flags.get('working-directory'),
    signal,
  );
  const dataset = flags.get('dataset');
  const section = await store.find('data', { subject: dataset }, signal);
  if (section === undefined) {
    const whose = dataset === undefined ? '' : ` of the dataset "${dataset}"`;
    throw new UsageError(`${workingDirectory} has no record of checked data${whose}.`, {
      remedy: 'Run first: trainyard validate-data --dataset <name> --data <files> --contract <file>.',
    });
  }
  await explain({
    section,
    workspace,
    workingDirectory,
    logger,
    environment: process.env,
    signal,
    encoding: encoding.data,
    print: (line) => process.stdout.write(`${line}\n`),
  });
  return 0;
}
