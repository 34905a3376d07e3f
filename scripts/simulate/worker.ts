// One of the workers of `npm run simulate`: runs the tasks that it is sent, one after the other.
import { parentPort } from 'node:worker_threads';
import { z } from 'zod';
import { runTask } from './tasks.ts';

const orderSchema = z.object({ index: z.number(), draws: z.number() });

parentPort?.on('message', (message: unknown) => {
  const { index, draws } = orderSchema.parse(message);
  // A rejection ends the worker with an error, which the pool passes on.
  void runTask(index, draws).then((finding) => parentPort?.postMessage(finding));
});
