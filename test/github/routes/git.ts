import { AnswerError } from '../http.ts';
import type { TreeEntry } from '../git-objects.ts';
import { type Call, notFound, type Route, textOf } from './route.ts';

/** Above it the contents API leaves the content out (docs: "Get repository content"). */
const MAX_CONTENT_BYTES = 1024 * 1024;
const SCOPES = ['contents'] as const;

const prefix = (call: Call): string => `${call.baseUrl}/repos/${call.repository.fullName}`;
const nodeOf = (sha: string): string => Buffer.from(sha).toString('base64');
const typeOf = (entry: TreeEntry): 'tree' | 'blob' => (entry.mode === '40000' ? 'tree' : 'blob');

function refused(message: string): AnswerError {
  return new AnswerError(422, {
    message,
    documentation_url: 'https://docs.github.com/rest/git/refs',
    status: '422',
  });
}

/** A rule of the repository that lets nobody of this token's kind move the branch (docs: "About rulesets"). */
function refuseProtected({ world }: Call, ref: string): void {
  if (world.protectedRefs.has(ref)) {
    throw refused('Repository rule violations found\n\nCannot update this protected ref.\n\n');
  }
}

export function commitView(call: Call, sha: string): unknown {
  const found = call.world.git.read(sha);
  if (found?.type !== 'commit') return notFound();
  const [head = '', ...message] = found.bytes.toString().split('\n\n');
  const values = (name: string): string[] =>
    [...head.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map((line) => line[1] ?? '');
  const person = (line = ''): unknown => {
    const [, name = '', email = '', seconds = '0'] = /^(.*) <(.*)> (\d+)/.exec(line) ?? [];
    return { name, email, date: new Date(Number(seconds) * 1000).toISOString() };
  };
  const tree = values('tree')[0] ?? '';
  const web = `https://github.com/${call.repository.fullName}/commit`;
  return {
    sha,
    node_id: nodeOf(sha),
    url: `${prefix(call)}/git/commits/${sha}`,
    html_url: `${web}/${sha}`,
    author: person(values('author')[0]),
    committer: person(values('committer')[0]),
    message: message.join('\n\n').trimEnd(),
    tree: { sha: tree, url: `${prefix(call)}/git/trees/${tree}` },
    parents: values('parent').map((parent) => ({
      sha: parent,
      url: `${prefix(call)}/git/commits/${parent}`,
      html_url: `${web}/${parent}`,
    })),
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  };
}

/** What a client may name a commit by: its own name, a branch or a tag. */
export function commitNamed({ world }: Call, name: string): string {
  return world.refs.get(`refs/heads/${name}`) ?? world.refs.get(`refs/tags/${name}`) ?? name;
}

function contentView(call: Call, path: string, entry: TreeEntry, whole: boolean): Record<string, unknown> {
  const url = `${prefix(call)}/contents/${encodeURIComponent(path)}`;
  const git = `${prefix(call)}/git/${typeOf(entry)}s/${entry.sha}`;
  const bytes = call.world.git.read(entry.sha)?.bytes ?? Buffer.alloc(0);
  const file = typeOf(entry) === 'blob';
  const withContent = bytes.length <= MAX_CONTENT_BYTES;
  return {
    type: file ? 'file' : 'dir',
    name: entry.name,
    path,
    sha: entry.sha,
    size: file ? bytes.length : 0,
    url,
    git_url: git,
    html_url: null,
    download_url: null,
    _links: { self: url, git, html: null },
    ...(whole
      ? {
          content: withContent ? bytes.toString('base64').replace(/(.{60})/g, '$1\n') : '',
          encoding: withContent ? 'base64' : 'none',
        }
      : {}),
  };
}

function refView(call: Call, ref: string): unknown {
  const sha = call.world.refs.get(ref);
  if (sha === undefined) return notFound();
  return {
    ref,
    node_id: nodeOf(ref),
    url: `${prefix(call)}/git/${ref}`,
    object: {
      type: call.world.git.read(sha)?.type ?? 'commit',
      sha,
      url: `${prefix(call)}/git/commits/${sha}`,
    },
  };
}

/** A commit and all that it was made on. */
export function ancestryOf({ world }: Pick<Call, 'world'>, commit: string): Set<string> {
  const seen = new Set<string>();
  for (const queue = [commit]; queue.length > 0;) {
    const sha = queue.pop() ?? '';
    if (seen.has(sha)) continue;
    seen.add(sha);
    const head = world.git.read(sha)?.bytes.toString().split('\n\n')[0] ?? '';
    queue.push(...[...head.matchAll(/^parent (\w+)$/gm)].map((line) => line[1] ?? ''));
  }
  return seen;
}

function isAncestor(call: Call, ancestor: string, commit: string): boolean {
  return ancestryOf(call, commit).has(ancestor);
}

export const gitRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/git/commits/{commit_sha}',
    scopes: SCOPES,
    access: 'read',
    handle: (call) => ({ status: 200, json: commitView(call, call.parameters['commit_sha'] ?? '') }),
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/git/trees/{tree_sha}',
    scopes: SCOPES,
    access: 'read',
    handle(call) {
      const { git } = call.world;
      const name = commitNamed(call, call.parameters['tree_sha'] ?? '');
      const sha = git.treeOf(name) ?? name;
      if (git.read(sha)?.type !== 'tree') notFound();
      const tree = git.entries(sha).map((entry) => ({
        path: entry.name,
        mode: entry.mode.padStart(6, '0'),
        type: typeOf(entry),
        sha: entry.sha,
      }));
      return { status: 200, json: { sha, url: `${prefix(call)}/git/trees/${sha}`, truncated: false, tree } };
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/git/blobs/{file_sha}',
    scopes: SCOPES,
    access: 'read',
    handle(call) {
      const sha = call.parameters['file_sha'] ?? '';
      const found = call.world.git.read(sha);
      if (found?.type !== 'blob') return notFound();
      return {
        status: 200,
        json: {
          sha,
          node_id: nodeOf(sha),
          url: `${prefix(call)}/git/blobs/${sha}`,
          size: found.bytes.length,
          content: found.bytes.toString('base64'),
          encoding: 'base64',
        },
      };
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/contents/{path}',
    scopes: SCOPES,
    access: 'read',
    handle(call) {
      const path = call.parameters['path'] ?? '';
      const commit = commitNamed(call, call.query.get('ref') ?? 'main');
      const entry = call.world.git.lookUp(commit, path);
      if (entry === undefined) return notFound();
      if (typeOf(entry) === 'blob') return { status: 200, json: contentView(call, path, entry, true) };
      const entries = call.world.git.entries(entry.sha);
      return {
        status: 200,
        json: entries.map((one) => contentView(call, `${path}/${one.name}`, one, false)),
      };
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/git/ref/{ref}',
    scopes: SCOPES,
    access: 'read',
    handle: (call) => ({ status: 200, json: refView(call, `refs/${call.parameters['ref'] ?? ''}`) }),
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/git/matching-refs/{ref}',
    scopes: SCOPES,
    access: 'read',
    handle(call) {
      const start = `refs/${call.parameters['ref'] ?? ''}`;
      const found = [...call.world.refs.keys()].filter((ref) => ref.startsWith(start)).sort();
      return { status: 200, json: found.map((ref) => refView(call, ref)) };
    },
  },
  {
    method: 'post',
    path: '/repos/{owner}/{repo}/git/refs',
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      const { refs, git } = call.world;
      const ref = textOf(call.body['ref']) ?? '';
      const sha = textOf(call.body['sha']) ?? '';
      // GitHub takes other namespaces too (docs: "If it doesn't start with refs and have at least two slashes").
      if (!/^refs\/[^/]+\/./.test(ref)) throw refused("Reference name must start with 'refs/'.");
      if (refs.has(ref)) throw refused('Reference already exists');
      if (git.read(sha) === undefined) throw refused('Object does not exist');
      refuseProtected(call, ref);
      refs.set(ref, sha);
      return { status: 201, json: refView(call, ref) };
    },
  },
  {
    method: 'patch',
    path: '/repos/{owner}/{repo}/git/refs/{ref}',
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      const { refs, git } = call.world;
      const ref = `refs/${call.parameters['ref'] ?? ''}`;
      const sha = textOf(call.body['sha']) ?? '';
      const before = refs.get(ref);
      if (before === undefined) throw refused('Reference does not exist');
      if (git.read(sha) === undefined) throw refused('Object does not exist');
      if (call.body['force'] !== true && !isAncestor(call, before, sha)) {
        throw refused('Update is not a fast forward');
      }
      refuseProtected(call, ref);
      refs.set(ref, sha);
      return { status: 200, json: refView(call, ref) };
    },
  },
  {
    method: 'delete',
    path: '/repos/{owner}/{repo}/git/refs/{ref}',
    scopes: SCOPES,
    access: 'write',
    handle({ world, parameters }) {
      if (!world.refs.delete(`refs/${parameters['ref'] ?? ''}`)) throw refused('Reference does not exist');
      return { status: 204 };
    },
  },
];
