import { createHash } from 'node:crypto';
import type { CommentStamp } from '../code-host.ts';

/** A comment of the pull request, as far as it matters here. */
export interface ListedComment {
  readonly id: number;
  readonly body: string;
  readonly author: string;
  readonly url: string;
}

/** What to do next, from what lies there. */
export type CommentStep =
  | { readonly kind: 'create' }
  /** Somebody else's render lies there, or an older one of ours. */
  | { readonly kind: 'update'; readonly id: number }
  /** It lies there as it should; `surplus` are further comments of ours, to be deleted. */
  | { readonly kind: 'settled'; readonly url: string; readonly surplus: readonly number[] }
  | {
      readonly kind: 'outdated';
      readonly url: string;
      readonly runNumber: number;
      readonly runAttempt: number;
    };

/** GitHub answers 422 to a longer body. */
export const MAX_COMMENT_CHARACTERS = 65_536;
const CUT = '\n\n_The rest is left out: a comment holds 65,536 characters. The job summary has all of it._\n';
const MARK =
  /^<!-- trainyard:([0-9a-f]{24}) head=([0-9a-f]{0,64}) run=(\d{1,15}) attempt=(\d{1,15}) -->(?:\r?\n|$)/;

/** The marker's name is hashed: a workflow's name may hold anything, also the end of an HTML comment. */
function keyOf(marker: string): string {
  return createHash('sha256').update(marker).digest('hex').slice(0, 24);
}

/** The whole body of a comment: the hidden stamp, then what was rendered, cut where GitHub would refuse it. */
export function stampedBody(stamp: CommentStamp, rendered: string): string {
  const head = stamp.headSha.replace(/[^0-9a-f]/g, '');
  const mark = `<!-- trainyard:${keyOf(stamp.marker)} head=${head} run=${stamp.runNumber} attempt=${stamp.runAttempt} -->\n`;
  const text = rendered.replaceAll('\r\n', '\n').trimEnd();
  if (mark.length + text.length <= MAX_COMMENT_CHARACTERS) return mark + text;
  const room = MAX_COMMENT_CHARACTERS - mark.length - CUT.length;
  const kept = text.slice(0, room);
  const line = kept.lastIndexOf('\n');
  return mark + (line > 0 ? kept.slice(0, line) : kept) + CUT.trimEnd();
}

interface Stamped {
  readonly comment: ListedComment;
  readonly runNumber: number;
  readonly runAttempt: number;
}

/** Our comments of this marker, oldest first. Anybody can type the marker, so the author decides too. */
function ours(comments: readonly ListedComment[], marker: string, author: string): Stamped[] {
  const key = keyOf(marker);
  return comments
    .flatMap((comment) => {
      const found = MARK.exec(comment.body);
      if (found?.[1] !== key || comment.author !== author) return [];
      return [{ comment, runNumber: Number(found[3]), runAttempt: Number(found[4]) }];
    })
    .toSorted((a, b) => a.comment.id - b.comment.id);
}

/** True where a comment might be ours, so that it is worth asking who we are. */
export function anyMarked(comments: readonly ListedComment[], marker: string): boolean {
  const key = keyOf(marker);
  return comments.some((comment) => MARK.exec(comment.body)?.[1] === key);
}

/**
 * The next step of the protocol: the lowest id is the comment and all others are surplus; a newer run's stands;
 * nothing is written when nothing changes. Runs are counted for each workflow, attempts for each run.
 */
export function commentStep(
  comments: readonly ListedComment[],
  author: string,
  stamp: CommentStamp,
  body: string,
): CommentStep {
  const [first, ...rest] = ours(comments, stamp.marker, author);
  if (first === undefined) return { kind: 'create' };
  const { comment, runNumber, runAttempt } = first;
  if (runNumber > stamp.runNumber || (runNumber === stamp.runNumber && runAttempt > stamp.runAttempt)) {
    return { kind: 'outdated', url: comment.url, runNumber, runAttempt };
  }
  if (comment.body.replaceAll('\r\n', '\n').trimEnd() !== body.trimEnd())
    return { kind: 'update', id: comment.id };
  return { kind: 'settled', url: comment.url, surplus: rest.map((other) => other.comment.id) };
}
