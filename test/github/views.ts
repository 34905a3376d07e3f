import type {
  Artifact,
  Comment,
  PullRequest,
  Release,
  ReleaseAsset,
  Repository,
  Status,
  World,
} from './world.ts';

type View = Record<string, unknown>;

export const nodeId = (id: number): string => Buffer.from(`node:${id}`).toString('base64');

/** Ids of users are made of their logins, so that the same login is always the same user. */
function userId(login: string): number {
  return Buffer.from(login).reduce((sum, byte) => (sum * 31 + byte) % 1_000_000_007, 7);
}

export function userView(baseUrl: string, login: string): View {
  const url = `${baseUrl}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id: userId(login),
    node_id: nodeId(userId(login)),
    avatar_url: `${url}/avatar`,
    gravatar_id: '',
    url,
    html_url: `https://github.com/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith('[bot]') ? 'Bot' : 'User',
    site_admin: false,
  };
}

/** `/user`: what only that user may see beside it. */
export function privateUserView(baseUrl: string, login: string): View {
  return {
    ...userView(baseUrl, login),
    user_view_type: 'private',
    ...Object.fromEntries(
      ['bio', 'blog', 'company', 'email', 'hireable', 'location', 'name'].map((key) => [key, null]),
    ),
    ...Object.fromEntries(
      [
        'followers',
        'following',
        'public_gists',
        'public_repos',
        'collaborators',
        'disk_usage',
        'owned_private_repos',
        'private_gists',
        'total_private_repos',
      ].map((key) => [key, 0]),
    ),
    two_factor_authentication: true,
    created_at: '2020-01-01T00:00:00Z',
    updated_at: '2020-01-01T00:00:00Z',
  };
}

/** The links that both forms of a repository carry, with what GitHub appends to each. */
const REPOSITORY_LINKS: Readonly<Record<string, string>> = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  contributors: '/contributors',
  deployments: '/deployments',
  downloads: '/downloads',
  events: '/events',
  forks: '/forks',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  hooks: '/hooks',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  languages: '/languages',
  merges: '/merges',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  stargazers: '/stargazers',
  statuses: '/statuses/{sha}',
  subscribers: '/subscribers',
  subscription: '/subscription',
  tags: '/tags',
  teams: '/teams',
  trees: '/git/trees{/sha}',
};

export function minimalRepositoryView(baseUrl: string, repository: Repository): View {
  const [owner = '', name = ''] = repository.fullName.split('/');
  const url = `${baseUrl}/repos/${repository.fullName}`;
  return {
    id: repository.id,
    node_id: nodeId(repository.id),
    name,
    full_name: repository.fullName,
    owner: userView(baseUrl, owner),
    private: repository.isPrivate,
    html_url: `https://github.com/${repository.fullName}`,
    description: null,
    fork: repository.fork,
    url,
    ...Object.fromEntries(Object.entries(REPOSITORY_LINKS).map(([key, end]) => [`${key}_url`, url + end])),
  };
}

export function repositoryView(baseUrl: string, repository: Repository): View {
  const web = `https://github.com/${repository.fullName}`;
  return {
    ...minimalRepositoryView(baseUrl, repository),
    clone_url: `${web}.git`,
    git_url: `git://github.com/${repository.fullName}.git`,
    ssh_url: `git@github.com:${repository.fullName}.git`,
    svn_url: web,
    mirror_url: null,
    default_branch: 'main',
    forks: 0,
    forks_count: 0,
    has_downloads: true,
    has_issues: true,
    has_projects: true,
    has_wiki: true,
    has_pages: false,
    homepage: null,
    language: null,
    archived: false,
    disabled: false,
    open_issues: 0,
    open_issues_count: 0,
    license: null,
    pushed_at: '2026-01-01T00:00:00Z',
    size: 1,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  };
}

export function commentView(world: World, baseUrl: string, comment: Comment): View {
  const repository = `${baseUrl}/repos/${world.repository.fullName}`;
  return {
    id: comment.id,
    node_id: nodeId(comment.id),
    url: `${repository}/issues/comments/${comment.id}`,
    html_url: `https://github.com/${world.repository.fullName}/pull/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${repository}/issues/${comment.issue}`,
    user: userView(baseUrl, comment.login),
    body: comment.body,
    author_association: 'NONE',
    created_at: comment.created.toISOString(),
    updated_at: comment.updated.toISOString(),
  };
}

export function statusView(world: World, baseUrl: string, status: Status): View {
  return {
    id: status.id,
    node_id: nodeId(status.id),
    url: `${baseUrl}/repos/${world.repository.fullName}/statuses/${status.sha}`,
    avatar_url: null,
    state: status.state,
    context: status.context,
    description: status.description,
    target_url: status.targetUrl,
    creator: userView(baseUrl, status.login),
    created_at: status.created.toISOString(),
    updated_at: status.created.toISOString(),
  };
}

function branchView(world: World, baseUrl: string, fullName: string, ref: string, sha: string): View {
  const repository = world.repositoryNamed(fullName);
  const owner = fullName.split('/')[0] ?? '';
  return {
    label: `${owner}:${ref}`,
    ref,
    sha,
    user: userView(baseUrl, owner),
    repo: repositoryView(baseUrl, repository),
  };
}

/** One pull request as a list and as webhooks show it. */
export function pullRequestView(world: World, baseUrl: string, pull: PullRequest): View {
  const repository = world.repository.fullName;
  const url = `${baseUrl}/repos/${repository}/pulls/${pull.number}`;
  const issue = `${baseUrl}/repos/${repository}/issues/${pull.number}`;
  const web = `https://github.com/${repository}/pull/${pull.number}`;
  const statuses = `${baseUrl}/repos/${repository}/statuses/${pull.head.sha}`;
  const links = {
    html: web,
    issue,
    commits: `${url}/commits`,
    comments: `${issue}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${baseUrl}/repos/${repository}/pulls/comments{/number}`,
    statuses,
    self: url,
  };
  return {
    id: pull.id,
    node_id: nodeId(pull.id),
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: userView(baseUrl, pull.author ?? pull.head.repository.split('/')[0] ?? ''),
    body: null,
    url,
    html_url: web,
    diff_url: `${web}.diff`,
    patch_url: `${web}.patch`,
    issue_url: issue,
    commits_url: links.commits,
    comments_url: links.comments,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    statuses_url: statuses,
    labels: [],
    milestone: null,
    assignee: null,
    author_association: 'CONTRIBUTOR',
    auto_merge: null,
    draft: false,
    created_at: pull.created.toISOString(),
    updated_at: pull.created.toISOString(),
    closed_at: pull.state === 'closed' ? pull.created.toISOString() : null,
    merged_at: pull.mergedAs === undefined ? null : pull.created.toISOString(),
    merge_commit_sha: pull.mergedAs ?? null,
    head: branchView(world, baseUrl, pull.head.repository, pull.head.ref, pull.head.sha),
    base: branchView(world, baseUrl, repository, pull.base.ref, pull.base.sha),
    _links: Object.fromEntries(Object.entries(links).map(([key, href]) => [key, { href }])),
  };
}

/** One pull request as it is shown alone. */
export function wholePullRequestView(world: World, baseUrl: string, pull: PullRequest): View {
  return {
    ...pullRequestView(world, baseUrl, pull),
    additions: 1,
    deletions: 0,
    changed_files: 1,
    commits: 1,
    comments: world.comments.filter((comment) => comment.issue === pull.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    mergeable: true,
    mergeable_state: 'clean',
    merged: pull.mergedAs !== undefined,
    merged_by: null,
  };
}

export function artifactView(world: World, baseUrl: string, artifact: Artifact): View {
  const url = `${baseUrl}/repos/${world.repository.fullName}/actions/artifacts/${artifact.id}`;
  const run = world.runs.find((one) => one.id === artifact.runId);
  return {
    id: artifact.id,
    node_id: nodeId(artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.size,
    url,
    archive_download_url: `${url}/zip`,
    expired: false,
    digest: artifact.digest,
    created_at: artifact.created.toISOString(),
    updated_at: artifact.created.toISOString(),
    expires_at: new Date(artifact.created.getTime() + 90 * 86_400_000).toISOString(),
    workflow_run: {
      id: artifact.runId,
      repository_id: world.repository.id,
      head_repository_id: world.repositoryNamed(run?.headRepository ?? world.repository.fullName).id,
      head_branch: run?.headBranch ?? 'main',
      head_sha: run?.headSha ?? '',
    },
  };
}

export function assetView(world: World, baseUrl: string, release: Release, asset: ReleaseAsset): View {
  return {
    id: asset.id,
    node_id: nodeId(asset.id),
    name: asset.name,
    label: '',
    state: 'uploaded',
    content_type: asset.contentType,
    size: asset.size,
    digest: asset.digest,
    download_count: 0,
    url: `${baseUrl}/repos/${world.repository.fullName}/releases/assets/${asset.id}`,
    browser_download_url: `https://github.com/${world.repository.fullName}/releases/download/${encodeURIComponent(release.tag)}/${encodeURIComponent(asset.name)}`,
    uploader: userView(baseUrl, asset.login),
    created_at: asset.created.toISOString(),
    updated_at: asset.created.toISOString(),
  };
}

export function releaseView(world: World, baseUrl: string, release: Release): View {
  const repository = `${baseUrl}/repos/${world.repository.fullName}`;
  const url = `${repository}/releases/${release.id}`;
  const slug = release.draft ? `untagged-${release.id}` : encodeURIComponent(release.tag);
  return {
    id: release.id,
    node_id: nodeId(release.id),
    url,
    html_url: `https://github.com/${world.repository.fullName}/releases/tag/${slug}`,
    assets_url: `${url}/assets`,
    upload_url: `${baseUrl}/uploads/repos/${world.repository.fullName}/releases/${release.id}/assets{?name,label}`,
    tarball_url: release.draft ? null : `${repository}/tarball/${encodeURIComponent(release.tag)}`,
    zipball_url: release.draft ? null : `${repository}/zipball/${encodeURIComponent(release.tag)}`,
    tag_name: release.tag,
    target_commitish: release.target,
    name: release.name,
    body: release.body,
    draft: release.draft,
    prerelease: release.prerelease,
    author: userView(baseUrl, release.login),
    assets: release.assets.map((asset) => assetView(world, baseUrl, release, asset)),
    created_at: release.created.toISOString(),
    published_at: release.published?.toISOString() ?? null,
  };
}
