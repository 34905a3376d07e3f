import { UsageError } from '../../../../../shared/errors.ts';

/** What decides which branch or tag the worker workflow is dispatched on. */
export interface RefFacts {
  /** The input `worker-ref`. */
  readonly given: string | undefined;
  readonly event: string;
  /** GITHUB_REF. */
  readonly ref: string | null;
  /** GITHUB_HEAD_REF: the branch of a pull request of this repository. */
  readonly headRef: string | undefined;
}

/** The branch or tag that is dispatched: GitHub takes no commit, and no merge ref of a pull request. */
export function workerRef({ given, event, ref, headRef }: RefFacts): string {
  if (given !== undefined) return shortName(given);
  if (headRef !== undefined && headRef !== '') return headRef;
  if (ref !== null && /^refs\/(heads|tags)\/./.test(ref)) return shortName(ref);
  throw new UsageError(
    `The event "${event}" is on no branch or tag${ref === null ? '' : ` but on "${ref}"`}, so that the worker cannot be dispatched there.`,
    {
      remedy:
        'Give the input "worker-ref" a branch that has the worker workflow: the worker checks out the commit of this run in any case.',
    },
  );
}

function shortName(ref: string): string {
  return ref.replace(/^refs\/(heads|tags)\//, '');
}
