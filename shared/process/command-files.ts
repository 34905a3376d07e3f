import { readFile, writeFile } from 'node:fs/promises';

/**
 * Files by which a step changes what later steps see. Their names are withheld from user code, but it may list the
 * folder that they lie in. STATE is not among them: this step writes it while the command runs.
 */
const GUARDED = ['GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY'];

/** What the runner's files held before user code ran. */
export interface CommandFiles {
  /** Puts back what was there, and returns the names of the variables whose files had been written. */
  restore(): Promise<string[]>;
}

/** Notes what the runner's command files hold. */
export async function noteCommandFiles(environment: NodeJS.ProcessEnv): Promise<CommandFiles> {
  const noted = await Promise.all(
    GUARDED.map(async (name) => {
      const path = environment[name];
      const before =
        path === undefined || path === '' ? undefined : await readFile(path).catch(() => undefined);
      return path === undefined || before === undefined ? [] : [{ name, path, before }];
    }),
  );
  return {
    async restore() {
      const changed: string[] = [];
      for (const { name, path, before } of noted.flat()) {
        const now = await readFile(path).catch(() => undefined);
        if (now?.equals(before) === true) continue;
        changed.push(name);
        await writeFile(path, before);
      }
      return changed;
    },
  };
}
