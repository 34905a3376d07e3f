import type { Fingerprint, FingerprintComponent } from '../../../../../shared/record/training-section.ts';
import { changedComponents } from '../../fingerprint/changed.ts';

/** An earlier training with which a miss can be explained. */
export interface Compared {
  /** Where it was found, as a sentence names it. */
  readonly where: string;
  readonly fingerprint: Fingerprint;
  /** RFC 3339. */
  readonly created: string;
}

/** Why nothing was reused. */
export interface Miss {
  /** Null where there is no earlier training to compare with. */
  readonly changed: readonly FingerprintComponent[] | null;
  /** Where the training lies that is nearest; null where there is none. */
  readonly nearest: string | null;
}

/** The earlier training from which the fewest components differ; of several the newest. */
export function missOf(fingerprint: Fingerprint, known: readonly Compared[]): Miss {
  const [nearest] = known
    .map((one) => ({ ...one, changed: changedComponents(one.fingerprint, fingerprint) }))
    .sort((a, b) => a.changed.length - b.changed.length || (a.created < b.created ? 1 : -1));
  return nearest === undefined
    ? { changed: null, nearest: null }
    : { changed: nearest.changed, nearest: nearest.where };
}

/** The miss in a full sentence, for the report. */
export function sentenceOf({ changed, nearest }: Miss): string {
  if (changed === null || nearest === null)
    return 'Trained anew: no earlier training was found to compare with.';
  if (changed.length === 0) {
    return `Trained anew: a training that is equal in all that is known was found in ${nearest}, but its files could not be taken.`;
  }
  return `Trained anew: changed since the training in ${nearest}: ${changed.join(', ')}.`;
}
