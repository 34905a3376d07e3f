// A child process of upload-memory.test.ts: uploads one file, and prints the growth of its memory in bytes.
import { openAsBlob } from 'node:fs';
import { openReleaseApi } from '../../shared/registries/github-release-api.ts';
import { keepingLogger } from '../evaluation/engine.ts';

const [url = '', path = ''] = process.argv.slice(2);
const environment = { GITHUB_API_URL: url };
const api = await openReleaseApi({ owner: 'a', repo: 'b', token: 't', environment, logger: keepingLogger() });
const release = {
  id: 1,
  tag: '',
  draft: true,
  body: '',
  created: '',
  url: '',
  uploadUrl: `${url}/assets`,
  assets: [],
};
const before = process.memoryUsage().rss;
let most = before;
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 10);
await api.upload(release, 'big.bin', 'big.bin', await openAsBlob(path), new AbortController().signal);
clearInterval(watch);
process.stdout.write(String(most - before));
