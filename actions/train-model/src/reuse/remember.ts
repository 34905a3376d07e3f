import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ActionContext, Outcome } from '../../../../shared/action/action.ts';
import { completeSection } from '../../../../shared/action/complete.ts';
import { messageOf } from '../../../../shared/errors.ts';
import { createArtifacts } from '../../../../shared/record/artifacts.ts';
import type { FileReference } from '../../../../shared/record/common.ts';
import { textOf } from '../../../../shared/record/disk-store.ts';
import { placeOf } from '../../../../shared/record/reference-path.ts';
import type { Fingerprint } from '../../../../shared/record/training-section.ts';
import { unknownComponents } from '../fingerprint/fingerprint.ts';
import type { Inputs } from '../inputs.ts';
import { cacheEntries, cacheRoot, MAX_CACHED_BYTES, withCache } from './cache-entry.ts';
import { SECTION_FILE } from './in-cache.ts';
import { trainedArtifactName } from './trained-artifact.ts';

export interface RememberOptions {
  readonly inputs: Inputs;
  readonly context: ActionContext;
  readonly fingerprint: Fingerprint;
  readonly outcome: Outcome<'training'>;
}

/**
 * Leaves a training that passed where a later one with an equal fingerprint finds it: in the cache, and as an artifact
 * that other runs of the repository may read. A convenience: what fails is told, and never fails the step.
 */
export async function rememberTraining({
  inputs: { subject },
  context,
  fingerprint,
  outcome,
}: RememberOptions): Promise<void> {
  const { host, commit, logger, signal } = context;
  const { body } = outcome;
  // In a terminal the record itself is what is found; of a fork nothing is ever taken.
  if (host.kind === 'terminal' || commit.fork || outcome.verdict !== 'pass' || body === null) return;
  if (unknownComponents(fingerprint) !== undefined) return;
  if (body.reused?.from === 'cache' || body.reused?.from === 'record') return;
  try {
    const now = Date.now();
    const durationMs = body.attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0);
    const section = await completeSection({ kind: 'training' }, outcome, context, {
      startedAt: now - durationMs,
      now,
    });
    await saveAsArtifact(subject, textOf(section), fingerprint, context);
    await saveToCache(subject, textOf(section), body.files, fingerprint, context);
  } catch (error) {
    signal.throwIfAborted();
    logger.warning(`The training could not be kept for later runs to reuse: ${messageOf(error)}`);
  }
}

async function saveToCache(
  subject: string,
  text: string,
  files: readonly FileReference[],
  { sha256 }: Fingerprint,
  context: ActionContext,
): Promise<void> {
  const root = cacheRoot(context);
  if (root === undefined) return;
  const entries = cacheEntries(subject, sha256, root);
  await refill(entries.section.folder);
  await writeFile(join(entries.section.folder, SECTION_FILE), text);
  const kept = files.filter(({ role }) => role !== 'checkpoint');
  const small = kept.reduce((sum, { bytes }) => sum + bytes, 0) <= MAX_CACHED_BYTES;
  if (small && kept.length > 0) {
    await refill(entries.files.folder);
    for (const { path } of kept) {
      const place = placeOf(entries.files.folder, path);
      await mkdir(dirname(place), { recursive: true });
      await copyFile(placeOf(context.workingDirectory, path), place);
    }
  }
  await withCache('The training could not be kept in the cache', context, async (cache) => {
    // Files first: a section whose files are not there yet would be found by a run that begins now.
    if (small && kept.length > 0) await cache.saveCache([entries.files.folder], entries.files.key);
    await cache.saveCache([entries.section.folder], entries.section.key);
  });
}

async function refill(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

async function saveAsArtifact(
  subject: string,
  text: string,
  { sha256 }: Fingerprint,
  { host, environment, temporaryDirectory, logger, signal }: ActionContext,
): Promise<void> {
  const offered = [environment['ACTIONS_RUNTIME_TOKEN'], environment['ACTIONS_RESULTS_URL']];
  if (!host.hasArtifacts || offered.some((value) => value === undefined || value === '')) return;
  const name = trainedArtifactName(subject, sha256);
  const folder = join(temporaryDirectory, 'trained');
  await refill(folder);
  const file = join(folder, SECTION_FILE);
  await writeFile(file, text);
  if ((await createArtifacts().upload(name, folder, [file], signal)) === undefined) {
    logger.debug(`The run has an artifact ${name} already: another leg trained the same.`);
  }
}
