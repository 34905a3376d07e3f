import { relative, sep } from 'node:path';
import { git } from '../../../shared/github/git.ts';
import type { Declared } from '../../../shared/record/training-section.ts';
import type { Inputs } from './inputs.ts';

/** What a step declared, with paths that hold on every machine: by it `trainyard reproduce` repeats the training. */
export async function declaredBy(
  inputs: Pick<
    Inputs,
    'outputs' | 'metrics' | 'metricsSeries' | 'metricsSources' | 'stopOn' | 'paths' | 'dataPaths'
  >,
  workingDirectory: string,
  signal: AbortSignal,
): Promise<Declared> {
  const plain = (path: string): string => relative(workingDirectory, path).split(sep).join('/') || '.';
  const answer = await git(workingDirectory, ['rev-parse', '--show-prefix'], signal);
  // Git ends it with a slash, and with a newline; at the root of the repository it is empty.
  const prefix = answer?.toString('utf8').replace(/\/?\n?$/, '') ?? '';
  return {
    workingDirectory: prefix === '' ? '.' : prefix,
    outputs: inputs.outputs.map(({ role, glob }) => ({ role, glob })),
    metrics: inputs.metrics === undefined ? null : plain(inputs.metrics),
    metricsSeries: inputs.metricsSeries === undefined ? null : plain(inputs.metricsSeries),
    metricsSources: [...inputs.metricsSources],
    stopOn: [...inputs.stopOn],
    paths: inputs.paths.map(plain),
    dataPaths: inputs.dataPaths.map(plain),
  };
}
