/** What the name of a checkpoint tells. */
export interface CheckpointName {
  readonly submissionKey: string;
  readonly generation: number;
  readonly attempt: number;
  /** From 1, in the order in which an attempt saved them. */
  readonly sequence: number;
}

/** The name of a checkpoint, as an artifact or below `.trainyard`. */
export function checkpointName({ submissionKey, generation, attempt, sequence }: CheckpointName): string {
  return `trainyard-checkpoint.${submissionKey}.${generation}.${attempt}.${String(sequence).padStart(4, '0')}`;
}

/** Reads the name of a checkpoint; undefined for any other artifact. */
export function parseCheckpointName(name: string): CheckpointName | undefined {
  const [, submissionKey, generation, attempt, sequence] =
    /^trainyard-checkpoint\.([0-9a-f]{40})\.([1-9]\d{0,2})\.([1-9]\d{0,3})\.(\d{4,6})$/.exec(name) ?? [];
  if (submissionKey === undefined) return undefined;
  return {
    submissionKey,
    generation: Number(generation),
    attempt: Number(attempt),
    sequence: Number(sequence),
  };
}

/** Orders checkpoints of one training, newest first. */
export function newestFirst(a: CheckpointName, b: CheckpointName): number {
  return b.generation - a.generation || b.attempt - a.attempt || b.sequence - a.sequence;
}
