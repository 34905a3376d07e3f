import { relative, sep } from 'node:path';
import type { DeclaredOutput } from './engines/engine.ts';
import type { Inputs } from './inputs.ts';

/** The metrics files travel with the others, without being declared twice. */
export function metricsOutputs(
  { metrics, metricsSeries, outputs }: Pick<Inputs, 'metrics' | 'metricsSeries' | 'outputs'>,
  directory: string,
): DeclaredOutput[] {
  const named = [
    { input: 'metrics', path: metrics },
    { input: 'metrics-series', path: metricsSeries },
  ];
  return named.flatMap(({ input, path }) => {
    if (path === undefined) return [];
    const glob = relative(directory, path).split(sep).join('/');
    const declared = outputs.some((output) => output.glob === glob);
    return declared || glob.startsWith('../')
      ? []
      : [{ role: 'metrics', glob, label: `Input "${input}": "${glob}"` }];
  });
}
