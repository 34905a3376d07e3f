/** What is known of a call that did not succeed. */
export interface FailedCall {
  readonly method: string;
  /** The path as GitHub's documentation writes it, with `{owner}`; an absolute URL for uploads. */
  readonly route: string;
  /** Undefined where no answer came at all. */
  readonly status: number | undefined;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

export const REFUSAL_KINDS = [
  'unauthorized',
  'forbidden',
  'absent',
  'rate-limit',
  'rejected',
  'unavailable',
  'unreachable',
] as const;
export type RefusalKind = (typeof REFUSAL_KINDS)[number];

export interface Refusal {
  readonly kind: RefusalKind;
  /** One sentence: what GitHub refused, and why. */
  readonly reason: string;
  readonly remedy: string;
}

/**
 * The permission that an operation needs, as a job's `permissions:` writes it. The first pattern that the route
 * contains wins (docs: "Permissions required for GitHub Apps").
 */
const SCOPES: readonly (readonly [RegExp, string])[] = [
  [/\/(issues|comments)(\/|$)/, 'pull-requests'],
  [/\/pulls(\/|$)/, 'pull-requests'],
  [/\/statuses(\/|$)/, 'statuses'],
  [/\/actions\//, 'actions'],
  [/\/(contents|git|releases|commits)(\/|$)/, 'contents'],
  [/\/attestations(\/|$)/, 'attestations'],
];

/** `statuses: write`: what the job's `permissions:` must hold; undefined for an operation that needs none. */
export function permissionFor({ method, route, headers }: FailedCall): string | undefined {
  const access = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
  const known = SCOPES.find(([pattern]) => pattern.test(route))?.[1];
  if (known !== undefined) return `${known}: ${access}`;
  // GitHub tells it with the refusal, spelled its own way: `pull_requests=write; issues=write`.
  const told = /^\s*([a-z_]+)=(read|write)/.exec(String(headers['x-accepted-github-permissions'] ?? ''));
  return told === null ? undefined : `${(told[1] ?? '').replaceAll('_', '-')}: ${told[2] ?? access}`;
}

function kindOf({ status, message, headers }: FailedCall): RefusalKind {
  if (status === undefined) return 'unreachable';
  if (status >= 500) return 'unavailable';
  if (status === 401) return 'unauthorized';
  if (status === 403 || status === 429) {
    // A secondary limit answers 403 like a missing permission, but it goes by itself.
    const limited =
      status === 429 ||
      /rate limit/i.test(message) ||
      headers['retry-after'] !== undefined ||
      String(headers['x-ratelimit-remaining']) === '0';
    return limited ? 'rate-limit' : 'forbidden';
  }
  return status === 404 || status === 410 ? 'absent' : 'rejected';
}

/** GitHub's first sentence, without the address of its documentation. */
function wordsOf(message: string): string {
  const words = message.replace(/ - https?:\/\/\S+$/, '').trim();
  return words.length > 300 ? `${words.slice(0, 299)}…` : words;
}

/** Says in plain words why a call failed and what to do about it. */
export function refusalOf(call: FailedCall): Refusal {
  const kind = kindOf(call);
  const what = `${call.method} ${call.route.replace(/\{?\?.*$/, '')}`;
  const words = wordsOf(call.message);
  const permission = permissionFor(call);
  const grant =
    permission === undefined
      ? 'Give the input "token" a token that may do it.'
      : `Add \`${permission}\` to the \`permissions:\` of the job, or give the input "token" one that may. A fork's pull request has only read access.`;
  switch (kind) {
    case 'unauthorized':
      return {
        kind,
        reason: `GitHub refused the token (401: ${words}).`,
        remedy: 'Check the input "token": it may be expired, revoked or of another server.',
      };
    case 'forbidden':
      return {
        kind,
        reason: `the token may not do ${what}${permission === undefined ? '' : `: the permission \`${permission}\` is missing`} (403: ${words}).`,
        remedy: grant,
      };
    case 'absent':
      return {
        kind,
        reason: `GitHub knows nothing at ${what}, or the token may not see it${permission === undefined ? '' : ` (it needs \`${permission}\`)`} (${call.status ?? 404}: ${words}).`,
        remedy: grant,
      };
    case 'rate-limit': {
      const wait = call.headers['retry-after'];
      return {
        kind,
        reason: `GitHub's rate limit is reached (${call.status ?? 403}: ${words})${wait === undefined ? '' : `; it asks to wait ${wait} seconds`}.`,
        remedy: 'Run the job again later, with fewer jobs at once.',
      };
    }
    case 'rejected':
      return {
        kind,
        reason: `GitHub rejected ${what} (${call.status ?? 400}: ${words}).`,
        remedy: 'Run the step again with debug logging to see the request.',
      };
    case 'unavailable':
      return {
        kind,
        reason: `GitHub could not answer ${what} (${call.status ?? 500}: ${words}), after several tries.`,
        remedy: 'See githubstatus.com, and run the job again.',
      };
    case 'unreachable':
      return {
        kind,
        reason: `GitHub did not answer ${what}: ${words}.`,
        remedy: "Check GITHUB_API_URL, the proxy and the runner's network, and run the job again.",
      };
  }
}
