import { rm } from 'node:fs/promises';
import { InfrastructureError } from '../../../../shared/errors.ts';
import type { Logger } from '../../../../shared/action/logger.ts';
import { type Connection, connect } from '../server/control-client.ts';
import { type LaunchOptions, launchSupervisor } from '../server/launch.ts';
import { revisionFolder } from '../server/supervisor.ts';
import type { Deployable, EndpointTarget, Observation, Revision } from './target.ts';

export interface LocalTargetOptions extends Omit<LaunchOptions, 'signal'> {
  readonly logger: Logger;
}

/** A probe that is not answered in this time counts as no answer. */
const PROBE_TIMEOUT_MS = 5_000;

/** Serves ONNX models on 127.0.0.1: a supervisor owns the port, each revision has a process of its own behind it. */
export class LocalTarget implements EndpointTarget {
  readonly kind = 'local';
  readonly dark = true;
  readonly #options: LocalTargetOptions;

  constructor(options: LocalTargetOptions) {
    this.#options = options;
  }

  folderOf(revision: string): string {
    return revisionFolder(this.#options.folder, revision);
  }

  async current(signal: AbortSignal): Promise<Revision | undefined> {
    const connection = await this.#connect(signal);
    const active = connection?.status.revisions.find(({ id }) => id === connection.status.active);
    return active && { id: active.id, version: active.version, modelDigest: active.modelDigest };
  }

  async apply(deployable: Deployable, signal: AbortSignal): Promise<void> {
    const { id, model, version, modelDigest, path, label } = deployable;
    const { port, endpoint, logger } = this.#options;
    let connection = await this.#connect(signal);
    if (connection === undefined) {
      await launchSupervisor({ ...this.#options, signal });
      connection = await this.#connected(signal);
    } else if (port !== 0 && port !== connection.state.port) {
      logger.warning(
        `The endpoint "${endpoint}" is on port ${connection.state.port} already and stays there; the input "port" is ${port}.`,
      );
    }
    await connection.client.add({ id, model, version, modelDigest, path, label }, signal);
  }

  async observe(revision: string, signal: AbortSignal): Promise<Observation> {
    const { status } = await this.#connected(signal);
    const found = status.revisions.find(({ id }) => id === revision);
    if (found === undefined) {
      return {
        state: 'failed',
        owner: 'infrastructure',
        reason: `The endpoint has no revision ${revision}.`,
      };
    }
    if (found.failure !== null) {
      return { state: 'failed', owner: found.failure.owner, reason: found.failure.message };
    }
    if (found.url === null) return { state: 'waiting', reason: 'Its server is starting.' };
    return probe(`${found.url}/v2/health/ready`, found.url, signal);
  }

  async shift(revision: string, expected: string | undefined, signal: AbortSignal): Promise<string> {
    const { client } = await this.#connected(signal);
    return (await client.shift(revision, expected ?? null, signal)).url;
  }

  async restore(revision: string, signal: AbortSignal): Promise<string> {
    const { client } = await this.#connected(signal);
    return (await client.restore(revision, signal)).url;
  }

  async confirm(revision: string, signal: AbortSignal): Promise<void> {
    await (await this.#connected(signal)).client.confirm(revision, signal);
  }

  async remove(revision: string, signal: AbortSignal): Promise<void> {
    await (await this.#connect(signal))?.client.stopRevision(revision, signal);
    // Also where no supervisor ever knew it: its files were brought before it was started.
    await rm(this.folderOf(revision), { recursive: true, force: true });
  }

  #connect(signal: AbortSignal): Promise<Connection | undefined> {
    const { folder, endpoint, logger } = this.#options;
    return connect(folder, signal, ({ pid }) =>
      logger.warning(
        `The supervisor of the endpoint "${endpoint}" (process ${pid}) is gone. What it served has ended.`,
      ),
    );
  }

  async #connected(signal: AbortSignal): Promise<Connection> {
    const connection = await this.#connect(signal);
    if (connection !== undefined) return connection;
    throw new InfrastructureError(`The supervisor of the endpoint "${this.#options.endpoint}" is gone.`);
  }
}

/** Asks once whether a server is ready. The status code alone counts: servers differ in their bodies. */
export async function probe(readyUrl: string, url: string, signal: AbortSignal): Promise<Observation> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
    const response = await fetch(readyUrl, { signal: limit, redirect: 'manual' });
    await response.arrayBuffer();
    return response.ok
      ? { state: 'ready', url }
      : { state: 'waiting', reason: `It answers with status ${response.status}.` };
  } catch {
    signal.throwIfAborted();
    return { state: 'waiting', reason: 'It does not answer.' };
  }
}
