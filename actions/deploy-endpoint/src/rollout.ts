import type { Logger } from '../../../shared/action/logger.ts';
import {
  InfrastructureError,
  isExpected,
  messageOf,
  type Owner,
  SubjectError,
  UsageError,
} from '../../../shared/errors.ts';
import type { BodyOf } from '../../../shared/record/section.ts';
import type { Result } from '../../../shared/verdict.ts';
import type { Failure } from './decide/conclusion.ts';
import type { GoldenRow } from './decide/golden-rows.ts';
import { nextStep, type Rollout, type Step, type StepDone } from './decide/rollout.ts';
import { type SmokeTest, smokeTest } from './smoke-test.ts';
import type { Deployable, EndpointTarget, Revision } from './targets/target.ts';
import { waitUntilReady } from './wait-until-ready.ts';

export interface RolloutOptions {
  readonly rollout: Rollout;
  readonly target: EndpointTarget;
  readonly deployable: Deployable;
  /** Captured before anything was touched. */
  readonly previous: Revision | undefined;
  readonly golden: readonly GoldenRow[];
  readonly tolerance: number;
  readonly readyTimeoutMs: number;
  /** Moves alias `production`. Called once the endpoint serves the new version and has passed the smoke test. */
  readonly moveAlias: (signal: AbortSignal) => Promise<void>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface RolloutResult {
  readonly steps: BodyOf<'deployment'>['steps'];
  readonly done: readonly StepDone[];
  readonly failure: Failure | undefined;
  readonly smokeTest: SmokeTest | undefined;
  /** Where the endpoint is; undefined where it was never reached. */
  readonly url: string | undefined;
}

/** What restores a defined state must not be stopped by the cancellation that made it necessary. */
const CLEAN_UP_MS = 60_000;
const CLEAN_UP_STEPS: readonly Step[] = ['restore', 'verify-restore', 'remove'];

/** Carries out a rollout step by step, as `nextStep` says, and notes how each went. */
export async function runRollout(options: RolloutOptions): Promise<RolloutResult> {
  const { rollout, logger } = options;
  const steps: BodyOf<'deployment'>['steps'][number][] = [];
  const done: StepDone[] = [];
  const run = new Run(options);
  let failure: Failure | undefined;

  for (let step = nextStep(rollout, done); step !== undefined; step = nextStep(rollout, done)) {
    const startedAt = performance.now();
    const note = (result: Result, detail: string | null): void => {
      steps.push({ name: step, result, durationMs: performance.now() - startedAt, detail });
      logger.info(`  ${step}: ${result}${detail === null ? '' : ` (${detail})`}`);
    };
    const signal = CLEAN_UP_STEPS.includes(step) ? AbortSignal.timeout(CLEAN_UP_MS) : options.signal;
    try {
      signal.throwIfAborted();
      const { broken, detail } = await run[step](signal);
      done.push({ step, result: broken ? 'broken' : 'ok' });
      note(broken ? 'warn' : 'pass', detail);
    } catch (error) {
      done.push({ step, result: 'failed' });
      const cancelled = signal.aborted && signal === options.signal;
      // The new revision serves; that the old one lingers is not worth a rollback.
      note(step === 'confirm' ? 'warn' : isModels(error) ? 'fail' : 'error', messageOf(error));
      if (error instanceof UsageError && servesAsBefore(step, options)) {
        // What serves was not touched, and the user can mend it: the shell says so with exit code 2.
        await run.remove(AbortSignal.timeout(CLEAN_UP_MS));
        throw error;
      }
      failure ??= { step, ...ownerOf(error), message: messageOf(error), cancelled };
    }
  }
  return { steps, done, failure, smokeTest: run.smokeTest, url: run.url };
}

/** Up to that step nothing that serves was touched: to remove the new revision leaves all as it was. */
const servesAsBefore = (step: Step, { rollout, previous }: RolloutOptions): boolean =>
  (step === 'apply' && previous === undefined) ||
  step === 'smoke-test-dark' ||
  (step === 'smoke-test' && rollout.mode === 'plan');

const isModels = (error: unknown): boolean => error instanceof SubjectError;

function ownerOf(error: unknown): { owner: Owner; remedy: string | null } {
  return isExpected(error)
    ? { owner: error.owner, remedy: error.remedy ?? null }
    : { owner: 'infrastructure', remedy: null };
}

interface StepNote {
  readonly broken: boolean;
  readonly detail: string | null;
}
const OK: StepNote = { broken: false, detail: null };

/** One method for each step. */
class Run implements Record<Step, (signal: AbortSignal) => Promise<StepNote>> {
  smokeTest: SmokeTest | undefined;
  /** Where the endpoint is. */
  url: string | undefined;
  readonly #options: RolloutOptions;
  /** Where the new revision answers itself. */
  #directUrl = '';

  constructor(options: RolloutOptions) {
    this.#options = options;
  }

  /** What serves now must answer: where it cannot be reached, a rollback could not be told from a success. */
  async probe(signal: AbortSignal): Promise<StepNote> {
    const { target, version } = this.#previous();
    const observation = await target.observe(this.#previous().id, signal);
    if (observation.state === 'ready') return { broken: false, detail: version };
    if (observation.state === 'failed') {
      return {
        broken: true,
        detail: `${version} has failed, there is nothing to return to: ${observation.reason}`,
      };
    }
    throw new InfrastructureError(`${version} serves now and does not answer: ${observation.reason}`);
  }

  async apply(signal: AbortSignal): Promise<StepNote> {
    await this.#options.target.apply(this.#options.deployable, signal);
    return { broken: false, detail: this.#options.deployable.id };
  }

  async ready(signal: AbortSignal): Promise<StepNote> {
    const { target, deployable, readyTimeoutMs } = this.#options;
    this.#directUrl = await waitUntilReady({
      target,
      revision: deployable.id,
      timeoutMs: readyTimeoutMs,
      signal,
    });
    this.url ??= this.#options.rollout.mode === 'plan' ? this.#directUrl : undefined;
    return OK;
  }

  async 'smoke-test-dark'(signal: AbortSignal): Promise<StepNote> {
    return this.#smokeTest(this.#directUrl, signal);
  }

  async shift(signal: AbortSignal): Promise<StepNote> {
    const { target, deployable, previous } = this.#options;
    this.url = await target.shift(deployable.id, previous?.id, signal);
    return { broken: false, detail: this.url };
  }

  async 'smoke-test'(signal: AbortSignal): Promise<StepNote> {
    return this.#smokeTest(this.url ?? this.#directUrl, signal);
  }

  async alias(signal: AbortSignal): Promise<StepNote> {
    await this.#options.moveAlias(signal);
    return { broken: false, detail: `production -> ${this.#options.deployable.version}` };
  }

  async confirm(signal: AbortSignal): Promise<StepNote> {
    await this.#options.target.confirm(this.#options.deployable.id, signal);
    return OK;
  }

  async restore(signal: AbortSignal): Promise<StepNote> {
    const { target, id, version } = this.#previous();
    this.url = await target.restore(id, signal);
    return { broken: false, detail: version };
  }

  async 'verify-restore'(signal: AbortSignal): Promise<StepNote> {
    const { target, id } = this.#previous();
    await waitUntilReady({ target, revision: id, timeoutMs: this.#options.readyTimeoutMs, signal });
    return OK;
  }

  async remove(signal: AbortSignal): Promise<StepNote> {
    await this.#options.target.remove(this.#options.deployable.id, signal);
    return OK;
  }

  async #smokeTest(url: string, signal: AbortSignal): Promise<StepNote> {
    const { target, deployable, golden, tolerance } = this.#options;
    this.smokeTest = await smokeTest({
      url,
      model: deployable.model,
      golden,
      tolerance,
      revision: target.kind === 'local' ? deployable.id : undefined,
      signal,
    });
    const { result, reason, agreeing, goldenRows, requests } = this.smokeTest;
    if (result === 'fail') throw new SubjectError('model', `The smoke test failed: ${reason ?? ''}`);
    if (result === 'not-run') return { broken: false, detail: reason };
    return { broken: false, detail: `${requests} requests, ${agreeing} of ${goldenRows} golden rows agree` };
  }

  #previous(): Revision & { target: EndpointTarget } {
    const { previous, target } = this.#options;
    if (previous === undefined) throw new Error('A rollout that replaces nothing has nothing to restore.');
    return { ...previous, target };
  }
}
