import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../shared/action/logger.ts';
import { InfrastructureError, UsageError } from '../../shared/errors.ts';
import { GitHubReleaseRegistry } from '../../shared/registries/github-release.ts';
import { openReleaseApi } from '../../shared/registries/github-release-api.ts';
import type { ReleaseApi } from '../../shared/registries/release-api.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { describeRegistry, publish } from './contract.ts';
import { localFile, sha256, trainingSection } from './sections.ts';

const NEVER = new AbortController().signal;

const SILENT: Logger = {
  info: () => undefined,
  debug: () => undefined,
  warning: () => undefined,
  annotate: () => undefined,
  group: (_title, phase) => phase(),
  progress: () => ({ update: () => undefined, end: () => undefined }),
  mask: () => undefined,
  untrusted: (phase) => phase(() => undefined),
};

interface Scene extends AsyncDisposable {
  readonly fake: FakeGitHub;
  readonly folder: string;
  readonly api: ReleaseApi;
  readonly registry: GitHubReleaseRegistry;
  open(options?: Partial<ConstructorParameters<typeof GitHubReleaseRegistry>[0]>): GitHubReleaseRegistry;
  apiOf(token: string): Promise<ReleaseApi>;
}

async function scene(): Promise<Scene> {
  const fake = await startFakeGitHub({ repository: 'acme/yard' });
  const { sha: headSha } = fake.commit({ 'train.py': 'pass\n' }, { ref: 'refs/heads/main' });
  const folder = await mkdtemp(join(tmpdir(), 'release-'));
  const environment = { GITHUB_API_URL: fake.url, TRAINYARD_GITHUB_TIMEOUT_SECONDS: '5' };
  const apiOf = (token: string): Promise<ReleaseApi> =>
    openReleaseApi({ owner: 'acme', repo: 'yard', token, environment, logger: SILENT });
  const api = await apiOf(fake.defaultToken);
  const open: Scene['open'] = (options = {}) =>
    new GitHubReleaseRegistry({ api, name: 'github-release', headSha, logger: SILENT, ...options });
  return {
    fake,
    folder,
    api,
    open,
    apiOf,
    registry: open(),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      await fake[Symbol.asyncDispose]();
    },
  };
}

describeRegistry('a registry in GitHub releases', scene);

const names = (fake: FakeGitHub): string[] =>
  fake.world.releases.map(
    ({ tag, draft, prerelease }) => `${tag}${draft ? ' draft' : ''}${prerelease ? ' pre' : ''}`,
  );

describe('a release', () => {
  it('is a pre-release with an annotated tag on the commit, and no draft is left', async () => {
    await using one = await scene();
    const { version } = await publish(one.registry, one.folder, 'first');
    expect(names(one.fake)).toEqual(['digits-v1 pre']);
    expect(version.url).toContain('digits-v1');
    const tag = one.fake.world.git.read(one.fake.world.refs.get('refs/tags/digits-v1') ?? '');
    expect(tag?.type).toBe('tag');
    expect(tag?.bytes.toString()).toContain(`Trainyard-Model-Digest: ${sha256('first')}`);
    expect(tag?.bytes.toString()).toContain(`object ${one.fake.world.refs.get('refs/heads/main') ?? '?'}`);
    expect(one.fake.world.releases[0]?.body).toMatch(/^# digits\n/);
  });

  it('lists without a request for each version, as the text carries the manifest', async () => {
    await using one = await scene();
    for (const content of ['a', 'b', 'c']) await publish(one.open(), one.folder, content);
    const before = one.fake.exchanges.length;
    expect(await one.open().list('digits', NEVER)).toHaveLength(3);
    expect(
      one.fake.exchanges.slice(before).map(({ method, url }) => `${method} ${url.split('?')[0] ?? ''}`),
    ).toEqual([
      'GET /repos/acme/yard/releases',
      'GET /repos/acme/yard/git/matching-refs/trainyard%2Fdigits%2F',
    ]);
  });

  it('is read from its asset where somebody edited the text, and beyond a hundred releases', async () => {
    await using one = await scene();
    await publish(one.registry, one.folder, 'first');
    const release = one.fake.world.releases[0];
    if (release !== undefined) release.body = 'Our best one! <!-- trainyard-manifest e30= -->';
    for (let index = 0; index < 105; index++) {
      one.fake.world.releases.unshift({
        id: one.fake.world.nextId(),
        tag: `app-1.0.${index}`,
        name: null,
        body: null,
        draft: false,
        prerelease: false,
        target: 'main',
        login: 'ann',
        created: new Date(),
        published: new Date(),
        assets: [],
      });
    }
    expect((await one.open().list('digits', NEVER)).map(({ version }) => version)).toEqual(['v1']);
  });

  it('splits files at the limit, and joins them verified', async () => {
    await using one = await scene();
    const registry = one.open({ assetLimitBytes: 10 });
    const { version } = await publish(registry, one.folder, 'a model of 30 bytes, or so....');
    const parts = one.fake.world.releases[0]?.assets
      .map(({ name }) => name)
      .filter((name) => name.includes('.part'));
    expect(parts?.filter((name) => name.includes('model.onnx'))).toHaveLength(4);
    const found = await one.open().fetch(version, ['model'], join(one.folder, 'got'), NEVER);
    const model = found.find(({ reference }) => reference.path === 'out/model.onnx');
    expect(await readFile(model?.path ?? '', 'utf8')).toBe('a model of 30 bytes, or so....');
  });

  it('goes on where a publish was cut off, and replaces an asset of other bytes', async () => {
    await using one = await scene();
    const file = await localFile(one.folder, 'model.onnx', 'first');
    await one.registry.stage('digits', sha256('first'), [file], NEVER);
    const draft = one.fake.world.releases[0];
    const asset = draft?.assets[0];
    expect(draft?.draft).toBe(true);
    // The tag was taken, and then the runner died.
    const sha = await one.api.createTagObject(
      'digits-v1',
      `digits v1\n\nTrainyard-Model-Digest: ${sha256('first')}\n`,
      one.fake.world.refs.get('refs/heads/main') ?? '',
      NEVER,
    );
    await one.api.createReference('refs/tags/digits-v1', sha, NEVER);
    if (draft !== undefined && asset !== undefined) draft.assets[0] = { ...asset, size: 2 };

    const again = await one.open().stage('digits', sha256('first'), [file], NEVER);
    expect(one.fake.world.releases).toHaveLength(1);
    const section = trainingSection([file.reference], sha256('first'));
    const { version } = await one.open().commit(again, { sections: [section], card: '#', files: [] }, NEVER);
    expect(version.version).toBe('v1');
    expect(names(one.fake)).toEqual(['digits-v1 pre']);
  });

  it('goes on with the manifest of a publish that was cut off just before the end', async () => {
    await using one = await scene();
    const file = await localFile(one.folder, 'model.onnx', 'first');
    const beside = { sections: [], card: '#', files: [] };
    const staged = await one.registry.stage('digits', sha256('first'), [file], NEVER);
    one.fake.fail({ kind: 'bad-gateway', on: '^PATCH ' });
    await expect(one.registry.commit(staged, beside, NEVER)).rejects.toBeInstanceOf(InfrastructureError);
    expect(await one.open().list('digits', NEVER)).toEqual([]);
    one.fake.faults.clear();
    const again = await one.open().stage('digits', sha256('first'), [file], NEVER);
    expect((await one.open().commit(again, beside, NEVER)).version.version).toBe('v1');
  }, 120_000);

  it('skips numbers whose tags belong to others', async () => {
    await using one = await scene();
    const head = one.fake.world.refs.get('refs/heads/main') ?? '';
    one.fake.world.refs.set('refs/tags/digits-v1', head);
    const { version } = await publish(one.registry, one.folder, 'first');
    expect(version.version).toBe('v2');
    for (let number = 3; number < 110; number++) one.fake.world.refs.set(`refs/tags/digits-v${number}`, head);
    await expect(publish(one.open(), one.folder, 'second')).rejects.toThrow(
      /next 100 tags of the form digits-v<n> are all taken/,
    );
  });

  it('removes drafts of its own model that nobody went on with', async () => {
    await using one = await scene();
    for (const content of ['old', 'new']) {
      await one
        .open()
        .stage('digits', sha256(content), [await localFile(one.folder, content, content)], NEVER);
    }
    const old = one.fake.world.releases.find(({ tag }) => tag.includes(sha256('old').slice(0, 16)));
    if (old !== undefined) Object.assign(old, { created: new Date(Date.now() - 2 * 24 * 3600 * 1000) });
    await one.open().stage('other', sha256('o'), [await localFile(one.folder, 'o', 'o')], NEVER);
    await publish(one.open(), one.folder, 'first');
    expect(
      names(one.fake)
        .filter((name) => name.endsWith('draft'))
        .map((name) => name.split('-')[0]),
    ).toEqual(['other', 'digits']);
    expect(names(one.fake)).not.toContain(`digits-draft-${sha256('old').slice(0, 16)} draft`);
  });

  it('cannot be made of a commit that is not known or not pushed', async () => {
    await using one = await scene();
    await expect(publish(one.open({ headSha: null }), one.folder, 'first')).rejects.toThrow(
      /and the commit is not known/,
    );
    const unpushed = publish(one.open({ headSha: '1'.repeat(40) }), one.folder, 'first');
    await expect(unpushed).rejects.toThrow(/GitHub does not know the commit 1{40}/);
    expect(await one.open().list('digits', NEVER)).toEqual([]);
  });
});

/** The real client, of which a test changes single calls. */
function changedApi(api: ReleaseApi): { -readonly [K in keyof ReleaseApi]: ReleaseApi[K] } {
  return {
    title: api.title,
    listReleases: (...words) => api.listReleases(...words),
    release: (...words) => api.release(...words),
    createDraft: (...words) => api.createDraft(...words),
    publish: (...words) => api.publish(...words),
    deleteRelease: (...words) => api.deleteRelease(...words),
    upload: (...words) => api.upload(...words),
    deleteAsset: (...words) => api.deleteAsset(...words),
    download: (...words) => api.download(...words),
    references: (...words) => api.references(...words),
    createReference: (...words) => api.createReference(...words),
    fastForward: (...words) => api.fastForward(...words),
    createTagObject: (...words) => api.createTagObject(...words),
    tagMessage: (...words) => api.tagMessage(...words),
    createCommit: (...words) => api.createCommit(...words),
    commitMessage: (...words) => api.commitMessage(...words),
  };
}

describe('a GitHub that is behind or busy', () => {
  it('is asked again until its list shows what was published', async () => {
    await using one = await scene();
    const slow = changedApi(one.api);
    let lists = 0;
    slow.listReleases = async (signal) => {
      const releases = await one.api.listReleases(signal);
      lists += 1;
      // The third list is the first after publishing.
      return lists === 3 ? [] : releases;
    };
    expect((await publish(one.open({ api: slow }), one.folder, 'first')).version.version).toBe('v1');
    expect(lists).toBe(4);
  });

  it('has an upload that never ends replaced after a while', async () => {
    await using one = await scene();
    const busy = changedApi(one.api);
    let running = 2;
    busy.release = async (id, signal) => {
      const release = await one.api.release(id, signal);
      if (running === 0) return release;
      return { ...release, assets: release.assets.map((asset) => ({ ...asset, uploaded: false })) };
    };
    busy.deleteAsset = async (id, signal) => {
      running = 0;
      await one.api.deleteAsset(id, signal);
    };
    const file = await localFile(one.folder, 'model.onnx', 'first');
    await one.registry.stage('digits', sha256('first'), [file], NEVER);
    const [before] = one.fake.world.releases[0]?.assets ?? [];
    await one.open({ api: busy, uploadWaitMs: 1_500 }).stage('digits', sha256('first'), [file], NEVER);
    const after = one.fake.world.releases[0]?.assets ?? [];
    expect(after.map(({ name }) => name)).toEqual([before?.name]);
    expect(after[0]?.id).not.toBe(before?.id);
  });

  it('that keeps other bytes than were sent is an error', async () => {
    await using one = await scene();
    const lossy = changedApi(one.api);
    lossy.upload = async (...words) => {
      const sent = await one.api.upload(...words);
      return sent === 'exists' ? sent : { ...sent, bytes: 1 };
    };
    lossy.release = async (id, signal) => ({ ...(await one.api.release(id, signal)), assets: [] });
    const file = await localFile(one.folder, 'model.onnx', 'first');
    const staging = one
      .open({ api: lossy, uploadWaitMs: -1 })
      .stage('digits', sha256('first'), [file], NEVER);
    await expect(staging).rejects.toThrow(/did not keep the bytes of model.onnx/);
  });

  it('that loses an asset before the end is an error, and nothing is published', async () => {
    await using one = await scene();
    const lossy = changedApi(one.api);
    lossy.upload = async (release, name, ...rest) => {
      const sent = await one.api.upload(release, name, ...rest);
      if (name === 'trainyard-manifest.json') one.fake.world.releases[0]?.assets.shift();
      return sent;
    };
    await expect(publish(one.open({ api: lossy }), one.folder, 'first')).rejects.toThrow(
      /of the draft is missing/,
    );
    expect(await one.open().list('digits', NEVER)).toEqual([]);
  });

  it('that moved the alias between two looks leaves it there', async () => {
    await using one = await scene();
    for (const content of ['a', 'b', 'c']) await publish(one.open(), one.folder, content);
    await one.registry.alias('digits', 'candidate', 'v1', null, NEVER);
    const racing = changedApi(one.api);
    racing.createCommit = async (...words) => {
      await one.open().alias('digits', 'candidate', 'v2', 'v1', NEVER);
      return one.api.createCommit(...words);
    };
    const moving = one.open({ api: racing }).alias('digits', 'candidate', 'v3', 'v1', NEVER);
    await expect(moving).rejects.toThrow(/points at v2, not at v1 as before/);
    expect((await one.open().resolve('digits', 'candidate', NEVER))?.version).toBe('v2');
  });
});

describe('a GitHub that has no digests', () => {
  it('has its assets downloaded and hashed before they count', async () => {
    await using one = await scene();
    const bare = changedApi(one.api);
    const strip = <T extends { sha256: string | null }>(asset: T): T => ({ ...asset, sha256: null });
    bare.release = async (id, signal) => {
      const release = await one.api.release(id, signal);
      return { ...release, assets: release.assets.map(strip) };
    };
    bare.listReleases = async (signal) =>
      (await one.api.listReleases(signal)).map((release) => ({
        ...release,
        assets: release.assets.map(strip),
      }));
    bare.upload = async (...words) => {
      const sent = await one.api.upload(...words);
      return sent === 'exists' ? sent : strip(sent);
    };
    const registry = one.open({ api: bare });
    const { version } = await publish(registry, one.folder, 'first');
    expect((await registry.list('digits', NEVER))[0]?.manifestDigest).toBe(version.manifestDigest);
    expect(
      one.fake.exchanges.filter(({ url }) => url.startsWith('/repos/acme/yard/releases/assets/')).length,
    ).toBeGreaterThan(4);
    // Without GitHub's digest only the download shows that the bytes changed.
    const asset = one.fake.world.releases[0]?.assets.find(({ name }) => name.endsWith('-model.onnx'));
    one.fake.blobs.put(asset?.blob ?? '', Buffer.from('wrong'), 'application/octet-stream');
    await expect(registry.fetch(version, ['model'], join(one.folder, 'got'), NEVER)).rejects.toThrow(
      /bytes of out\/model.onnx are not those/,
    );
    const record = one.fake.world.releases[0]?.assets.find(({ name }) => name.endsWith('-record.json'));
    one.fake.blobs.put(record?.blob ?? '', Buffer.from('wrong'), 'application/octet-stream');
    await expect(registry.record(version, NEVER)).rejects.toThrow(/record of digits-v1 has other content/);
  });
});

describe('a damaged registry in releases', () => {
  const damage: { title: string; harm: (fake: FakeGitHub) => void; message: RegExp }[] = [
    {
      title: 'a release without its manifest',
      harm: (fake) => fake.world.releases[0]?.assets.splice(0),
      message: /acme\/yard\) is damaged: the release digits-v1 has no trainyard-manifest.json/,
    },
    {
      title: 'a missing model file',
      harm: (fake) => {
        const assets = fake.world.releases[0]?.assets ?? [];
        assets.splice(
          assets.findIndex(({ name }) => name.endsWith('-model.onnx')),
          1,
        );
      },
      message: /the asset [0-9a-f]{12}-model.onnx of digits-v1 is missing/,
    },
    {
      title: 'a model file that somebody replaced',
      harm: (fake) => {
        const assets = fake.world.releases[0]?.assets ?? [];
        const at = assets.findIndex(({ name }) => name.endsWith('-model.onnx'));
        const asset = assets[at];
        if (asset !== undefined) assets[at] = { ...asset, digest: `sha256:${'0'.repeat(64)}` };
      },
      message: /of digits-v1 has other bytes than its manifest says/,
    },
    {
      title: 'a manifest that is none',
      harm: (fake) => harmManifest(fake, '{}'),
      message: /the manifest of digits-v1 is not valid at "schemaVersion"/,
    },
    {
      title: 'a manifest that is not JSON',
      harm: (fake) => harmManifest(fake, '{'),
      message: /the manifest of digits-v1 is not valid at ""/,
    },
    {
      title: 'a manifest whose model is no name',
      harm: (fake) => {
        const file = { path: 'm', role: 'model', bytes: 0, sha256: sha256(''), parts: [] };
        harmManifest(
          fake,
          JSON.stringify({ schemaVersion: 1, model: 'x\n::error::y', version: 'v1', files: [file] }),
        );
      },
      message: /^[^\n]*the manifest of digits-v1 is not valid at "model"[^\n]*$/,
    },
    {
      title: 'an alias that points at a tag',
      harm: (fake) => {
        const tag = fake.world.refs.get('refs/tags/digits-v1') ?? '';
        fake.world.refs.set('refs/trainyard/digits/production', tag);
      },
      message: /damaged: refs\/trainyard\/digits\/production points at something that is no commit/,
    },
    {
      title: 'a release under the tag of another version',
      harm: (fake) => {
        const release = fake.world.releases[0];
        if (release !== undefined) release.tag = 'digits-v7';
      },
      message: /the manifest of digits-v7 is that of digits v1/,
    },
    {
      title: 'an alias that names a version without a release',
      harm: (fake) => {
        const { sha } = fake.world.git.commit({ a: 'b' }, { message: 'x\n\nTrainyard-Version: v5\n' });
        fake.world.refs.set('refs/trainyard/digits/production', sha);
      },
      message: /the alias production of digits names v5, which has no release/,
    },
    {
      title: 'an alias and no release at all',
      harm: (fake) => {
        const { sha } = fake.world.git.commit({ a: 'b' }, { message: 'x\n\nTrainyard-Version: v1\n' });
        fake.world.refs.set('refs/trainyard/digits/production', sha);
        fake.world.releases.splice(0);
      },
      message: /names v1, which has no release \(delete refs\/trainyard\/digits\/production to begin anew\)/,
    },
    {
      title: 'an alias that names nothing',
      harm: (fake) => {
        const { sha } = fake.world.git.commit({ a: 'b' });
        fake.world.refs.set('refs/trainyard/digits/production', sha);
      },
      message: /refs\/trainyard\/digits\/production points at a commit that names no version/,
    },
  ];

  function harmManifest(fake: FakeGitHub, text: string): void {
    const release = fake.world.releases[0];
    const at = release?.assets.findIndex(({ name }) => name === 'trainyard-manifest.json') ?? -1;
    const asset = release?.assets[at];
    if (release === undefined || asset === undefined) throw new Error('There is no manifest to harm.');
    fake.blobs.put(asset.blob, Buffer.from(text), 'application/octet-stream');
    release.assets[at] = { ...asset, size: text.length, digest: `sha256:${sha256(text)}` };
  }

  it.each(damage)(
    'with $title is an error for readers and publishers, never empty',
    async ({ harm, message }) => {
      await using one = await scene();
      await publish(one.registry, one.folder, 'first');
      harm(one.fake);
      const listed = one.open().list('digits', NEVER);
      await expect(listed).rejects.toThrow(message);
      await expect(listed).rejects.toBeInstanceOf(InfrastructureError);
      const refs = [...one.fake.world.refs];
      await expect(publish(one.open(), one.folder, 'second')).rejects.toThrow(message);
      expect([...one.fake.world.refs]).toEqual(refs);
    },
  );

  it('is told where a version changed or vanished after it was listed', async () => {
    await using one = await scene();
    const { version } = await publish(one.registry, one.folder, 'first');
    const other = { ...version, manifestDigest: `sha256:${'0'.repeat(64)}` };
    await expect(one.open().record(other, NEVER)).rejects.toThrow(
      /the manifest of digits-v1 changed meanwhile/,
    );
    const files = version.files.map((file) => ({ ...file, sha256: '0'.repeat(64) }));
    const fetched = one.open().fetch({ ...version, files }, ['model'], one.folder, NEVER);
    await expect(fetched).rejects.toThrow(/is no longer what digits-v1 said/);
    one.fake.world.releases.splice(0);
    await expect(one.open().record(version, NEVER)).rejects.toThrow(
      /the release digits-v1 is no longer there/,
    );
  });
});

describe('a token or a GitHub that does not serve', () => {
  it('may read with contents: read, and is told which permission publishing needs', async () => {
    await using one = await scene();
    await publish(one.registry, one.folder, 'first');
    const api = await one.apiOf(one.fake.token({ permissions: { contents: 'read' } }));
    const reader = one.open({ api });
    expect(await reader.list('digits', NEVER)).toHaveLength(1);
    const refused = publish(reader, one.folder, 'second');
    await expect(refused).rejects.toThrow(/`contents: write` is missing/);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
  });

  it('is told which permission reading needs, and nothing looks empty', async () => {
    await using one = await scene();
    const api = await one.apiOf(one.fake.token({ permissions: { statuses: 'write' } }));
    await expect(one.open({ api }).list('digits', NEVER)).rejects.toThrow(/`contents: read`/);
  });

  it('is told where GitHub answers 502 to the end, and nothing looks empty', async () => {
    await using one = await scene();
    one.fake.fail({ kind: 'bad-gateway' });
    await expect(one.open().list('digits', NEVER)).rejects.toBeInstanceOf(InfrastructureError);
  }, 120_000);

  it('survives one bad answer to each kind of call', async () => {
    await using one = await scene();
    for (const on of ['POST .*/assets', 'POST .*/releases$', 'POST .*/git/refs', 'PATCH .*/releases/']) {
      one.fake.fail({ kind: 'bad-gateway', on, times: 1 });
    }
    expect((await publish(one.registry, one.folder, 'first')).version.version).toBe('v1');
  }, 120_000);
});

describe('a large file', () => {
  it('is sent and fetched without being held in memory', async () => {
    await using one = await scene();
    const path = join(one.folder, 'big.bin');
    await writeFile(path, '');
    await truncate(path, 64 * 1024 * 1024);
    const digest = sha256(await readFile(path));
    const reference = {
      path: 'big.bin',
      role: 'model' as const,
      bytes: 64 * 1024 * 1024,
      sha256: digest,
      locations: [],
    };
    const registry = one.open({ assetLimitBytes: 40 * 1024 * 1024 });
    const staged = await registry.stage('digits', digest, [{ reference, path }], NEVER);
    const { version } = await registry.commit(staged, { sections: [], card: '#', files: [] }, NEVER);
    expect(
      one.fake.world.releases[0]?.assets
        .filter(({ name }) => /\.part00[12]$/.test(name))
        .map(({ size }) => size),
    ).toEqual([39 * 1024 * 1024, 25 * 1024 * 1024]);
    const [got] = await registry.fetch(version, ['model'], join(one.folder, 'got'), NEVER);
    expect(sha256(await readFile(got?.path ?? ''))).toBe(digest);
  }, 120_000);
});
