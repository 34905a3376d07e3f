/** A command besides the five actions. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  /** Returns the exit code. */
  run(args: readonly string[]): Promise<number>;
}

export const COMMANDS: readonly Command[] = [
  {
    name: 'report',
    usage: '[--model <name>] [--working-directory <folder>] [--output <file>] [--comment]',
    summary:
      'Renders the report of the newest record: report.html, or with --comment the Markdown of the comment on standard output.',
    run: async (args) => (await import('./commands/report.ts')).runReport(args),
  },
  {
    name: 'explain',
    usage: '[--dataset <name>] [--working-directory <folder>] [--encoding <name>]',
    summary:
      'Shows the rows behind the checks of validate-data that failed. They are printed here and kept nowhere.',
    run: async (args) => (await import('./commands/explain.ts')).runExplain(args),
  },
  {
    name: 'reproduce',
    usage:
      '<record> [--tolerance <number>] [--patch <file>] [--data <path>] [--working-directory <folder>] [--keep] [--yes]',
    summary:
      'Trains again from the record of a training (its JSON file, or a folder such as .trainyard/<model>), in a worktree of the recorded commit, and prints what differs: inputs, environment, metrics beyond the tolerance.',
    run: async (args) => (await import('./commands/reproduce.ts')).runReproduce(args),
  },
  {
    name: 'stop',
    usage: '[--endpoint <name>]',
    summary:
      'Ends the endpoints that deploy-endpoint left serving from this folder; all of them, or the one named.',
    run: async (args) => (await import('./commands/stop.ts')).runStop(args),
  },
];
