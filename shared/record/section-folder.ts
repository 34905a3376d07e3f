import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InfrastructureError, SubjectError } from '../errors.ts';

/** No section is near this; a larger file is no section, and is not read. */
const MAX_SECTION_BYTES = 32 * 1024 * 1024;

/** Text of a section and where it was found. */
export interface StoredText {
  readonly path: string;
  readonly text: string;
}

/** True for an error of the file system with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Reads a section's text; undefined where there is no such file. */
export async function readSectionText(path: string): Promise<string | undefined> {
  try {
    const facts = await stat(path);
    if (!facts.isFile() || facts.size > MAX_SECTION_BYTES) {
      throw new SubjectError('data', `${path} is no section of the record: it is too large or no file.`, {
        remedy: 'Delete it, and run the action that writes it again.',
      });
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Names of what a folder holds, sorted; none where there is no such folder. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw hasCode(error, 'ENOTDIR') ? noFolder(directory) : error;
  }
}

function noFolder(directory: string): InfrastructureError {
  return new InfrastructureError(`${directory} is no folder, and the record belongs there.`, {
    remedy: 'Move the file away that has its name.',
  });
}

/**
 * Writes text as a whole or not at all. With `replace: false` a file that is already there is left as it is, and
 * false is returned.
 */
export async function writeWhole(
  path: string,
  text: string,
  { replace }: { replace: boolean },
): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw hasCode(error, 'ENOTDIR') || hasCode(error, 'EEXIST') ? noFolder(dirname(path)) : error;
  });
  const draft = join(dirname(path), `.${randomUUID()}.draft`);
  await writeFile(draft, text);
  try {
    if (replace) {
      await rename(draft, path);
    } else {
      // A link fails where the name is taken, a rename would replace it: two writers cannot both succeed.
      await link(draft, path);
    }
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
