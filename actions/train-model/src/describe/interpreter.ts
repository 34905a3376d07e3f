import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import type { TrainingBody } from '../../../../shared/record/training-section.ts';
import { probe, type ProbeOptions } from '../gpu/probe.ts';
import { findProgram } from '../../../../shared/process/find-program.ts';

type Environment = TrainingBody['environment'];

/** Programs that tell their version on `--version`, by their usual names. */
const INTERPRETER = /^(python|pypy|node|Rscript|R|julia|ruby|java|deno|bun)[\d.]*(\.exe)?$/;
const PYTHON = /^(python|pypy)[\d.]*(\.exe)?$/;
/** More than any environment of one training needs; a record is read by people too. */
const MAX_PACKAGES = 1_000;
const MAX_CHARACTERS = 200;
/** As much as Linux reads of it (execve(2)). */
const MAX_FIRST_LINE_BYTES = 255;

export type InterpreterOptions = ProbeOptions & {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
};

/**
 * Lists what is installed, the user's own site packages too. Isolated (`-I`): no module of the working directory and
 * no variable takes the place of the standard library's.
 */
const LIST_PACKAGES = `
import importlib.metadata, json, os, site, sys
paths = list(sys.path)
try:
    own = site.getusersitepackages()
    if os.path.isdir(own) and own not in paths:
        paths.append(own)
except Exception:
    pass
found = {}
for one in importlib.metadata.distributions(path=paths):
    try:
        name = one.metadata["Name"]
        if name and name not in found:
            found[name] = one.version
    except Exception:
        pass
print(json.dumps([[name, str(found[name])] for name in sorted(found)]))
`;

const listSchema = z.array(z.tuple([z.string(), z.string()]));

/** What runs the command, and what is installed for it: null and nothing where its program is no known interpreter. */
export async function describeInterpreter(
  program: string,
  options: InterpreterOptions,
): Promise<Pick<Environment, 'interpreter' | 'packages'>> {
  const interpreter = await interpreterOf(program, options);
  if (interpreter === undefined) return { interpreter: null, packages: [] };
  const name = basename(interpreter);
  const [told, packages] = await Promise.all([
    probe([interpreter, '--version'], options),
    PYTHON.test(name) ? listPackages(interpreter, options) : [],
  ]);
  const text = told.kind === 'ended' && told.code === 0 ? `${told.stdout}\n${told.stderr}` : '';
  const version = /\d+\.\d+[^\s,;"')]*/.exec(text)?.[0];
  return { interpreter: version === undefined ? null : { name, version }, packages };
}

/** The program itself, or what its first line names, as in `torchrun`, `accelerate` and every script of a package. */
async function interpreterOf(
  program: string,
  { directory, environment }: InterpreterOptions,
): Promise<string | undefined> {
  if (INTERPRETER.test(basename(program))) return program;
  const path = await findProgram(program, directory, environment);
  if (path === undefined) return undefined;
  const [, first, second] = /^#![ \t]*(\S+)(?:[ \t]+(?:-S[ \t]+)?(\S+))?/.exec(await beginningOf(path)) ?? [];
  const named = first !== undefined && basename(first) === 'env' ? second : first;
  return named !== undefined && INTERPRETER.test(basename(named)) ? named : undefined;
}

async function beginningOf(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_FIRST_LINE_BYTES), 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function listPackages(program: string, options: ProbeOptions): Promise<Environment['packages']> {
  const told = await probe([program, '-I', '-c', LIST_PACKAGES], options);
  if (told.kind !== 'ended' || told.code !== 0) return [];
  const parsed = listSchema.safeParse(jsonOrNothing(told.stdout));
  return (parsed.data ?? [])
    .map(([name, version]) => ({ name: normalName(name), version: version.slice(0, MAX_CHARACTERS) }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .slice(0, MAX_PACKAGES);
}

/** One name for `Scikit_Learn` and `scikit-learn` (PyPA, "Names and normalization"). */
function normalName(name: string): string {
  return name
    .slice(0, MAX_CHARACTERS)
    .toLowerCase()
    .replaceAll(/[-_.]+/g, '-');
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
