import { InfrastructureError, messageOf } from '../../../../shared/errors.ts';
import {
  controlErrorSchema,
  type EndpointStatus,
  endpointStatusSchema,
  type NewRevision,
} from './control-protocol.ts';
import { isRunning } from './process-identity.ts';
import { type EndpointState, readState, removeState } from './state-file.ts';

/** Ending a revision waits for its requests in flight. */
const COMMAND_TIMEOUT_MS = 40_000;
/** The status is at hand; a supervisor that is silent for so long hangs. */
const STATUS_TIMEOUT_MS = 5_000;
/** A supervisor without revisions has only its own two ports to close. */
const END_MS = 5_000;
const POLL_MS = 20;

/** Commands to the supervisor of one endpoint. */
export class ControlClient {
  readonly #state: EndpointState;

  constructor(state: EndpointState) {
    this.#state = state;
  }

  status(signal: AbortSignal): Promise<EndpointStatus> {
    return this.#send(
      'GET',
      '/status',
      undefined,
      AbortSignal.any([signal, AbortSignal.timeout(STATUS_TIMEOUT_MS)]),
    );
  }
  add(revision: NewRevision, signal: AbortSignal): Promise<EndpointStatus> {
    return this.#send('POST', '/revisions', revision, signal);
  }
  shift(to: string, expected: string | null, signal: AbortSignal): Promise<EndpointStatus> {
    return this.#send('POST', '/shift', { to, expected }, signal);
  }
  restore(to: string, signal: AbortSignal): Promise<EndpointStatus> {
    return this.#send('POST', '/restore', { to }, signal);
  }
  confirm(revision: string, signal: AbortSignal): Promise<EndpointStatus> {
    return this.#send('POST', '/confirm', { revision }, signal);
  }
  /** Ends a revision; with the last one the supervisor ends, and its port is free when this returns. */
  async stopRevision(revision: string, signal: AbortSignal): Promise<void> {
    const { revisions } = await this.#send('POST', '/stop-revision', { revision }, signal);
    if (revisions.length === 0) await this.#ended();
  }
  async stop(signal: AbortSignal): Promise<void> {
    await this.#send('POST', '/stop', {}, signal);
    await this.#ended();
  }

  async #ended(): Promise<void> {
    const deadline = Date.now() + END_MS;
    while (Date.now() < deadline && (await isRunning(this.#state.pid, this.#state.startTime))) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #send(
    method: string,
    path: string,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<EndpointStatus> {
    const { endpoint, controlPort, token } = this.#state;
    const response = await fetch(`http://127.0.0.1:${controlPort}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(COMMAND_TIMEOUT_MS)]),
    }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new InfrastructureError(
        `The supervisor of the endpoint "${endpoint}" does not answer: ${messageOf(cause)}.`,
        {
          cause,
        },
      );
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return endpointStatusSchema.parse(answer);
    const refusal = controlErrorSchema.safeParse(answer).data?.error ?? `status ${response.status}`;
    throw new InfrastructureError(`The endpoint "${endpoint}" refused: ${refusal}`);
  }
}

export interface Connection {
  readonly client: ControlClient;
  readonly state: EndpointState;
  readonly status: EndpointStatus;
}

/**
 * Finds the supervisor that serves an endpoint. The state that one left that ended without clearing up, by a crash
 * or a reboot, is removed, and told by `onStale`; one that runs and does not answer is an error.
 */
export async function connect(
  folder: string,
  signal: AbortSignal,
  onStale: (state: EndpointState) => void = () => undefined,
): Promise<Connection | undefined> {
  const state = await readState(folder);
  if (state === undefined) return undefined;
  const client = new ControlClient(state);
  try {
    return { client, state, status: await client.status(signal) };
  } catch (cause) {
    signal.throwIfAborted();
    if (await isRunning(state.pid, state.startTime)) {
      throw new InfrastructureError(
        `The supervisor of the endpoint "${state.endpoint}" (process ${state.pid}) runs and does not answer.`,
        { remedy: `End it with: trainyard stop --endpoint ${state.endpoint}`, cause },
      );
    }
    await removeState(folder);
    onStale(state);
    return undefined;
  }
}
