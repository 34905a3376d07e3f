import { createHash } from 'node:crypto';
import { basicError, validationError } from '../http.ts';
import { assetView, releaseView } from '../views.ts';
import type { Release, ReleaseAsset } from '../world.ts';
import { type Call, notFound, page, type Route, textOf } from './route.ts';

const LIST = '/repos/{owner}/{repo}/releases';
const ONE = '/repos/{owner}/{repo}/releases/{release_id}';
const ASSET = '/repos/{owner}/{repo}/releases/assets/{asset_id}';

/** Drafts are shown only to those who may write. */
function mayWrite({ token }: Call): boolean {
  return token.permissions === 'write-all' || token.permissions.contents === 'write';
}

function releaseOf(call: Call): Release {
  const found = call.world.releases.find((release) => String(release.id) === call.parameters['release_id']);
  return found !== undefined && (!found.draft || mayWrite(call)) ? found : notFound();
}

function assetOf({ world, parameters }: Call): { release: Release; asset: ReleaseAsset } {
  for (const release of world.releases) {
    const asset = release.assets.find((one) => String(one.id) === parameters['asset_id']);
    if (asset !== undefined) return { release, asset };
  }
  return notFound();
}

const view = (call: Call, release: Release): unknown => releaseView(call.world, call.baseUrl, release);
const truth = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** A release that is published makes its tag where there is none; a tag has one published release. */
function publish({ world }: Call, release: Release): void {
  if (world.releases.some((other) => other !== release && !other.draft && other.tag === release.tag)) {
    throw validationError('Release', 'already_exists', 'tag_name');
  }
  const tag = `refs/tags/${release.tag}`;
  if (!world.refs.has(tag)) {
    const target = world.refs.get(`refs/heads/${release.target}`) ?? release.target;
    if (world.git.read(target)?.type !== 'commit')
      throw validationError('Release', 'invalid', 'target_commitish');
    world.refs.set(tag, target);
  }
  release.draft = false;
  release.published ??= new Date();
}

function create(call: Call): Release {
  const { world, body } = call;
  const release: Release = {
    id: world.nextId(),
    tag: textOf(body['tag_name']) ?? '',
    name: textOf(body['name']) ?? null,
    body: textOf(body['body']) ?? null,
    draft: true,
    prerelease: truth(body['prerelease']) ?? false,
    target: textOf(body['target_commitish']) ?? 'main',
    login: call.token.login,
    created: new Date(),
    published: null,
    assets: [],
  };
  if (truth(body['draft']) !== true) publish(call, release);
  world.releases.unshift(release);
  return release;
}

function update(call: Call): Release {
  const { body } = call;
  const release = releaseOf(call);
  release.tag = textOf(body['tag_name']) ?? release.tag;
  release.name = textOf(body['name']) ?? release.name;
  release.body = textOf(body['body']) ?? release.body;
  release.target = textOf(body['target_commitish']) ?? release.target;
  release.prerelease = truth(body['prerelease']) ?? release.prerelease;
  if (truth(body['draft']) === false) publish(call, release);
  return release;
}

function upload(call: Call): ReleaseAsset {
  const release = releaseOf(call);
  if (call.headers['content-length'] === undefined) throw basicError(400, 'Bad Content-Length');
  // GitHub writes a full stop for what it does not allow in a name.
  const name = (call.query.get('name') ?? '').replace(/[^A-Za-z0-9._+@-]/g, '.');
  if (release.assets.some((asset) => asset.name === name)) {
    throw validationError('ReleaseAsset', 'already_exists', 'name');
  }
  const blob = `asset-${call.world.nextId()}`;
  call.blobs.put(blob, call.bytes, call.contentType);
  const asset: ReleaseAsset = {
    id: call.world.nextId(),
    name,
    contentType: call.contentType,
    blob,
    size: call.bytes.length,
    digest: `sha256:${createHash('sha256').update(call.bytes).digest('hex')}`,
    login: call.token.login,
    created: new Date(),
  };
  release.assets.push(asset);
  return asset;
}

const SCOPES = ['contents'] as const;

export const releaseRoutes: readonly Route[] = [
  {
    method: 'get',
    path: LIST,
    scopes: SCOPES,
    access: 'read',
    handle: (call) =>
      page(
        call,
        call.world.releases
          .filter((release) => !release.draft || mayWrite(call))
          .map((release) => view(call, release)),
      ),
  },
  {
    method: 'post',
    path: LIST,
    scopes: SCOPES,
    access: 'write',
    handle: (call) => ({ status: 201, json: view(call, create(call)) }),
  },
  {
    method: 'get',
    path: '/repos/{owner}/{repo}/releases/tags/{tag}',
    scopes: SCOPES,
    access: 'read',
    handle(call) {
      const found = call.world.releases.find(
        (release) => !release.draft && release.tag === call.parameters['tag'],
      );
      return { status: 200, json: view(call, found ?? notFound()) };
    },
  },
  {
    method: 'get',
    path: ASSET,
    scopes: SCOPES,
    access: 'read',
    handle(call) {
      const { release, asset } = assetOf(call);
      if (call.accept.includes('application/octet-stream')) {
        return { status: 302, headers: { location: call.baseUrl + call.blobs.urlOf(asset.blob) } };
      }
      return { status: 200, json: assetView(call.world, call.baseUrl, release, asset) };
    },
  },
  {
    method: 'delete',
    path: ASSET,
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      const { release, asset } = assetOf(call);
      release.assets.splice(release.assets.indexOf(asset), 1);
      return { status: 204 };
    },
  },
  {
    method: 'get',
    path: ONE,
    scopes: SCOPES,
    access: 'read',
    handle: (call) => ({ status: 200, json: view(call, releaseOf(call)) }),
  },
  {
    method: 'patch',
    path: ONE,
    scopes: SCOPES,
    access: 'write',
    handle: (call) => ({ status: 200, json: view(call, update(call)) }),
  },
  {
    method: 'delete',
    path: ONE,
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      call.world.releases.splice(call.world.releases.indexOf(releaseOf(call)), 1);
      return { status: 204 };
    },
  },
  {
    method: 'get',
    path: `${ONE}/assets`,
    scopes: SCOPES,
    access: 'read',
    handle(call) {
      const release = releaseOf(call);
      return page(
        call,
        release.assets.map((asset) => assetView(call.world, call.baseUrl, release, asset)),
      );
    },
  },
  {
    method: 'post',
    path: `${ONE}/assets`,
    scopes: SCOPES,
    access: 'write',
    handle(call) {
      const asset = upload(call);
      return { status: 201, json: assetView(call.world, call.baseUrl, releaseOf(call), asset) };
    },
  },
];
