import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { Finding } from './tasks.ts';

const findingSchema = z.record(z.string(), z.number());

export interface PoolOptions {
  readonly tasks: number;
  readonly draws: number;
  readonly workers: number;
  readonly onEnded: (index: number, milliseconds: number) => void;
}

/** Runs all tasks, each worker one at a time; the findings are in the tasks' order. */
export async function runAll({ tasks, draws, workers, onEnded }: PoolOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('worker.ts', import.meta.url));
    try {
      while (next < tasks) {
        const index = next++;
        const start = performance.now();
        findings[index] = findingSchema.parse(await answerOf(worker, { index, draws }));
        onEnded(index, performance.now() - start);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, tasks) }, work));
  return findings;
}

function answerOf(worker: Worker, order: { index: number; draws: number }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (error: Error | undefined, answer?: unknown): void => {
      worker.off('message', onMessage).off('error', settle);
      if (error === undefined) resolve(answer);
      else reject(error);
    };
    const onMessage = (answer: unknown): void => settle(undefined, answer);
    worker.on('message', onMessage).on('error', settle);
    worker.postMessage(order);
  });
}
