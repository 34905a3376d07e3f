import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { InfrastructureError } from '../../../../shared/errors.ts';

/** Who serves an endpoint and how to reach it, for later steps. Readable by its owner only: it holds the token. */
const stateSchema = z.strictObject({
  schemaVersion: z.literal(1),
  endpoint: z.string(),
  pid: z.int().positive(),
  /** Tells the process from a later one of the same number; null where the system does not say. */
  startTime: z.string().nullable(),
  startedAt: z.iso.datetime(),
  port: z.int().min(1).max(65535),
  controlPort: z.int().min(1).max(65535),
  token: z.string(),
});
export type EndpointState = z.infer<typeof stateSchema>;

const pathIn = (folder: string): string => join(folder, 'endpoint.json');

/** The state of an endpoint; undefined where none was written. */
export async function readState(folder: string): Promise<EndpointState | undefined> {
  const path = pathIn(folder);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  const parsed = stateSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new InfrastructureError(`The state file "${path}" of the endpoint is not valid.`, {
    remedy: 'End what still serves on its port, if anything does, and remove the file.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Creates the state file, whole or not at all. False where another supervisor was first. */
export async function createState(folder: string, state: EndpointState): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = join(folder, `endpoint.${state.pid}.tmp`);
  await writeFile(temporary, JSON.stringify(state), { mode: 0o600 });
  try {
    await link(temporary, pathIn(folder));
    return true;
  } catch {
    return false;
  } finally {
    await rm(temporary, { force: true });
  }
}

export async function removeState(folder: string): Promise<void> {
  await rm(pathIn(folder), { force: true });
}
