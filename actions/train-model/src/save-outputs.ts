import type { ActionContext } from '../../../shared/action/action.ts';
import type { FileReference } from '../../../shared/record/common.ts';
import { saveFilesToStore } from '../../../shared/stores/save-files.ts';
import type { Inputs } from './inputs.ts';

/** Makes the outputs available to later steps and jobs: as an artifact, and large ones in the store that was named. */
export async function saveOutputs(
  inputs: Inputs,
  context: ActionContext,
  directory: string,
  files: readonly FileReference[],
): Promise<FileReference[]> {
  const { stored, others } = await saveFilesToStore({
    store: inputs.store,
    // A terminal has no artifact that could be too large.
    limitBytes: context.host.kind === 'terminal' ? Infinity : inputs.artifactLimitBytes,
    files,
    directory,
    context,
  });
  const saved = await context.store.saveFiles(inputs.subject, directory, others, context.signal);
  const byPath = new Map([...stored, ...saved].map((file) => [file.path, file]));
  return files.flatMap(({ path }) => byPath.get(path) ?? []);
}
