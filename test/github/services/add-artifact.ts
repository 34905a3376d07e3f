import { createHash } from 'node:crypto';
import type { Artifact, World } from '../world.ts';
import { zip } from '../zip.ts';
import type { BlobStore } from './blobs.ts';

/** Puts an artifact into a run, whole and finalized, as if a job of its newest attempt had uploaded it. */
export function addArtifact(
  world: World,
  blobs: BlobStore,
  runId: number,
  name: string,
  files: Readonly<Record<string, string | Buffer>>,
): Artifact {
  const run = world.runs.find((one) => one.id === runId);
  if (run === undefined) throw new Error(`The fake has no run ${runId}`);
  const content = zip(files);
  const id = world.nextId();
  const blob = `artifact-${id}.zip`;
  blobs.put(blob, content, 'application/zip');
  const job = world.addJob(run, run.attempt);
  const artifact: Artifact = {
    id,
    name,
    runId,
    attempt: run.attempt,
    runBackendId: job.runBackendId,
    jobBackendId: job.jobBackendId,
    blob,
    created: world.now(),
    size: content.length,
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    finalized: true,
  };
  world.artifacts.push(artifact);
  return artifact;
}
