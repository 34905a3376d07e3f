import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { describeCode } from '../../../actions/train-model/src/describe-code.ts';
import { codeFingerprint } from '../../../shared/record/digest.ts';
import { openScratch } from '../scratch.ts';

const { signal } = new AbortController();

function git(directory: string, ...words: string[]): string {
  const settings = ['-c', 'user.name=n', '-c', 'user.email=n@example.org', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', directory, ...settings, ...words], { encoding: 'utf8' }).trim();
}

describe('describeCode', () => {
  it("is of git's hashes of the paths, and of what differs from them", async () => {
    await using place = await openScratch();
    git(place.directory, 'init', '-q', '-b', 'main');
    const script = await place.write('ml/train.py', 'print(1)\n');
    git(place.directory, 'add', '.');
    git(place.directory, 'commit', '-q', '-m', 'first');
    const all = git(place.directory, 'rev-parse', 'HEAD^{tree}');
    const one = git(place.directory, 'rev-parse', 'HEAD:ml/train.py');
    expect(await describeCode(place.directory, [place.directory], null, signal)).toEqual({
      fingerprint: codeFingerprint({ '.': all }, null),
      notice: null,
    });
    expect(await describeCode(place.directory, [script], 'd'.repeat(64), signal)).toEqual({
      fingerprint: codeFingerprint({ 'ml/train.py': one }, 'd'.repeat(64)),
      notice: null,
    });
  });

  it('is unknown for what no commit holds', async () => {
    await using place = await openScratch();
    const path = await place.write('train.py', '');
    expect(await describeCode(place.directory, [path], null, signal)).toEqual({
      fingerprint: null,
      notice: 'There is no code fingerprint: "train.py" is in no commit of a git repository.',
    });
  });
});
