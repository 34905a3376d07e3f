import { createPlainLogger } from '../../actions/deploy-endpoint/src/server/plain-logger.ts';
import { loadOnnxRuntime, locateOnnxRuntime } from '../../shared/onnx/load.ts';
import type { OnnxRuntime } from '../../shared/onnx/runtime.ts';

const options = {
  logger: createPlainLogger(() => undefined),
  environment: process.env,
  signal: new AbortController().signal,
};

/** Where ONNX Runtime lies on this machine; fetched on the first call ever. */
export const onnxRuntimePath = (): Promise<string> => locateOnnxRuntime(options);

export const onnxRuntime = (): Promise<OnnxRuntime> => loadOnnxRuntime(options);
