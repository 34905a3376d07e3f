import type { FileReference } from '../../../../../shared/record/common.ts';
import type { GateFile } from '../../gate-file/gate-file.ts';

/** The .onnx files among the files of a model. */
export function onnxFiles<T extends Pick<FileReference, 'path'>>(files: readonly T[]): readonly T[] {
  return files.filter(({ path }) => path.toLowerCase().endsWith('.onnx'));
}

/** Why the gate cannot compute the predictions of a model itself, as half a sentence; undefined where it can. */
export function whyNotExamined(
  gate: Pick<GateFile, 'examination' | 'evaluation'>,
  { scoreCommand }: { readonly scoreCommand: readonly string[] | undefined },
  files: readonly Pick<FileReference, 'path' | 'role'>[],
): string | undefined {
  const model = files.filter(({ role }) => role === 'model');
  if (gate.evaluation === undefined) return 'the gate file has no "evaluation"';
  if (gate.examination === undefined) return 'the gate file names no evaluation rows ("evaluation.rows")';
  if (model.length === 0) return 'there is no file of role model';
  if (scoreCommand !== undefined) return undefined;
  const found = onnxFiles(model).length;
  if (found === 1) return undefined;
  return found === 0
    ? 'no file of the model is an .onnx, and no "score-command" was given'
    : `the model has ${found} .onnx files, and no "score-command" tells what to do with them`;
}
