/** The two native libraries that are fetched when they are needed, pinned and verified. */
export const NATIVE_LIBRARIES = ['duckdb', 'onnxruntime'] as const;
export type NativeLibrary = (typeof NATIVE_LIBRARIES)[number];
