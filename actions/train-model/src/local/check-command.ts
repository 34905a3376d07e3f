import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { Finding, TrainingJob } from '../engines/engine.ts';
import { findProgram } from '../../../../shared/process/find-program.ts';

/** What runs a script by the ending of its name. */
const INTERPRETERS: Readonly<Record<string, string>> = {
  '.py': 'python',
  '.sh': 'bash',
  '.js': 'node',
  '.mjs': 'node',
  '.cjs': 'node',
  '.ts': 'node',
  '.r': 'Rscript',
  '.jl': 'julia',
};

/** Finds a command that cannot be started, before anything is spent. */
export async function checkCommand({ command, directory, environment }: TrainingJob): Promise<Finding[]> {
  const [program] = command;
  if ((await findProgram(program, directory, environment)) !== undefined) return [];
  const label = `Input "command": the program "${program}"`;
  const facts = await stat(resolve(directory, program)).catch(() => undefined);
  if (facts?.isDirectory() === true) {
    return [{ message: `${label} is a folder.`, remedy: 'Name the program or the script in it.' }];
  }
  if (facts?.isFile() === true) {
    const interpreter = INTERPRETERS[extname(program).toLowerCase()];
    const first = interpreter === undefined ? '' : `Write "${interpreter} ${program}", or make`;
    return [
      {
        message: `${label} is a file that may not be run${/[/\\]/.test(program) ? '' : ', and none of PATH'}.`,
        remedy: `${first === '' ? 'Make' : first} it executable ("git update-index --chmod=+x", and a first line such as "#!/usr/bin/env python3") and write "./${program.replace(/^\.\//, '')}".`,
      },
    ];
  }
  return [
    {
      message: `${label} does not exist, or may not be run.`,
      remedy:
        'Give a program of PATH, or a path from the input "working-directory". There is no shell: of "a && b" or "$HOME" nothing is expanded.',
    },
  ];
}
