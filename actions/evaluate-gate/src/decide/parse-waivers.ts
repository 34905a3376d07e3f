/** A comment of the pull request, as the code host tells it. */
export interface Comment {
  readonly body: string;
  readonly author: string;
  readonly isBot: boolean;
  /** Whoever may write to the repository may change what others wrote, and the comment does not tell who it was. */
  readonly edited: boolean;
  /** The head of the pull request when the comment was written; null where that is not known. */
  readonly headSha: string | null;
  readonly url: string | null;
}

/** A waiver that somebody asked for, as written. */
export interface WaiverRequest {
  readonly rule: string;
  readonly by: string;
  readonly isBot: boolean;
  readonly edited: boolean;
  readonly reason: string;
  /** The last moment of the day that was written, UTC. */
  readonly expires: string;
  /** The commit that it was written for, whole or its first digits; null where neither comment nor host tells. */
  readonly commit: string | null;
  readonly url: string | null;
}

export interface ParsedWaivers {
  readonly requests: readonly WaiverRequest[];
  /** Of comments that begin like a waiver and are none. */
  readonly notices: readonly string[];
}

const COMMAND = /^\s*\/trainyard\s+waive\b(.*)$/i;
const GRAMMAR = /^\s+(\S.*?)(?:\s+at\s+([0-9a-f]{7,40}))?\s+until\s+(\d{4}-\d{2}-\d{2})\s+because\s+(\S.*)$/i;

const WANTED =
  'write "/trainyard waive <rule id> at <commit> until <YYYY-MM-DD> because <reason>", with the newest commit of the pull request';

/**
 * Reads waivers from comments, one a line:
 * `/trainyard waive <rule id> [at <commit>] until <YYYY-MM-DD> because <reason>`.
 * Lines of quotes and code blocks are no commands.
 */
export function parseWaivers(comments: readonly Comment[]): ParsedWaivers {
  const requests: WaiverRequest[] = [];
  const notices: string[] = [];
  for (const comment of comments) {
    for (const line of linesOf(comment.body)) {
      const command = COMMAND.exec(line)?.[1];
      if (command === undefined) continue;
      const [, rule = '', commit, date = '', reason = ''] = GRAMMAR.exec(command.trimEnd()) ?? [];
      const expires = endOf(date);
      if (rule === '') {
        notices.push(`A waiver by ${comment.author} was not understood: ${WANTED}.`);
      } else if (expires === undefined) {
        notices.push(`A waiver by ${comment.author} names no day of the calendar: ${WANTED}.`);
      } else {
        requests.push({
          rule,
          by: comment.author,
          isBot: comment.isBot,
          edited: comment.edited,
          reason,
          expires,
          commit: commit?.toLowerCase() ?? comment.headSha,
          url: comment.url,
        });
      }
    }
  }
  return { requests, notices };
}

/** The lines outside of code blocks, where a person would show a command and not give it (CommonMark 0.31, 4.4 and 4.5). */
function linesOf(body: string): string[] {
  let fence: string | undefined;
  return body.split(/\r?\n/).filter((line) => {
    const [, found = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence === undefined) {
      if (found !== '') fence = found;
      return found === '' && !/^(?: {4}|\t| {1,3}\t)/.test(line);
    }
    // A block is ended by a fence of its own kind, as long or longer, with nothing after it.
    if (found.startsWith(fence) && rest.trim() === '') fence = undefined;
    return false;
  });
}

function endOf(date: string): string | undefined {
  const end = new Date(`${date}T23:59:59Z`);
  // 31 February is taken for 3 March by some engines and refused by others.
  if (Number.isNaN(end.getTime()) || end.toISOString().slice(0, 10) !== date) return undefined;
  return `${date}T23:59:59Z`;
}
