import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { InfrastructureError } from '../shared/errors.ts';
import { ACTION_NAMES, type ActionName } from '../shared/names.ts';

/** What the command needs to know of an action.yml. */
const actionSchema = z.object({
  description: z.string(),
  inputs: z.record(
    z.string(),
    z.object({
      description: z.string(),
      required: z.boolean().default(false),
      default: z.string().default(''),
    }),
  ),
});
export type ActionManual = z.infer<typeof actionSchema>;

/**
 * Finds the folder that holds the actions, upwards from the script that was started: dist/cli/index.js or
 * cli/index.ts, perhaps through a link in a `bin` folder.
 */
export async function findSuite(script: string): Promise<string> {
  let folder = dirname(await realpath(script));
  while (!ACTION_NAMES.every((name) => existsSync(join(folder, 'actions', name, 'action.yml')))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new InfrastructureError(`No folder above ${script} holds the actions of Trainyard.`, {
        remedy: 'Keep dist/ beside actions/, as they are in the repository.',
      });
    }
    folder = parent;
  }
  return folder;
}

/** Reads an action.yml. */
export async function readManual(suite: string, action: ActionName): Promise<ActionManual> {
  const text = await readFile(join(suite, 'actions', action, 'action.yml'), 'utf8');
  return actionSchema.parse(parse(text));
}

export async function readVersion(suite: string): Promise<string> {
  const text = await readFile(join(suite, 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
