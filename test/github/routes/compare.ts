import { ancestryOf, commitNamed, commitView } from './git.ts';
import { type Call, notFound, type Route } from './route.ts';

/** The form of a commit that lists have: Git's own inside, and who it was. */
function listedCommit(call: Call, sha: string): unknown {
  const git = commitView(call, sha) as Record<string, unknown>;
  const url = `${call.baseUrl}/repos/${call.repository.fullName}/commits/${sha}`;
  return {
    sha,
    node_id: git['node_id'],
    url,
    html_url: git['html_url'],
    comments_url: `${url}/comments`,
    commit: { ...git, comment_count: 0 },
    author: null,
    committer: null,
    parents: git['parents'],
  };
}

export const compareRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/compare/{basehead}',
    scopes: ['contents'],
    access: 'read',
    handle(call) {
      const names = (call.parameters['basehead'] ?? '').split('...');
      const [base = '', head = ''] = names.map((name) => commitNamed(call, name));
      if ([base, head].some((sha) => call.world.git.read(sha)?.type !== 'commit')) return notFound();
      const ofBase = ancestryOf(call, base);
      const ofHead = ancestryOf(call, head);
      const ahead = [...ofHead].filter((sha) => !ofBase.has(sha)).reverse();
      const behind = [...ofBase].filter((sha) => !ofHead.has(sha));
      const meeting = [...ofHead].find((sha) => ofBase.has(sha)) ?? notFound();
      const url = `${call.baseUrl}/repos/${call.repository.fullName}/compare/${base}...${head}`;
      const status =
        ahead.length > 0 && behind.length > 0
          ? 'diverged'
          : ahead.length > 0
            ? 'ahead'
            : behind.length > 0
              ? 'behind'
              : 'identical';
      return {
        status: 200,
        json: {
          url,
          html_url: url,
          permalink_url: url,
          diff_url: `${url}.diff`,
          patch_url: `${url}.patch`,
          base_commit: listedCommit(call, base),
          merge_base_commit: listedCommit(call, meeting),
          status,
          ahead_by: ahead.length,
          behind_by: behind.length,
          total_commits: ahead.length,
          commits: ahead.map((sha) => listedCommit(call, sha)),
        },
      };
    },
  },
];
