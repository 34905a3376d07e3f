import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of programs that stand for a vendor's tools; disposing removes it. */
export interface Tools extends AsyncDisposable {
  readonly directory: string;
  /** With the programs first, and the system's own behind them. */
  readonly environment: NodeJS.ProcessEnv;
  /** Writes a shell script as a program. */
  write(name: string, script: string): Promise<void>;
  /** How often a program was begun. */
  calls(name: string): Promise<number>;
}

export async function openTools(): Promise<Tools> {
  const directory = await mkdtemp(join(tmpdir(), 'ty-gpu-'));
  const log = join(directory, 'calls');
  return {
    directory,
    environment: { PATH: `${directory}:/usr/bin:/bin` },
    async write(name, script) {
      const path = join(directory, name);
      // Anew, as a program that runs just now cannot be written.
      await rm(path, { force: true });
      await writeFile(path, `#!/bin/sh\necho ${name} >> ${log}\n${script}\n`);
      await chmod(path, 0o755);
    },
    async calls(name) {
      const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n');
      return lines.filter((line) => line === name).length;
    },
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A script that answers like nvidia-smi of driver 535 with one card. */
export function oneT4({ used = 3, utilisation = '0', power = '30.00' } = {}): string {
  return `echo "0, GPU-11111111-2222-3333-4444-555555555555, 535.183.01, 15360, ${used}, ${utilisation}, ${power}, 7.5, [N/A], Tesla T4"`;
}
