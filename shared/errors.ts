/** Whose a failure is; a report says it, so that the right person looks. */
export const OWNERS = ['data', 'code', 'infrastructure', 'model', 'configuration'] as const;
export type Owner = (typeof OWNERS)[number];

interface ErrorDetails {
  /** What to do about it, as a full sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
  /** The file and line that the error is about, relative to the workspace. */
  readonly where?: { readonly file: string; readonly line?: number };
}

/** Base of all errors that are expected: the message alone tells the user what to do, no stack is shown. */
abstract class ExpectedError extends Error {
  readonly remedy: string | undefined;
  readonly where: ErrorDetails['where'];
  abstract readonly owner: Owner;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.remedy = details.remedy;
    this.where = details.where;
  }
}

/** Used wrongly: an input, a file or a setting of the user's. Exit code 2 of the command. */
export class UsageError extends ExpectedError {
  readonly owner = 'configuration';
}

/** Could not be measured through nobody's fault here: a service, the network, the machine. Exit code 4. */
export class InfrastructureError extends ExpectedError {
  readonly owner = 'infrastructure';
}

/** The user's code, data or model made the measurement impossible (not: broke a rule). Exit code 4. */
export class SubjectError extends ExpectedError {
  readonly owner: Owner;

  constructor(owner: 'data' | 'code' | 'model', message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.owner = owner;
  }
}

export type AnyExpectedError = UsageError | InfrastructureError | SubjectError;

export function isExpected(error: unknown): error is AnyExpectedError {
  return error instanceof ExpectedError;
}

/** The message of anything that was thrown, for use inside another message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
