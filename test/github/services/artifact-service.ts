import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Answer, AnswerError } from '../http.ts';
import type { Artifact, Job, World } from '../world.ts';
import type { BlobStore } from './blobs.ts';

// Strict: a body that the client changed must be looked at, not swallowed.
const ids = { workflow_run_backend_id: z.string(), workflow_job_run_backend_id: z.string() };
const createSchema = z.strictObject({
  ...ids,
  name: z.string().min(1),
  version: z.number(),
  expires_at: z.string().optional(),
  mime_type: z.string().optional(),
});
const finalizeSchema = z.strictObject({
  ...ids,
  name: z.string(),
  size: z.string().optional(),
  hash: z.string().optional(),
});
const listSchema = z.strictObject({
  ...ids,
  name_filter: z.string().optional(),
  id_filter: z.string().optional(),
});
const namedSchema = z.strictObject({ ...ids, name: z.string() });

export function twirpError(status: number, code: string, message: string): AnswerError {
  return new AnswerError(status, { code, msg: message });
}

/** The artifact service of the runner's results API, as @actions/artifact speaks it (twirp over JSON). */
export class ArtifactService {
  readonly #world: World;
  readonly #blobs: BlobStore;
  readonly #baseUrl: () => string;

  constructor(world: World, blobs: BlobStore, baseUrl: () => string) {
    this.#world = world;
    this.#blobs = blobs;
    this.#baseUrl = baseUrl;
  }

  answer(method: string, body: unknown, job: Job): Answer {
    switch (method) {
      case 'CreateArtifact':
        return this.#create(createSchema.parse(body), job);
      case 'FinalizeArtifact':
        return this.#finalize(finalizeSchema.parse(body), job);
      case 'ListArtifacts':
        return this.#list(listSchema.parse(body), job);
      case 'GetSignedArtifactURL':
        return this.#sign(namedSchema.parse(body), job);
      case 'DeleteArtifact':
        return this.#delete(namedSchema.parse(body), job);
      default:
        throw twirpError(404, 'bad_route', `no handler for ${method}`);
    }
  }

  #ofRun(job: Job): Artifact[] {
    return this.#world.artifacts.filter((artifact) => artifact.runId === job.runId);
  }

  #newest(name: string, job: Job, finalized: boolean): Artifact {
    const found = this.#ofRun(job)
      .filter((artifact) => artifact.name === name && artifact.finalized === finalized)
      .at(-1);
    if (found === undefined) throw twirpError(404, 'not_found', `artifact ${name} not found`);
    return found;
  }

  #create(body: z.infer<typeof createSchema>, job: Job): Answer {
    // A re-run may use a name again; the same attempt may not.
    const taken = this.#ofRun(job).some(
      (artifact) => artifact.name === body.name && artifact.attempt === job.attempt,
    );
    if (taken) {
      throw twirpError(
        409,
        'already_exists',
        'an artifact with this name already exists on the workflow run',
      );
    }
    const id = this.#world.nextId();
    // The service stores a zip under .zip; one file that is not archived keeps its own name.
    const zipped = body.mime_type === undefined || body.mime_type === 'application/zip';
    const blob = `${id}/${zipped ? `${body.name}.zip` : body.name}`;
    const path = this.#blobs.create(blob);
    this.#world.artifacts.push({
      id,
      name: body.name,
      runId: job.runId,
      attempt: job.attempt,
      runBackendId: job.runBackendId,
      jobBackendId: job.jobBackendId,
      blob,
      created: new Date(),
      size: 0,
      digest: null,
      finalized: false,
    });
    return { status: 200, json: { ok: true, signed_upload_url: `${this.#baseUrl()}${path}` } };
  }

  #finalize(body: z.infer<typeof finalizeSchema>, job: Job): Answer {
    const artifact = this.#newest(body.name, job, false);
    const content = this.#blobs.content(artifact.blob);
    if (content === undefined) throw twirpError(400, 'failed_precondition', 'nothing was uploaded');
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    if (body.size !== undefined && Number(body.size) !== content.length) {
      throw twirpError(400, 'invalid_argument', `size is ${content.length}, not ${body.size}`);
    }
    if (body.hash !== undefined && body.hash !== digest) {
      throw twirpError(400, 'invalid_argument', `digest is ${digest}, not ${body.hash}`);
    }
    artifact.size = content.length;
    artifact.digest = digest;
    artifact.finalized = true;
    return { status: 200, json: { ok: true, artifact_id: String(artifact.id) } };
  }

  #list(body: z.infer<typeof listSchema>, job: Job): Answer {
    const found = this.#ofRun(job).filter(
      (artifact) =>
        artifact.finalized &&
        (body.name_filter === undefined || artifact.name === body.name_filter) &&
        (body.id_filter === undefined || String(artifact.id) === body.id_filter),
    );
    return {
      status: 200,
      json: {
        artifacts: found.map((artifact) => ({
          workflow_run_backend_id: artifact.runBackendId,
          workflow_job_run_backend_id: artifact.jobBackendId,
          database_id: String(artifact.id),
          name: artifact.name,
          size: String(artifact.size),
          created_at: artifact.created.toISOString(),
          digest: artifact.digest,
        })),
      },
    };
  }

  #sign(body: z.infer<typeof namedSchema>, job: Job): Answer {
    const artifact = this.#newest(body.name, job, true);
    return { status: 200, json: { signed_url: `${this.#baseUrl()}${this.#blobs.urlOf(artifact.blob)}` } };
  }

  #delete(body: z.infer<typeof namedSchema>, job: Job): Answer {
    const artifact = this.#newest(body.name, job, true);
    this.#world.artifacts.splice(this.#world.artifacts.indexOf(artifact), 1);
    this.#blobs.delete(artifact.blob);
    return { status: 200, json: { ok: true, artifact_id: String(artifact.id) } };
  }
}
