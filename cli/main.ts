import { acceptedNames } from '../shared/action/accepted-names.ts';
import { isExpected, UsageError } from '../shared/errors.ts';
import { ACTION_NAMES, type ActionName } from '../shared/names.ts';
import { inputVariables, START } from './actions.ts';
import { COMMANDS } from './commands.ts';
import { actionHelp, commandHelp, generalHelp } from './help.ts';
import { otherNode, runInstead } from './runtime.ts';
import { findSuite, readManual, readVersion } from './suite.ts';

const EXIT_USAGE = 2;
const EXIT_ERROR = 4;
/** Wider lines are hard to read, however wide the terminal is. */
const MAX_COLUMNS = 100;

const isAction = (name: string): name is ActionName => ACTION_NAMES.some((action) => action === name);

/** Runs `trainyard …`: `argv` is Node's, with the program and the script before the arguments. */
export async function runCommandLine(
  argv: readonly string[],
  version: string = process.versions.node,
): Promise<void> {
  try {
    const script = argv[1] ?? '';
    const suite = await findSuite(script);
    const node = otherNode(version, suite, process.platform === 'win32');
    if (node === undefined) await dispatch(suite, argv.slice(2));
    else process.exitCode = await runInstead(node, argv.slice(1));
  } catch (error) {
    if (!isExpected(error)) throw error;
    process.stderr.write(`error ${error.message}\n${error.remedy === undefined ? '' : `${error.remedy}\n`}`);
    process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_ERROR;
  }
}

async function dispatch(suite: string, [name = '--help', ...args]: readonly string[]): Promise<void> {
  const columns = Math.min(process.stdout.columns || MAX_COLUMNS, MAX_COLUMNS);
  const wantsHelp = args.includes('--help') || args.includes('-h');

  if (name === '--version') {
    process.stdout.write(`${await readVersion(suite)}\n`);
  } else if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(await helpOfAll(suite, columns));
  } else if (isAction(name)) {
    const manual = await readManual(suite, name);
    if (wantsHelp) process.stdout.write(actionHelp(name, manual, columns));
    else await runAction(name, inputVariables(name, manual, args));
  } else {
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (command === undefined) {
      const known = [...ACTION_NAMES, ...COMMANDS.map((candidate) => candidate.name)];
      throw new UsageError(`"${name}" is no command of trainyard.`, { remedy: acceptedNames(name, known) });
    }
    if (wantsHelp) process.stdout.write(commandHelp(command, columns));
    else process.exitCode = await command.run(args);
  }
}

async function helpOfAll(suite: string, columns: number): Promise<string> {
  const actions = await Promise.all(
    ACTION_NAMES.map(async (name) => [name, (await readManual(suite, name)).description] as const),
  );
  const commands = COMMANDS.map(({ name, usage, summary }) => [`${name} ${usage}`, summary] as const);
  return generalHelp(await readVersion(suite), actions, commands, columns);
}

async function runAction(name: ActionName, variables: ReadonlyMap<string, string>): Promise<void> {
  // A terminal, also inside a workflow's `run:`; what the caller's environment says of inputs is not ours.
  delete process.env['GITHUB_ACTIONS'];
  for (const variable of Object.keys(process.env)) {
    if (variable.startsWith('INPUT_')) Reflect.deleteProperty(process.env, variable);
  }
  for (const [variable, value] of variables) {
    if (value.includes('\0')) throw new UsageError(`The value of ${variable} holds a zero byte.`);
    process.env[variable] = value;
  }
  await START[name]();
}
