import { runCommandLine } from './main.ts';

await runCommandLine(process.argv);
