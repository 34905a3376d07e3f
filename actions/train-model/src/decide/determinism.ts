/**
 * The variables by which a training is repeated: seeds where there is one, and the switches that make frameworks
 * deterministic where that is asked for. What needs code (`torch.manual_seed`) is the command's own, by TRAINYARD_SEED.
 */
export function determinismVariables(seed: number | null, deterministic: boolean): Record<string, string> {
  const text = String(seed);
  return {
    // Python's hashes of text, and with them the order of sets; Lightning's `seed_everything` without an argument.
    ...(seed === null ? {} : { TRAINYARD_SEED: text, PYTHONHASHSEED: text, PL_GLOBAL_SEED: text }),
    // cuBLAS needs a fixed workspace before CUDA begins (cuBLAS manual, "Results Reproducibility"); TensorFlow takes
    // only deterministic operations; TF32 would round inputs of matrix products differently from card to card.
    ...(deterministic
      ? { CUBLAS_WORKSPACE_CONFIG: ':4096:8', TF_DETERMINISTIC_OPS: '1', NVIDIA_TF32_OVERRIDE: '0' }
      : {}),
  };
}

/** The names of all those variables. */
const NAMES = Object.keys(determinismVariables(0, true));

/** Those of them that a command gets, whoever set them: sorted, for the record. */
export function givenDeterminism(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    [...NAMES].sort().flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
