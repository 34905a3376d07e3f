import { createPlainLogger } from '../server/plain-logger.ts';
import { runSupervisor } from '../server/supervisor-process.ts';

const logger = createPlainLogger((line) => process.stderr.write(line));
await runSupervisor(process, logger, process.env);
