import { createPlainLogger } from '../server/plain-logger.ts';
import { runWorker } from '../server/worker-process.ts';

const logger = createPlainLogger((line) => process.stderr.write(line));
await runWorker(process, logger, process.env);
