// A child process of cut-off.test.ts: publishes for real, and is killed between the version and the alias.
import { DirectoryRegistry } from '../../shared/registries/directory.ts';
import { publish } from '../../actions/publish-model/src/publish.ts';
import { localFile } from '../registries/sections.ts';

const [root = '', folder = '', modelDigest = '', dieAt = ''] = process.argv.slice(2);

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive');
}

class DyingRegistry extends DirectoryRegistry {
  override async commit(
    ...words: Parameters<DirectoryRegistry['commit']>
  ): ReturnType<DirectoryRegistry['commit']> {
    if (dieAt === 'commit') die();
    return super.commit(...words);
  }

  override alias(...words: Parameters<DirectoryRegistry['alias']>): Promise<void> {
    if (dieAt === 'alias') die();
    return super.alias(...words);
  }
}

const signal = new AbortController().signal;
await publish({
  registry: new DyingRegistry({ root, name: 'directory:registry' }),
  model: 'digits',
  modelDigest,
  plan: {
    existing: undefined,
    version: 'v1',
    alias: { name: 'candidate', from: null, to: 'v1' },
    files: 1,
    bytes: 5,
  },
  files: {
    model: [
      await localFile(folder, 'out/model.onnx', Buffer.from(process.env['MODEL_BASE64'] ?? '', 'base64')),
    ],
    beside: [],
  },
  sections: [],
  card: '# digits\n',
  logger: { info: () => undefined },
  signal,
});
