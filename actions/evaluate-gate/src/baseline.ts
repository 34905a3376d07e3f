import type { ActionContext } from '../../../shared/action/action.ts';
import { InfrastructureError, SubjectError, UsageError } from '../../../shared/errors.ts';
import type { Blame, FileReference } from '../../../shared/record/common.ts';
import { defaultBaseline } from './baseline-chain.ts';
import { fileBaseline } from './baseline-file.ts';
import { registryBaseline, unavailable } from './baseline-registry.ts';
import { runBaseline } from './baseline-run.ts';
import type { BaselineSource, EvaluationColumns } from './gate-file/gate-file.ts';
import type { Inputs } from './inputs.ts';
import type { PredictionFile } from './metrics/prediction-file.ts';

/** What a baseline brought with it. */
export interface FoundBaseline {
  readonly kind: 'found';
  /** As a sentence names it: `production v1`. */
  readonly what: string;
  /** As a gate file would name it: `production`, `branch:main`. */
  readonly from: string;
  readonly version: string | null;
  readonly modelDigest: string | null;
  readonly reported: ReadonlyMap<string, number | null>;
  readonly predictions: PredictionFile | undefined;
  /** Brings the model's files, to be examined like the candidate; undefined where there are none. */
  readonly model:
    (() => Promise<readonly { readonly path: string; readonly reference: FileReference }[]>) | undefined;
  /** Of the rows that the reported metrics were measured on. */
  readonly evaluationSetDigest: string | null;
  /** Of the file of rows on which the gate examined it. */
  readonly rowsSha256: string | null;
  readonly notices: readonly string[];
  /** The change under test could have written it: a pull request, and files of its own workspace. */
  readonly inReach?: boolean;
}

export type CollectedBaseline =
  | FoundBaseline
  | { readonly kind: 'not-needed' }
  | { readonly kind: 'first-run'; readonly inReach?: boolean }
  | {
      readonly kind: 'unavailable';
      readonly what: string;
      readonly from: string;
      readonly blame: Omit<Blame, 'contact'>;
    };

export interface BaselineOptions {
  readonly inputs: Pick<
    Inputs,
    'registry' | 'token' | 'policyFrom' | 'baselineMetrics' | 'baselinePredictions'
  >;
  readonly source: BaselineSource;
  readonly evaluation: EvaluationColumns | undefined;
  readonly model: string;
  readonly gate: { readonly file: string; readonly line: number };
  readonly context: ActionContext;
}

/**
 * Collects the baseline. Only a registry that answered "empty" makes a first run; one that did not answer, or that lacks
 * what is asked for, leaves the baseline unavailable with the reason. A baseline that is named is exactly that one.
 */
export async function collectBaseline(options: BaselineOptions): Promise<CollectedBaseline> {
  const { source, inputs } = options;
  if (source.kind !== 'file' && (inputs.baselineMetrics ?? inputs.baselinePredictions) !== undefined) {
    throw new UsageError(
      'The inputs "baseline-metrics" and "baseline-predictions" count only for a file as baseline.',
      {
        remedy: `The gate file compares with "${source.text}". Remove the inputs, or write "from: file:<path>" there.`,
        where: options.gate,
      },
    );
  }
  try {
    if (source.kind === 'default') return await defaultBaseline(options);
    if (source.kind === 'file') return await fileBaseline(options, source);
    if (source.kind === 'alias' || source.kind === 'version') return await registryBaseline(options, source);
    return await runBaseline(options, source);
  } catch (error) {
    if (!(error instanceof InfrastructureError) && !(error instanceof SubjectError)) throw error;
    const message = `The baseline "${source.text}" could not be had: ${error.message}`;
    return unavailable(source, { owner: error.owner, message, remedy: error.remedy ?? null });
  }
}
