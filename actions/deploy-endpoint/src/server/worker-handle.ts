import { type ChildProcess, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import type { NewRevision, RevisionStatus } from './control-protocol.ts';
import { type WorkerAnswer, workerAnswerSchema, type WorkerStart } from './messages.ts';
import type { Upstream } from './proxy.ts';

export interface WorkerOptions {
  readonly entry: string;
  readonly threads: number;
  readonly onnxruntimePath: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/** A worker that crashes again and again is broken: after so many new starts it is left down. */
const MAX_RESTARTS = 3;
/** The first pause before a new start; it doubles. */
const RESTART_DELAY_MS = 200;
/** Requests in flight have so long to end before their worker is stopped. */
const DRAIN_MS = 30_000;
/** A worker that was told to end has so long before it is killed. */
const STOP_MS = 2_000;
const POLL_MS = 20;

/** One revision: the process that serves it, started again when it crashes, and the requests that it answers. */
export class WorkerHandle {
  readonly spec: NewRevision;
  readonly #options: WorkerOptions;
  readonly #agent = new Agent({ keepAlive: true });
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #restartTimer: NodeJS.Timeout | undefined;
  #port: number | undefined;
  #inFlight = 0;
  #restarts = 0;
  #stopping = false;
  #failure: RevisionStatus['failure'] = null;

  constructor(spec: NewRevision, options: WorkerOptions) {
    this.spec = spec;
    this.#options = options;
    this.#start();
  }

  status(): RevisionStatus {
    const { id, version, modelDigest } = this.spec;
    const serving = this.#port !== undefined;
    return {
      id,
      version,
      modelDigest,
      state: serving ? 'serving' : this.#failure === null ? 'starting' : 'failed',
      url: this.#port === undefined ? null : `http://127.0.0.1:${this.#port}`,
      restarts: this.#restarts,
      failure: this.#failure,
    };
  }

  /** Takes one request; the caller says when it is done. */
  take(): Upstream | { readonly unavailable: string } {
    if (this.#port === undefined) {
      const state = this.#failure === null ? 'is starting' : 'has failed';
      return { unavailable: `The server of version ${this.spec.version} ${state}.` };
    }
    this.#inFlight++;
    const done = (): void => {
      this.#inFlight--;
    };
    return { port: this.#port, agent: this.#agent, done };
  }

  /** Lets requests in flight end, then ends the process. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const deadline = Date.now() + DRAIN_MS;
    while (this.#inFlight > 0 && this.#port !== undefined && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const child = this.#child;
    if (child?.connected === true) child.disconnect();
    const killer = setTimeout(() => child?.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(killer);
    this.#agent.destroy();
  }

  #start(): void {
    const { entry, threads, onnxruntimePath, environment } = this.#options;
    const child = spawn(process.execPath, [entry], {
      env: environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#ended(`exit code ${code ?? 'none'}, signal ${signal ?? 'none'}`);
        resolve();
      });
      child.once('error', (error) => {
        this.#ended(error.message);
        resolve();
      });
    });
    child.on('message', (message) => this.#heard(workerAnswerSchema.parse(message)));
    const { id, model, version, path, label } = this.spec;
    const start: WorkerStart = {
      type: 'start',
      revision: id,
      model,
      version,
      path,
      label,
      threads,
      onnxruntimePath,
    };
    child.send(start, () => undefined); // A child that is gone already is told by its exit.
  }

  #heard(answer: WorkerAnswer): void {
    if (answer.type === 'listening') {
      this.#port = answer.port;
      this.#options.log(`${this.spec.id}: listening on port ${answer.port}`);
      return;
    }
    // It has said why; a new start would end alike.
    this.#failure = { owner: answer.owner, message: answer.message };
    this.#options.log(`${this.spec.id}: ${answer.message}`);
    if (this.#child?.connected === true) this.#child.disconnect();
  }

  #ended(how: string): void {
    this.#port = undefined;
    if (this.#stopping || this.#failure !== null) return;
    this.#options.log(`${this.spec.id}: its worker ended: ${how}`);
    if (this.#restarts >= MAX_RESTARTS) {
      const message = `The server of version ${this.spec.version} crashed ${this.#restarts + 1} times; at last: ${how}.`;
      this.#failure = { owner: 'model', message };
      return;
    }
    this.#restartTimer = setTimeout(
      () => {
        this.#restarts++;
        this.#start();
      },
      RESTART_DELAY_MS * 2 ** this.#restarts,
    );
  }
}
