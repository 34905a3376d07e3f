import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { isInside } from '../../../../shared/action/contained-path.ts';
import { messageOf, UsageError } from '../../../../shared/errors.ts';

/** One file or folder that DVC keeps, as a pointer names it (DVC, "dvc.lock file" and ".dvc files"). */
export interface Tracked {
  /** Absolute. */
  readonly path: string;
  /** 32 hex digits, with `.dir` behind them for a folder; undefined where the pointer names no MD5. */
  readonly md5: string | undefined;
  /** The pointer, absolute. */
  readonly pointer: string;
}

/** The lock file of a pipeline with thousands of stages is below this. */
const MAX_POINTER_BYTES = 16 * 1024 * 1024;
const MD5 = /^[0-9a-f]{32}(\.dir)?$/;

const outSchema = z.object({ path: z.string().min(1), md5: z.string().optional() });
const pointerSchema = z.object({ wdir: z.string().optional(), outs: z.array(outSchema).default([]) });
const stageSchema = z.object({ outs: z.array(outSchema).optional() });
const lockSchema = z.object({ schema: z.string().optional(), stages: z.record(z.string(), stageSchema) });
const oldLockSchema = z.record(z.string(), stageSchema);
const pipelineSchema = z.object({
  stages: z.record(z.string(), z.object({ wdir: z.string().optional() }).catch({})).default({}),
});

async function readYaml(path: string): Promise<unknown> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile() !== true) return undefined;
  if (facts.size > MAX_POINTER_BYTES) throw notReadable(path, 'it is too large');
  try {
    return parse(await readFile(path, 'utf8'), { maxAliasCount: 0 });
  } catch (error) {
    throw notReadable(path, messageOf(error).split('\n')[0] ?? '');
  }
}

function notReadable(path: string, why: string): UsageError {
  return new UsageError(`The DVC pointer ${path} cannot be read: ${why}.`, {
    remedy: 'Write it again with "dvc add", "dvc repro" or "dvc commit".',
  });
}

function readAs<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw notReadable(path, `"${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'is wrong'}`);
}

function trackedBy(
  pointer: string,
  base: string,
  outs: readonly z.infer<typeof outSchema>[],
  workspace: string,
): Tracked[] {
  return outs.flatMap(({ path, md5 }) => {
    const place = resolve(base, path);
    // What lies outside, as an external output does, is nothing that a path of an input can name.
    if (!isInside(workspace, place)) return [];
    return [{ path: place, md5: md5 !== undefined && MD5.test(md5) ? md5 : undefined, pointer }];
  });
}

/** What a `.dvc` file tracks; nothing where there is no such file. */
export async function readPointer(pointer: string, workspace: string): Promise<Tracked[]> {
  const document = await readYaml(pointer);
  if (document === undefined || document === null) return [];
  const { wdir, outs } = readAs(pointerSchema, document, pointer);
  return trackedBy(pointer, resolve(dirname(pointer), wdir ?? '.'), outs, workspace);
}

/** What the stages of a `dvc.lock` have written; nothing where there is no such file. */
export async function readLock(pointer: string, workspace: string): Promise<Tracked[]> {
  const document = await readYaml(pointer);
  if (document === undefined || document === null) return [];
  const current = lockSchema.safeParse(document);
  const stages = current.success ? current.data.stages : readAs(oldLockSchema, document, pointer);
  const folder = dirname(pointer);
  const pipeline = pipelineSchema.safeParse(await readYaml(join(folder, 'dvc.yaml')));
  const known = new Map(Object.entries(pipeline.success ? pipeline.data.stages : {}));
  return Object.entries(stages).flatMap(([name, { outs = [] }]) => {
    // A stage that is made of a template is called `<name>@<item>`; paths are relative to its folder.
    const wdir = known.get(name.split('@')[0] ?? name)?.wdir ?? '.';
    return trackedBy(pointer, resolve(folder, wdir), outs, workspace);
  });
}
