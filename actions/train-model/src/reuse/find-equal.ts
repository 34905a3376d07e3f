import type { ActionContext } from '../../../../shared/action/action.ts';
import { variableOf } from '../../../../shared/action/inputs.ts';
import { isExpected, UsageError } from '../../../../shared/errors.ts';
import { RefusedError } from '../../../../shared/github/permission.ts';
import type { FileReference } from '../../../../shared/record/common.ts';
import type { Fingerprint, TrainingBody } from '../../../../shared/record/training-section.ts';
import type { Inputs } from '../inputs.ts';
import { unknownComponents } from '../fingerprint/fingerprint.ts';
import { metricsOutputs } from '../metrics-outputs.ts';
import { saveOutputs } from '../save-outputs.ts';
import { filesToRestore } from './decide/admit.ts';
import { type Compared, type Miss, missOf, sentenceOf } from './decide/nearest.ts';
import { lookInCache } from './in-cache.ts';
import { lookInRecord } from './in-record.ts';
import { lookInRegistry } from './in-registry.ts';
import { lookInRuns } from './in-runs.ts';
import { type Candidate, type Looked, notTaken, type Search } from './place.ts';
import { restoreFiles } from './restore.ts';

export interface Hit {
  readonly from: Candidate['from'];
  /** Where the earlier training lies, as a sentence names it. */
  readonly where: string;
  /** The earlier training. */
  readonly body: TrainingBody;
  /** Its files: verified, in the working directory, and kept for later steps and jobs of this run. */
  readonly files: readonly FileReference[];
}

export interface Found {
  readonly hit: Hit | undefined;
  /** Undefined where there is a hit, and where nothing was looked for. */
  readonly miss: Miss | undefined;
  /** What a reader of the report should know of it, in full sentences. */
  readonly notices: readonly string[];
}

export interface FindEqualOptions {
  readonly inputs: Inputs;
  readonly context: ActionContext;
  readonly fingerprint: Fingerprint;
}

/** What costs least is looked into first. */
const PLACES: readonly ((search: Search) => Promise<Looked>)[] = [
  lookInRecord,
  lookInCache,
  lookInRuns,
  lookInRegistry,
];

/**
 * Looks for an earlier training with an equal fingerprint, and restores its files. What cannot be read or does not
 * verify is no hit of that place, and the next one is asked.
 */
export async function findEqual({ inputs, context, fingerprint }: FindEqualOptions): Promise<Found> {
  const unknown = unknownComponents(fingerprint);
  if (unknown !== undefined) return { hit: undefined, miss: undefined, notices: [unknown] };
  const search: Search = {
    subject: inputs.subject,
    fingerprint,
    registry: inputs.registry,
    token: tokenOf(context.environment),
    context,
  };
  const notices: string[] = [];
  const compared: Compared[] = [];
  for (const look of PLACES) {
    const { candidates, notices: said } = await look(search);
    notices.push(...said);
    for (const candidate of candidates) {
      const { where, trained } = candidate;
      if (trained.fingerprint.sha256 === fingerprint.sha256) {
        const taken = await take(candidate, inputs, context);
        if ('hit' in taken) return { hit: taken.hit, miss: undefined, notices };
        notices.push(notTaken(where, taken.reason));
      }
      compared.push({ where, fingerprint: trained.fingerprint, created: trained.section.created });
    }
  }
  const miss = missOf(fingerprint, compared);
  return { hit: undefined, miss, notices: [...notices, sentenceOf(miss)] };
}

async function take(
  { from, where, trained, files: bring }: Candidate,
  inputs: Inputs,
  context: ActionContext,
): Promise<{ readonly hit: Hit } | { readonly reason: string }> {
  const { logger, signal, workingDirectory } = context;
  const outputs = [...inputs.outputs, ...metricsOutputs(inputs, workingDirectory)];
  const wanted = filesToRestore(trained, outputs);
  if ('reason' in wanted) return wanted;
  try {
    const files = await bring(await withinReach(wanted, inputs, context), signal);
    await restoreFiles(files, context);
    const saved = await saveOutputs(inputs, context, workingDirectory, files);
    logger.info(
      `An equal training was found in ${where}: its ${files.length} files were verified and taken.`,
    );
    return { hit: { from, where, body: trained.body, files: saved } };
  } catch (error) {
    signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    // What this step was told wrongly stays wrong after a training; what lies elsewhere is only not taken.
    if (error instanceof UsageError && !(error instanceof RefusedError)) throw error;
    return { reason: `could not be restored: ${error.message.replace(/\.$/, '')}` };
  }
}

/** A store is only read where this step names it: a record from elsewhere sends nobody to another one. */
async function withinReach(
  files: readonly FileReference[],
  { store: name }: Inputs,
  context: ActionContext,
): Promise<readonly FileReference[]> {
  if (!files.some(({ locations }) => locations.some(({ kind }) => kind === 'store'))) return files;
  let uri: string | undefined;
  if (name !== undefined) {
    const { openStore } = await import('../../../../shared/stores/open.ts');
    uri = (await openStore(name, context)).uri;
  }
  return files.map((file) => ({
    ...file,
    locations: file.locations.filter((location) => location.kind !== 'store' || location.store === uri),
  }));
}

/** As the shell reads it; an action that speaks to GitHub by itself needs it too. */
function tokenOf(environment: NodeJS.ProcessEnv): string | undefined {
  const token = environment[variableOf('token')]?.trim() ?? '';
  return token === '' ? environment['GITHUB_TOKEN'] : token;
}
