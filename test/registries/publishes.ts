// A child process of directory.test.ts: publishes one model and prints its version.
import { DirectoryRegistry } from '../../shared/registries/directory.ts';
import { localFile, sha256, trainingSection } from './sections.ts';

const [root = '', folder = '', content = ''] = process.argv.slice(2);
const signal = new AbortController().signal;
const registry = new DirectoryRegistry({ root, name: 'directory:registry' });
const file = await localFile(folder, 'out/model.onnx', content);
const digest = sha256(content);
const staged = await registry.stage('digits', digest, [file], signal);
const beside = { sections: [trainingSection([file.reference], digest)], card: '# digits\n', files: [] };
const { version } = await registry.commit(staged, beside, signal);
process.stdout.write(version.version);
