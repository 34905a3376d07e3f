import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { InfrastructureError } from '../../../../shared/errors.ts';
import { sha256Schema } from '../../../../shared/record/common.ts';
import { revisionIdSchema } from '../server/control-protocol.ts';

/** A server that was started by command: all that is needed to end it, and to start it again as it was. */
export const commandRevisionSchema = z.strictObject({
  id: revisionIdSchema,
  version: z.string(),
  modelDigest: sha256Schema,
  start: z.array(z.string()).min(1),
  stop: z.array(z.string()).nullable(),
  /** The stop command has failed: the next deployment's own counts. */
  stopFailed: z.boolean().optional(),
  /** What was put into the words, for a stop command that is given later. */
  served: z.strictObject({ model: z.string(), port: z.int() }).optional(),
  readyUrl: z.url(),
  /** Absolute; the words were written relative to it. */
  workingDirectory: z.string(),
  /** Of the process that `start` made, the first of its group. */
  pid: z.int().positive(),
  startTime: z.string().nullable(),
});
export type CommandRevision = z.infer<typeof commandRevisionSchema>;

const stateSchema = z.strictObject({
  schemaVersion: z.literal(1),
  current: commandRevisionSchema.nullable(),
  /** Stopped, and kept until the current one is confirmed. */
  previous: commandRevisionSchema.nullable(),
});
export type CommandState = z.infer<typeof stateSchema>;

const EMPTY: CommandState = { schemaVersion: 1, current: null, previous: null };

/** What is recorded of an endpoint that is served by command. */
export async function readCommandState(path: string): Promise<CommandState> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return EMPTY;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new InfrastructureError(`The state file "${path}" of the endpoint is not valid.`, {
      remedy: 'End what still serves, if anything does, and remove the file.',
      cause,
    });
  }
}

/** Replaces the state in one step. An empty one is removed. */
export async function writeCommandState(path: string, state: CommandState): Promise<void> {
  if (state.current === null && state.previous === null) {
    await rm(path, { force: true });
    return;
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.tmp`, JSON.stringify(state), { mode: 0o600 });
  await rename(`${path}.tmp`, path);
}
