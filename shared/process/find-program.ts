import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Where a command's program lies: as a path against `directory`, else in PATH; undefined where it is not found. */
export async function findProgram(
  program: string,
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const isPath = isAbsolute(program) || /[/\\]/.test(program);
  const folders = (environment['PATH'] ?? environment['Path'] ?? '')
    .split(delimiter)
    .filter((one) => one !== '');
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : [''];
  const places = isPath
    ? [resolve(directory, program)]
    : folders.map((folder) => resolve(directory, join(folder, program)));
  for (const place of places) {
    for (const ending of endings) {
      const candidate = `${place}${ending}`;
      const facts = await stat(candidate).catch(() => undefined);
      if (facts?.isFile() !== true) continue;
      const runnable = await access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (runnable) return candidate;
    }
  }
  return undefined;
}
