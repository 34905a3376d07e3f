import { acceptedNames } from '../../../../shared/action/accepted-names.ts';
import type { EvaluatedRule, Waiver } from '../../../../shared/record/evaluation-section.ts';
import type { WaiverRequest } from './parse-waivers.ts';

export interface WaiverCircumstances {
  /** The commit under test, and on the default branch or in a merge group also the heads of the pull requests in it. */
  readonly heads: readonly string[];
  /** Who opened the pull request, or on the default branch and in a merge group all pull requests in the commit. */
  readonly authors: readonly string[];
  readonly selfWaiver: boolean;
  /** RFC 3339. */
  readonly now: string;
  /** By login in lower case, as GitHub tells it: `admin`, `maintain`, `write`, `triage`, `read` or `none`. */
  readonly permissions: ReadonlyMap<string, string>;
}

export interface Waived {
  readonly rules: readonly EvaluatedRule[];
  /** Those that took effect. */
  readonly waivers: readonly Waiver[];
  /** Why others did not. */
  readonly notices: readonly string[];
}

const MAY_WRITE = ['admin', 'maintain', 'write'];
/** So few digits name no single commit. */
const MIN_DIGITS = 7;

/**
 * Lets broken rules warn that somebody answers for. What could not be measured cannot be waived, and a waiver that does
 * not count is told with its reason.
 */
export function waive(
  rules: readonly EvaluatedRule[],
  requests: readonly WaiverRequest[],
  circumstances: WaiverCircumstances,
): Waived {
  const granted = new Map<string, Waiver>();
  const notices: string[] = [];
  for (const request of requests) {
    const refusal = whyRefused(request, rules, circumstances);
    if (refusal === undefined) granted.set(request.rule, waiverOf(request, circumstances));
    else notices.push(`The waiver of ${request.rule} by ${request.by} does not count: ${refusal}.`);
  }
  return {
    rules: rules.map((rule) => {
      const waiver = granted.get(rule.id);
      if (waiver === undefined) return rule;
      const until = waiver.expires.slice(0, 10);
      const reason = `${rule.reason}; waived by ${waiver.by} until ${until}: ${waiver.reason}`;
      return { ...rule, result: 'warn', reason, waiver };
    }),
    waivers: [...granted.values()],
    notices,
  };
}

function whyRefused(
  { rule: id, by, isBot, edited, expires, commit }: WaiverRequest,
  rules: readonly EvaluatedRule[],
  { heads, authors, selfWaiver, now, permissions }: WaiverCircumstances,
): string | undefined {
  const login = by.toLowerCase();
  const permission = permissions.get(login) ?? 'none';
  if (isBot) return 'a bot cannot answer for it';
  if (edited)
    return 'the comment was changed after it was written, and it does not tell by whom; write it anew';
  if (!MAY_WRITE.includes(permission)) {
    return `it needs the permission to write to the repository, and ${by} has "${permission}"`;
  }
  if (!selfWaiver && authors.some((author) => author.toLowerCase() === login)) {
    return 'the author of the pull request waives nothing of it ("self-waiver: true" in the gate file would allow it)';
  }
  if (Date.parse(expires) < Date.parse(now)) return `it expired on ${expires.slice(0, 10)}`;
  if (commit === null) {
    return 'which commit it is for is not known; write "at <commit>" before "until"';
  }
  if (headOf(commit, heads) === undefined) {
    return `it is for ${commit.slice(0, MIN_DIGITS)}, and this is ${heads.map((head) => head.slice(0, MIN_DIGITS)).join(' or ')}`;
  }
  const rule = rules.find((each) => each.id === id);
  if (rule === undefined) {
    return `there is no such rule. ${acceptedNames(
      id,
      rules.map((each) => each.id),
    ).replace(/\.$/, '')}`;
  }
  if (rule.result === 'error') return 'the rule could not be measured, for which nobody can answer';
  if (rule.severity !== 'error') return 'the rule does not block';
  return rule.result === 'fail' || rule.result === 'inconclusive'
    ? undefined
    : `the rule ends "${rule.result}" and needs none`;
}

function headOf(commit: string, heads: readonly string[]): string | undefined {
  return commit.length < MIN_DIGITS ? undefined : heads.find((head) => head.startsWith(commit));
}

function waiverOf(
  { rule, by, reason, expires, commit, url }: WaiverRequest,
  { heads }: WaiverCircumstances,
): Waiver {
  return { rule, by, reason, headSha: headOf(commit ?? '', heads) ?? '', expires, url };
}
