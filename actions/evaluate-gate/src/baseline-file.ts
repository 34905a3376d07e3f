import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { containedPath } from '../../../shared/action/contained-path.ts';
import { EVENTS_WITH_BASE, repositoryRoot } from '../../../shared/action/policy.ts';
import { UsageError } from '../../../shared/errors.ts';
import type { BaselineOptions, FoundBaseline } from './baseline.ts';
import { shown } from './candidate.ts';
import type { BaselineSource } from './gate-file/gate-file.ts';
import { holdsRows, predictionFile } from './metrics/prediction-file.ts';
import { readReported } from './reported/read-reported.ts';

/**
 * A baseline from files. The file that the gate file names is taken from the base commit where the policy is, because
 * the pull request could otherwise lower what it is compared with; the inputs' files come from the workflow.
 */
export async function fileBaseline(
  { inputs, evaluation, gate, context }: BaselineOptions,
  source: Extract<BaselineSource, { kind: 'file' }>,
): Promise<FoundBaseline> {
  const { workspace, workingDirectory, host, origin } = context;
  const label = `"${source.text}" in ${gate.file}`;
  const named = containedPath(workspace, workingDirectory, source.path, label);
  const rows = holdsRows(named);
  const replaced = rows ? inputs.baselinePredictions : inputs.baselineMetrics;
  const fromBase = replaced === undefined ? await copyFromBase(named, inputs.policyFrom, context) : undefined;
  const path = replaced ?? fromBase ?? named;
  if (!existsSync(path)) {
    throw new UsageError(`${gate.file}:${gate.line}: the baseline "${source.path}" does not exist.`, {
      remedy:
        'Commit it, or bring it in an earlier step; the path is relative to the input "working-directory".',
      where: gate,
    });
  }
  const ofThisRun =
    (inputs.baselineMetrics ?? inputs.baselinePredictions) !== undefined ||
    (fromBase === undefined && EVENTS_WITH_BASE.includes(context.origin.event));

  const metrics = rows ? inputs.baselineMetrics : path;
  const predictions = rows ? path : inputs.baselinePredictions;
  const name = (file: string): string => (file === fromBase ? source.path : shown(workingDirectory, file));
  return {
    kind: 'found',
    what: `file ${source.path}`,
    from: source.text,
    version: null,
    modelDigest: null,
    reported: metrics === undefined ? new Map() : await readReported(metrics, name(metrics), context.signal),
    predictions:
      predictions === undefined || evaluation === undefined
        ? undefined
        : predictionFile(predictions, name(predictions)),
    model: undefined,
    evaluationSetDigest: null,
    rowsSha256: null,
    notices: ofThisRun ? [CHANGEABLE] : [],
    inReach: ofThisRun && host.kind !== 'terminal' && EVENTS_WITH_BASE.includes(origin.event),
  };
}

const CHANGEABLE =
  'The baseline was read from files of this run, which the change under test could have written.';

async function copyFromBase(
  path: string,
  policyFrom: 'base' | 'head',
  { host, origin, workspace, temporaryDirectory, signal }: BaselineOptions['context'],
): Promise<string | undefined> {
  const { baseSha, event } = origin;
  if (
    host.kind === 'terminal' ||
    policyFrom === 'head' ||
    baseSha === null ||
    !EVENTS_WITH_BASE.includes(event)
  )
    return undefined;
  const name = relative(repositoryRoot(workspace, path), path).split(sep).join('/');
  const bytes = await host.fileAt(baseSha, name, signal);
  if (bytes === undefined) return undefined;
  const directory = join(temporaryDirectory, 'baseline');
  await mkdir(directory, { recursive: true });
  const copy = join(directory, basename(path));
  await writeFile(copy, bytes);
  return copy;
}
