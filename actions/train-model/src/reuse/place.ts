import type { ActionContext } from '../../../../shared/action/action.ts';
import type { FileReference } from '../../../../shared/record/common.ts';
import type { Fingerprint, TrainingBody } from '../../../../shared/record/training-section.ts';
import type { Trained } from './decide/admit.ts';

/** What a search for an equal training is given. */
export interface Search {
  readonly subject: string;
  readonly fingerprint: Fingerprint;
  readonly registry: string | undefined;
  readonly token: string | undefined;
  readonly context: ActionContext;
}

/** An earlier training as one place holds it. */
export interface Candidate {
  readonly from: NonNullable<TrainingBody['reused']>['from'];
  /** As a sentence names it. */
  readonly where: string;
  readonly trained: Trained;
  /**
   * The files with locations that can be reached from here; throws where they cannot be had. Only asked for an equal
   * fingerprint, as it may download.
   */
  readonly files: (files: readonly FileReference[], signal: AbortSignal) => Promise<readonly FileReference[]>;
}

/** One place in which earlier trainings lie: what it found, and what a reader should know of it. */
export interface Looked {
  readonly candidates: readonly Candidate[];
  readonly notices: readonly string[];
}

export const NOTHING: Looked = { candidates: [], notices: [] };

/** The half sentence of a place that something was found in and not taken. */
export function notTaken(where: string, reason: string): string {
  return `The training in ${where} was not taken: it ${reason}.`;
}
