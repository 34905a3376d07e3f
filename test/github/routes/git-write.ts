import { basicError, validationError } from '../http.ts';
import { commitView } from './git.ts';
import { type Call, notFound, type Route, textOf } from './route.ts';

const SCOPES = ['contents'] as const;
const PERSON = 'github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>';

const gitUrl = (call: Call, what: string): string =>
  `${call.baseUrl}/repos/${call.repository.fullName}/git/${what}`;

function tagView(call: Call, sha: string): unknown {
  const found = call.world.git.read(sha);
  if (found?.type !== 'tag') return notFound();
  const [head = '', ...message] = found.bytes.toString().split('\n\n');
  const value = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(head)?.[1] ?? '';
  const [, name = '', email = '', seconds = '0'] = /^(.*) <(.*)> (\d+)/.exec(value('tagger')) ?? [];
  return {
    sha,
    node_id: Buffer.from(sha).toString('base64'),
    url: gitUrl(call, `tags/${sha}`),
    tag: value('tag'),
    message: message.join('\n\n'),
    tagger: { name, email, date: new Date(Number(seconds) * 1000).toISOString() },
    object: { sha: value('object'), type: value('type'), url: gitUrl(call, `commits/${value('object')}`) },
  };
}

function entriesOf(call: Call): { path: string; content: string }[] {
  const { tree } = call.body;
  if (!Array.isArray(tree)) throw basicError(422, 'Invalid tree info');
  return tree.map((entry: unknown) => {
    const { path, content } = entry as Record<string, unknown>;
    if (typeof path !== 'string' || typeof content !== 'string') throw basicError(422, 'Invalid tree info');
    return { path, content };
  });
}

/** Operations that write Git objects; nothing points at them until a reference does. */
export const gitWriteRoutes: readonly Route[] = [
  {
    method: 'post',
    path: '/repos/{owner}/{repo}/git/trees',
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      const files = Object.fromEntries(entriesOf(call).map(({ path, content }) => [path, content]));
      const base = textOf(call.body['base_tree']);
      if (base !== undefined && call.world.git.read(base)?.type !== 'tree') {
        throw basicError(422, 'base_tree is not a valid tree oid');
      }
      // What the base has and the entries do not name stays (docs: "Create a tree").
      const kept = base === undefined ? {} : call.world.git.files(base);
      const { tree: sha } = call.world.git.commit({ ...kept, ...files });
      const tree = call.world.git.entries(sha).map(({ name, mode, sha: entry }) => ({
        path: name,
        mode: mode.padStart(6, '0'),
        type: mode === '40000' ? 'tree' : 'blob',
        sha: entry,
      }));
      return { status: 201, json: { sha, url: gitUrl(call, `trees/${sha}`), truncated: false, tree } };
    },
  },
  {
    method: 'post',
    path: '/repos/{owner}/{repo}/git/commits',
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      const { git } = call.world;
      const tree = textOf(call.body['tree']) ?? '';
      const parents = Array.isArray(call.body['parents']) ? call.body['parents'].map(String) : [];
      if (git.read(tree)?.type !== 'tree') throw validationError('Commit', 'invalid', 'tree');
      if (parents.some((parent) => git.read(parent)?.type !== 'commit')) {
        throw validationError('Commit', 'invalid', 'parents');
      }
      const seconds = Math.floor(Date.now() / 1000);
      const lines = [
        `tree ${tree}`,
        ...parents.map((parent) => `parent ${parent}`),
        `author ${PERSON} ${seconds} +0000`,
        `committer ${PERSON} ${seconds} +0000`,
        '',
        textOf(call.body['message']) ?? '',
      ];
      const sha = git.write('commit', Buffer.from(lines.join('\n')));
      return { status: 201, json: commitView(call, sha) };
    },
  },
  {
    method: 'post',
    path: '/repos/{owner}/{repo}/git/tags',
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      const { git } = call.world;
      const object = textOf(call.body['object']) ?? '';
      const type = textOf(call.body['type']) ?? '';
      if (git.read(object)?.type !== type)
        throw validationError('Tag', 'invalid', 'object', 'Object does not exist');
      const seconds = Math.floor(Date.now() / 1000);
      const lines = [
        `object ${object}`,
        `type ${type}`,
        `tag ${textOf(call.body['tag']) ?? ''}`,
        `tagger ${PERSON} ${seconds} +0000`,
        '',
        textOf(call.body['message']) ?? '',
      ];
      return { status: 201, json: tagView(call, git.write('tag', Buffer.from(lines.join('\n')))) };
    },
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/git/tags/{tag_sha}',
    scopes: SCOPES,
    access: 'read',
    handle: (call) => ({ status: 200, json: tagView(call, call.parameters['tag_sha'] ?? '') }),
  },
];
