import type { InferenceSession, TensorConstructor } from 'onnxruntime-common';
import { InfrastructureError } from '../errors.ts';

export type OnnxSession = InferenceSession;

/** The part of onnxruntime-node that is used. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(path: string, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

const hasMember = (value: unknown, name: string): value is Record<string, unknown> =>
  value !== null && (typeof value === 'object' || typeof value === 'function') && name in value;

/** Makes sure that what was loaded is ONNX Runtime; `source` says where it came from. */
export function asOnnxRuntime(module: unknown, source: string): OnnxRuntime {
  if (isOnnxRuntime(module)) return module;
  throw new InfrastructureError(`What lies at ${source} is not the module onnxruntime-node.`);
}

function isOnnxRuntime(module: unknown): module is OnnxRuntime {
  return (
    hasMember(module, 'InferenceSession') &&
    hasMember(module['InferenceSession'], 'create') &&
    typeof module['InferenceSession']['create'] === 'function' &&
    typeof module['Tensor'] === 'function'
  );
}
