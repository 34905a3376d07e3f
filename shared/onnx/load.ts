import type { Logger } from '../action/logger.ts';
import { loadNative, locateNative } from '../native/load.ts';
import { asOnnxRuntime, type OnnxRuntime } from './runtime.ts';

export interface LoadOptions {
  readonly logger: Logger;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** The folder of the package onnxruntime-node that the user named, or that `locateOnnxRuntime` found. */
  readonly path?: string | undefined;
}

/** ONNX Runtime, fetched where this machine has it not yet, pinned and verified. */
export async function loadOnnxRuntime(options: LoadOptions): Promise<OnnxRuntime> {
  return asOnnxRuntime(
    await loadNative('onnxruntime', options),
    options.path ?? 'the place where ONNX Runtime is kept',
  );
}

/** The folder of ONNX Runtime, fetched where need be; another process loads it from there without asking again. */
export async function locateOnnxRuntime(options: LoadOptions): Promise<string> {
  return locateNative('onnxruntime', options);
}
