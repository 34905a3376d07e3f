import { InfrastructureError, UsageError } from '../errors.ts';
import type { HostOutcome } from './code-host.ts';
import { type FailedCall, refusalOf } from './decide/refusal.ts';

/** GitHub does not let this token do it, or not see it: the user must give a permission. */
export class RefusedError extends UsageError {
  readonly status: number;

  constructor(reason: string, details: { status: number; remedy: string; cause?: unknown }) {
    super(capitalised(reason), details);
    this.status = details.status;
  }
}

/** GitHub did not do it, for a reason that no permission changes. `status` is undefined where no answer came. */
export class GitHubError extends InfrastructureError {
  readonly status: number | undefined;

  constructor(reason: string, details: { status: number | undefined; remedy: string; cause?: unknown }) {
    super(capitalised(reason), details);
    this.status = details.status;
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function noToken(): RefusedError {
  return new RefusedError('no token was given, so that GitHub cannot be asked.', {
    status: 401,
    remedy: 'Leave the input "token" at its default, or give one.',
  });
}

/** Turns a failed call into the error that a user can act on. */
export function explain(call: FailedCall, cause: unknown): RefusedError | GitHubError {
  const { kind, reason, remedy } = refusalOf(call);
  switch (kind) {
    case 'unauthorized':
    case 'forbidden':
    case 'absent':
      return new RefusedError(reason, { status: call.status ?? 404, remedy, cause });
    default:
      return new GitHubError(reason, { status: call.status, remedy, cause });
  }
}

/** True where GitHub said that it has no such thing (or that this token may not see it). */
export function isAbsent(error: unknown): boolean {
  return error instanceof RefusedError && (error.status === 404 || error.status === 410);
}

/** True where GitHub no longer takes the token: one that is dead stays dead. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof RefusedError && error.status === 401;
}

/** What a call ends as whose permission may be missing; anything else is thrown on. */
export async function outcomeOf(call: () => Promise<HostOutcome>): Promise<HostOutcome> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { done: false, reason: `${error.message} ${error.remedy ?? ''}`.trim() };
  }
}
