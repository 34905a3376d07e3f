import type { InputReader } from '../../../../shared/action/inputs.ts';
import { UsageError } from '../../../../shared/errors.ts';

/** Variables that the command gets and the record never holds: `NAME=value`, one a line. No value is ever in an error. */
export function readSecrets(reader: InputReader): Readonly<Record<string, string>> {
  const entries = reader.list('secret-environment').map((line, index) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (
      name === undefined ||
      value === undefined ||
      /^(TRAINYARD|GITHUB|ACTIONS|RUNNER|INPUT|STATE)_/i.test(name)
    ) {
      throw new UsageError(
        `Input "secret-environment": line ${index + 1} is no "NAME=value" that can be given.`,
        {
          remedy:
            'Accepted: a name of letters, digits and underscores, =, and the value; names that the runner or Trainyard sets are not.',
        },
      );
    }
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}
