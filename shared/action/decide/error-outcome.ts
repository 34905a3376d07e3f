import { type AnyExpectedError, isExpected, messageOf } from '../../errors.ts';
import type { Blame } from '../../record/common.ts';

export interface ErrorFacts {
  readonly summary: string;
  readonly blame: Blame;
  readonly usage: boolean;
  /** A defect of ours: the stack belongs into the log. */
  readonly defect: boolean;
  readonly where: AnyExpectedError['where'];
}

/** Turns anything that was thrown into what the report says of it. */
export function errorFactsOf(error: unknown, cancelled: boolean): ErrorFacts {
  if (cancelled) {
    const message = 'Cancelled before it ended.';
    return {
      summary: message,
      blame: { owner: 'infrastructure', message, remedy: 'Run it again.', contact: null },
      usage: false,
      defect: false,
      where: undefined,
    };
  }
  if (isExpected(error)) {
    return {
      summary: error.message,
      blame: { owner: error.owner, message: error.message, remedy: error.remedy ?? null, contact: null },
      usage: error.owner === 'configuration',
      defect: false,
      where: error.where,
    };
  }
  const message = `Trainyard failed in a way that it does not know: ${messageOf(error)}`;
  return {
    summary: message,
    blame: {
      owner: 'infrastructure',
      message,
      remedy:
        'This is a defect of Trainyard, or the machine is out of memory or disk. The log holds the stack.',
      contact: null,
    },
    usage: false,
    defect: true,
    where: undefined,
  };
}
