import type { SectionOf } from '../../record/section.ts';

/** What the certificate of an attestation has to say of the workflow that signed it. */
export interface ExpectedIdentity {
  /** The issuer of the workflow's identity token. */
  readonly issuer: string;
  /** `https://github.com/owner/name`. */
  readonly repositoryUri: string;
  /** `…/actions/runs/<id>/attempts/<n>`. */
  readonly runUri: string;
  /** The commit that the workflow ran on; null where the event runs on another one than the section names. */
  readonly commit: string | null;
}

/** Events whose GITHUB_SHA is the commit that the section names as head (docs: "Events that trigger workflows"). */
const RUNS_ON_HEAD: ReadonlySet<string> = new Set([
  'push',
  'workflow_dispatch',
  'repository_dispatch',
  'schedule',
  'merge_group',
]);

/** True where GitHub offers attestations: github.com and *.ghe.com, not GitHub Enterprise Server. */
export function serverAttests(serverUrl: string | null): boolean {
  const host = hostOf(serverUrl);
  return host === 'github.com' || host.endsWith('.ghe.com');
}

/** The identity of the workflow that an evaluation section says it was written by. */
export function identityOf(
  serverUrl: string,
  { commit, run }: Pick<SectionOf<'evaluation'>, 'commit' | 'run'>,
): ExpectedIdentity {
  const host = hostOf(serverUrl);
  const repositoryUri = `${new URL(serverUrl).origin}/${commit.repository ?? ''}`;
  return {
    issuer:
      host === 'github.com' ? 'https://token.actions.githubusercontent.com' : `https://token.actions.${host}`,
    repositoryUri,
    runUri: `${repositoryUri}/actions/runs/${run.id}/attempts/${run.attempt}`,
    commit: RUNS_ON_HEAD.has(commit.event) ? commit.headSha : null,
  };
}

function hostOf(serverUrl: string | null): string {
  return serverUrl !== null && URL.canParse(serverUrl) ? new URL(serverUrl).hostname : '';
}
