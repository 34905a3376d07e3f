import { acceptedNames } from '../shared/action/accepted-names.ts';
import { UsageError } from '../shared/errors.ts';

export interface Flag {
  readonly name: string;
  /** May stand without a value, and be turned off by `--no-<name>`. */
  readonly boolean: boolean;
}

/**
 * Reads `--name value`, `--name=value`, and for booleans `--name` and `--no-name`. A flag that is repeated has one
 * line for each value, as lists are written in a workflow. An unknown flag is an error with the nearest known one.
 */
export function parseFlags(
  args: readonly string[],
  known: readonly Flag[],
  command: string,
): Map<string, string> {
  const values = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    if (!argument.startsWith('--') || argument === '--') {
      throw new UsageError(`"${argument}" is no flag of "${command}".`, {
        remedy: 'Every value follows a flag: --name value. Quote a value that has blanks.',
      });
    }
    const equals = argument.indexOf('=');
    const written = argument.slice(2, equals < 0 ? undefined : equals);
    const flag = known.find(({ name }) => name === written);
    const off = known.find(({ name, boolean }) => boolean && written === `no-${name}`);
    const next = args[index + 1];

    if (off !== undefined && equals < 0) add(off.name, 'false');
    else if (flag === undefined) {
      throw new UsageError(`Unknown flag --${written} of "${command}".`, {
        remedy: acceptedNames(
          written,
          known.map(({ name }) => name),
        ),
      });
    } else if (equals >= 0) add(flag.name, argument.slice(equals + 1));
    else if (flag.boolean && next !== 'true' && next !== 'false') add(flag.name, 'true');
    else if (next === undefined || (next.startsWith('--') && !flag.boolean)) {
      throw new UsageError(`Flag --${written} has no value.`, {
        remedy: `Write --${written} <value>, or --${written}=<value> where the value begins with "--".`,
      });
    } else {
      add(flag.name, next);
      index += 1;
    }
  }
  return new Map([...values].map(([name, lines]) => [name, lines.join('\n')]));
}
