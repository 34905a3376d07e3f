import { z } from 'zod';
import { KEY_PATTERN, SUBJECT_PATTERN } from '../names.ts';

/** The one input of a worker workflow, by which it gets its job. */
export const JOB_INPUT = 'job';
/** GitHub takes no larger payload (facts: dispatch). */
export const MAX_PAYLOAD_CHARACTERS = 65_535;

const shaSchema = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'a commit SHA');
const idSchema = z.string().regex(/^[1-9]\d{0,14}$/, 'the id of a run');

/** Where the dispatching step ran. The worker believes none of it before the API has said the same. */
export const dispatcherSchema = z.strictObject({
  runId: idSchema,
  runNumber: z.int().positive(),
  runAttempt: z.int().positive(),
  event: z.string().min(1).max(100),
  ref: z.string().min(1).max(1_000).nullable(),
  headSha: shaSchema,
  baseSha: shaSchema.nullable(),
  pullRequest: z.int().positive().nullable(),
  workflow: z.string().max(1_000).nullable(),
  /** `owner/name/.github/workflows/<file>`, without the ref: the comment's marker. */
  workflowPath: z.string().max(1_000).nullable(),
  job: z.string().max(1_000).nullable(),
  /** The key of the dispatching step's section, which is the worker's too. */
  key: z.string().regex(KEY_PATTERN),
  actor: z.string().max(1_000).nullable(),
});
export type Dispatcher = z.infer<typeof dispatcherSchema>;

/** What a dispatching step hands to a worker: JSON text in the input `job` of the worker's workflow. */
export const dispatchedJobSchema = z.strictObject({
  version: z.literal(1),
  /** The worker's `run-name`: `Train <model> <key>.<generation>`, behind which a pull request's number may stand. */
  title: z.string().min(1).max(200),
  model: z.string().regex(SUBJECT_PATTERN),
  /** Names the training whatever the attempt: run id, section key and digest of the job. */
  submissionKey: z.string().regex(/^[0-9a-f]{40}$/),
  /** From 1; a training that is dispatched again after a failure, or before a limit, is the next one. */
  generation: z.int().min(1).max(100),
  mode: z.enum(['follow', 'detach']),
  /** Labels of the runner. */
  'runs-on': z.array(z.string().min(1).max(256)).min(1).max(20),
  /** `timeout-minutes` of the job that trains. */
  'timeout-minutes': z.number().positive().max(7_200),
  /** The commit that is trained, as the dispatching step had it checked out. */
  sha: shaSchema,
  dispatcher: dispatcherSchema,
  /** The inputs of train-model as the user wrote them, but for those that only concern the dispatch. */
  inputs: z.record(z.string().min(1).max(100), z.string()),
  /** What the worker's gate job is given in `mode: detach`; null where there is no gate. */
  gate: z.strictObject({ gate: z.string().min(1).max(1_000), registry: z.string().max(1_000) }).nullable(),
  /** The runs of earlier generations, oldest first: their checkpoints and attempts are gone on from. */
  previous: z.array(idSchema).max(100),
});
export type DispatchedJob = z.infer<typeof dispatchedJobSchema>;
