import { UsageError } from '../../shared/errors.ts';
import { parseFlags } from '../flags.ts';
import { isExpression } from '../help.ts';
import { commandLogger } from '../record.ts';
import { reproduce } from '../reproduce/reproduce.ts';
import { findSuite, readManual } from '../suite.ts';

const NAME = 'trainyard reproduce';
/** Enough for the last bits of a sum that was added up in another order. */
const DEFAULT_TOLERANCE = 1e-6;

/** `trainyard reproduce <record>`: trains again from the record, and prints what differs. */
export async function runReproduce(args: readonly string[]): Promise<number> {
  const [record, ...rest] = args;
  if (record === undefined || record.startsWith('--')) {
    throw new UsageError('No record is given.', {
      remedy: `Write: ${NAME} <file or folder of a training's record> [--tolerance <number>].`,
    });
  }
  const flags = parseFlags(
    rest,
    [
      ...['tolerance', 'patch', 'data', 'working-directory'].map((name) => ({ name, boolean: false })),
      ...['keep', 'yes'].map((name) => ({ name, boolean: true })),
    ],
    NAME,
  );
  const tolerance = toleranceOf(flags.get('tolerance'));
  const { inputs } = await readManual(await findSuite(process.argv[1] ?? ''), 'train-model');
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new UsageError('Ended before the training was.'));
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const same = await reproduce({
      record,
      directory: process.cwd(),
      tolerance,
      patch: flags.get('patch'),
      data: (flags.get('data') ?? '').split('\n').filter((path) => path !== ''),
      workingDirectory: flags.get('working-directory'),
      keep: flags.get('keep') === 'true',
      yes: flags.get('yes') === 'true',
      defaults: Object.fromEntries(
        Object.entries(inputs).flatMap(([name, { default: value }]) =>
          isExpression(value) ? [] : [[name, value]],
        ),
      ),
      environment: process.env,
      logger: commandLogger(),
      print: (text) => process.stdout.write(text),
      signal: interruption.signal,
    });
    return same ? 0 : 1;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function toleranceOf(value: string | undefined): number {
  if (value === undefined) return DEFAULT_TOLERANCE;
  const tolerance = Number(value);
  if (value.trim() !== '' && tolerance >= 0 && tolerance < 1) return tolerance;
  throw new UsageError(`Flag --tolerance is "${value}".`, {
    remedy: 'Accepted: a number from 0 to below 1, the relative difference that a metric may have.',
  });
}
