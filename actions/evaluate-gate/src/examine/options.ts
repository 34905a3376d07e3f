import type { ActionContext } from '../../../../shared/action/action.ts';
import type { FileReference, Run } from '../../../../shared/record/common.ts';
import type { ExaminationRecord } from '../../../../shared/record/evaluation-section.ts';
import type { GateFile } from '../gate-file/gate-file.ts';
import type { PredictionFile } from '../metrics/prediction-file.ts';

export interface ExamineInputs {
  /** Words; undefined means that the gate runs an ONNX model itself. */
  readonly scoreCommand: readonly string[] | undefined;
  /** 15 where it is not given. */
  readonly scoreTimeoutMinutes?: number | undefined;
  readonly duckdbPath: string | undefined;
  readonly onnxruntimePath: string | undefined;
  readonly maxMemoryMiB: number;
  readonly policyFrom: 'base' | 'head';
}

export type ExamineContext = Pick<
  ActionContext,
  | 'logger'
  | 'environment'
  | 'signal'
  | 'workspace'
  | 'workingDirectory'
  | 'temporaryDirectory'
  | 'store'
  | 'commit'
  | 'run'
>;

export interface LocalModelFile {
  /** Absolute. */
  readonly path: string;
  readonly reference: FileReference;
}

export interface ExamineOptions {
  readonly gate: GateFile;
  /** How the user knows the gate file, for errors. */
  readonly gatePath: string;
  readonly inputs: ExamineInputs;
  /** Files of role model of the training section. */
  readonly candidateModel: readonly FileReference[];
  readonly baselineModel: { readonly files: readonly LocalModelFile[]; readonly what: string } | undefined;
  readonly baselineEvaluation: { readonly rowsSha256: string | null } | undefined;
  /** The SHA-256 of a file at the base commit; null where the base has no such file. */
  readonly baseRows?: (path: string) => Promise<string | null>;
  /** Where the candidate was trained; `here` where this machine's job did it itself (engine `local`). */
  readonly training: (Pick<Run, 'id' | 'job'> & { readonly here: boolean }) | undefined;
  readonly context: ExamineContext;
  readonly signal: AbortSignal;
}

/** A model that could not be examined, and what to do about it. */
export interface Unusable {
  readonly unusable: string;
  readonly remedy: string;
}

export interface Examined {
  readonly candidate: PredictionFile;
  readonly baseline: PredictionFile | Unusable | undefined;
  /** Of the candidate's predictions. */
  readonly predictionsSha256: string;
  readonly record: ExaminationRecord;
}

/** One model on this machine. */
export interface Examinee {
  readonly who: 'candidate' | 'baseline';
  /** As a sentence names it. */
  readonly what: string;
  readonly files: readonly LocalModelFile[];
}
