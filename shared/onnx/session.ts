import { messageOf, SubjectError } from '../errors.ts';
import { type ModelMetadata, metadataOf } from './metadata.ts';
import { checkModelFile } from './model-file.ts';
import type { OnnxRuntime, OnnxSession } from './runtime.ts';

export interface OpenModelOptions {
  readonly path: string;
  /** How the user knows the file, for errors. */
  readonly label: string;
  /** Threads within one operator. */
  readonly threads: number;
  readonly maxBytes?: number;
}

export interface OpenModel {
  readonly session: OnnxSession;
  readonly metadata: ModelMetadata;
  close(): Promise<void>;
}

/** Only what goes wrong: ONNX Runtime's warnings name no place in anybody's model. */
const LOG_ERRORS_ONLY = 3;

/** Opens a model on the CPU. What is no ONNX model, or one that this runtime cannot run, is the model's error. */
export async function openModel(runtime: OnnxRuntime, options: OpenModelOptions): Promise<OpenModel> {
  checkModelFile(options.path, options.label, options.maxBytes);
  let session: OnnxSession;
  try {
    session = await runtime.InferenceSession.create(options.path, {
      executionProviders: ['cpu'],
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      logSeverityLevel: LOG_ERRORS_ONLY,
    });
  } catch (cause) {
    throw new SubjectError(
      'model',
      `ONNX Runtime cannot load the model "${options.label}": ${messageOf(cause)}`,
      {
        remedy: 'Export it again, with an opset that ONNX Runtime supports.',
        cause,
      },
    );
  }
  try {
    return { session, metadata: metadataOf(session), close: () => session.release() };
  } catch (error) {
    await session.release();
    throw error;
  }
}
