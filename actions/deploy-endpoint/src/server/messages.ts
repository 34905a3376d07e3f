import { z } from 'zod';

/** What a supervisor is told by the action that starts it, once, over the channel between parent and child. */
export const supervisorStartSchema = z.strictObject({
  type: z.literal('start'),
  endpoint: z.string(),
  /** Where the state file, the log and the revisions' models lie. */
  folder: z.string(),
  /** 0 takes a free one. */
  port: z.int().min(0).max(65535),
  /** Whoever knows it may command the supervisor. */
  token: z.string().min(32),
  workerEntry: z.string(),
  /** The folder of the package onnxruntime-node, which the action found or fetched. */
  onnxruntimePath: z.string(),
});
export type SupervisorStart = z.infer<typeof supervisorStartSchema>;

export const supervisorAnswerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('started') }),
  z.strictObject({
    type: z.literal('failed'),
    code: z.enum(['port-in-use', 'already-started', 'other']),
    message: z.string(),
  }),
]);
export type SupervisorAnswer = z.infer<typeof supervisorAnswerSchema>;

/** What a worker is told by its supervisor. */
export const workerStartSchema = z.strictObject({
  type: z.literal('start'),
  model: z.string(),
  version: z.string(),
  revision: z.string(),
  path: z.string(),
  label: z.string(),
  threads: z.int().positive(),
  onnxruntimePath: z.string(),
});
export type WorkerStart = z.infer<typeof workerStartSchema>;

export const workerAnswerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('listening'), port: z.int().positive() }),
  z.strictObject({
    type: z.literal('failed'),
    /** Whose fault: the model's, or the machine's. */
    owner: z.enum(['model', 'infrastructure']),
    message: z.string(),
  }),
]);
export type WorkerAnswer = z.infer<typeof workerAnswerSchema>;
