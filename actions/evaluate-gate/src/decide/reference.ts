import type { CollectedBaseline, FoundBaseline } from '../baseline.ts';
import type { GateFile } from '../gate-file/gate-file.ts';
import type { Measurement } from '../metrics/measure.ts';
import type { Baseline } from './baseline.ts';
import { compareSets } from './compared.ts';
import type { Conclusion } from './conclude.ts';
import { mergeMetrics } from './metrics.ts';

export interface Reference {
  readonly baseline: Baseline;
  readonly notices: readonly string[];
  readonly blame: NonNullable<Conclusion['blame']> | undefined;
}

/** What the candidate may be compared with, of what was collected and measured. */
export function referenceOf(
  collected: CollectedBaseline,
  measurement: Measurement | undefined,
  { baseline }: Pick<GateFile, 'baseline'>,
): Reference {
  switch (collected.kind) {
    case 'not-needed':
      return { baseline: { kind: 'not-needed' }, notices: [], blame: undefined };
    case 'first-run':
      return {
        baseline: { kind: 'first-run', onNoBaseline: baseline.onNoBaseline },
        notices: [],
        blame: undefined,
      };
    case 'unavailable':
      return unavailable(collected.blame);
    case 'found':
      return presentOr(collected, measurement);
  }
}

function unavailable(blame: NonNullable<Conclusion['blame']>): Reference {
  const reason = blame.remedy === null ? blame.message : `${blame.message} ${blame.remedy}`;
  return { baseline: { kind: 'unavailable', reason }, notices: [], blame };
}

function presentOr(found: FoundBaseline, measurement: Measurement | undefined): Reference {
  const measured = measurement?.baseline;
  if (measured !== undefined && 'unusable' in measured) {
    return unavailable({ owner: 'data', message: measured.unusable, remedy: measured.remedy });
  }
  const comparison = compareSets({
    what: found.what,
    candidateDigest: measurement?.candidate.evaluationSetDigest ?? null,
    baselineDigest: measured === undefined ? found.evaluationSetDigest : undefined,
  });
  if (!comparison.comparable) {
    const remedy = 'Evaluate both on one set of rows, and publish the predictions with the model.';
    return unavailable({ owner: 'data', message: comparison.reason, remedy });
  }
  const { metrics, notices } = mergeMetrics({
    computed: measured?.metrics ?? new Map(),
    notComputed: new Map(),
    reported: found.reported,
    reporter: `The record of ${found.what}`,
  });
  const said = comparison.notice === undefined ? notices : [...notices, comparison.notice];
  return { baseline: { kind: 'present', what: found.what, metrics }, notices: said, blame: undefined };
}
