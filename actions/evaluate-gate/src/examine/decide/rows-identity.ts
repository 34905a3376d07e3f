import { UsageError } from '../../../../../shared/errors.ts';
import type { Examination } from '../../gate-file/gate-file.ts';

/** Events on which a change to the evaluation rows is proposed, not yet made. */
const PROPOSING: readonly string[] = ['pull_request', 'pull_request_target', 'merge_group'];

export interface Identity {
  readonly found: string;
  readonly examination: Pick<Examination, 'rows' | 'sha256' | 'line'>;
  /** Of the file of that path at the base commit; null where it has none. */
  readonly base: string | null;
  /** Of the rows on which the baseline was examined last. */
  readonly baseline: string | null;
  readonly event: string;
  readonly policyFrom: 'base' | 'head';
  readonly gatePath: string;
}

/**
 * Whether the evaluation rows are proposed, and not those of the base: by the digest of the base's gate file, else by
 * the base's own file, else by the baseline's evaluation. What none of them vouches for counts as proposed: the change
 * could have brought it. Where nothing is proposed, a digest that does not hold is an error.
 */
export function rowsChanged({
  found,
  examination,
  base,
  baseline,
  event,
  policyFrom,
  gatePath,
}: Identity): boolean {
  const { rows, sha256, line } = examination;
  const proposing = PROPOSING.includes(event);
  if (sha256 === undefined) {
    if (!proposing) return false;
    const vouched = base ?? baseline;
    return vouched === null ? policyFrom === 'base' : vouched !== found;
  }
  if (sha256 === found) return false;
  // The base's gate file speaks of the base's rows; one of the same commit as the rows contradicts itself.
  if (proposing && policyFrom === 'base') return true;
  throw new UsageError(
    `${gatePath}:${line}: the evaluation rows ${rows} have the SHA-256 ${found}; "rows-sha256" demands ${sha256}.`,
    {
      remedy: 'Fetch the rows that were meant, or write the new digest into the gate file if they are.',
      where: { file: gatePath, line },
    },
  );
}
