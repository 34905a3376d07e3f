import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HISTORY_BRANCH } from '../../actions/evaluate-gate/src/history/history-branch.ts';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { pullRequestPayload, pushPayload } from '../github/payloads.ts';
import { type Ended, runGateStep } from './gate-step.ts';

const MINUTE_MS = 60_000;
const ROWS = 400;
const GATE = `version: 1
defaults: {min-cell-size: 1}
evaluation: {id: id, label: y, prediction: p, labels: [cat, dog], positive: cat}
baseline: {from: "file:before.csv"}
rules:
  - {metric: f1, min: 0.5, max-regression: 0.2}
  - {metric: accuracy, max-regression: 0.001, severity: warning}
negative-control: false
`;

/** Rows of which the first `right` are predicted right. */
function predictionsOf(right: number): string {
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const [label, other] = index % 2 === 0 ? ['cat', 'dog'] : ['dog', 'cat'];
    return `r${index},${label},${index < right ? label : other}`;
  });
  return ['id,y,p', ...rows, ''].join('\n');
}

let fake: FakeGitHub;
let folder: string;

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ty-history-action-')));
  fake = await startFakeGitHub();
});
afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the action as a step of a new run on a commit of its own. */
async function gate(
  event: 'push' | 'pull_request',
  right: number,
  { token, inputs = {} }: { token?: string; inputs?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const files = {
    'gate.yml': GATE,
    'now.csv': predictionsOf(right),
    'before.csv': predictionsOf(360),
  };
  const base = fake.world.refs.get('refs/heads/main');
  const head = fake.commit(files, {
    ...(event === 'push' ? { ref: 'refs/heads/main' } : {}),
    ...(base === undefined ? {} : { parents: [base] }),
  });
  const pull =
    event === 'push'
      ? undefined
      : fake.pullRequests.add({ head: { sha: head.sha }, base: { sha: base ?? head.sha } });
  return await runGateStep(fake, {
    folder,
    files,
    event,
    payload: pull === undefined ? pushPayload(head.sha) : pullRequestPayload(fake, pull),
    sha: head.sha,
    ref: pull === undefined ? 'refs/heads/main' : `refs/pull/${pull.number}/merge`,
    token,
    inputs: { model: 'digits', gate: 'gate.yml', predictions: 'now.csv', ...inputs },
  });
}

function kept(): { commit: string; verdict: string }[] {
  const head = fake.world.refs.get(`refs/heads/${HISTORY_BRANCH}`) ?? '';
  const entry = fake.world.git.lookUp(head, 'metrics/digits.jsonl');
  const text = fake.world.git.read(entry?.sha ?? '')?.bytes.toString() ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { commit: string; verdict: string });
}

describe('evaluate-gate on GitHub', () => {
  it(
    'keeps a line a commit of the default branch, and shows the next pull request their trend',
    { timeout: 5 * MINUTE_MS },
    async () => {
      for (const right of [360, 352, 366, 350, 362]) {
        const pushed = await gate('push', right);
        expect([pushed.exitCode, pushed.section.verdict], pushed.log).toEqual([0, 'pass']);
        expect(pushed.section.notices).not.toContainEqual(expect.stringContaining('istory'));
      }
      expect(kept()).toHaveLength(5);
      expect(kept().at(-1)).toMatchObject({
        commit: fake.world.refs.get('refs/heads/main'),
        verdict: 'pass',
      });
      const before = fake.world.refs.get(`refs/heads/${HISTORY_BRANCH}`);

      // Reading needs no more than a fork's token has.
      const token = fake.token({
        permissions: { contents: 'read', 'pull-requests': 'write', statuses: 'write', actions: 'read' },
      });
      const { exitCode, log, section, page } = await gate('pull_request', 364, { token });
      expect([exitCode, section.verdict], log).toEqual([0, 'pass']);
      expect(fake.world.refs.get(`refs/heads/${HISTORY_BRANCH}`)).toBe(before);
      const trend = section.body?.charts?.trend.find(({ metric }) => metric === 'accuracy');
      expect(trend?.points.map(([, value]) => value)).toEqual([0.9, 0.88, 0.915, 0.875, 0.905, 0.91]);
      expect(trend?.points[0]?.[0]).toBe(kept()[0]?.commit.slice(0, 7));
      expect(trend?.points.at(-1)?.[0]).toBe('this run');
      const { history } = section.body ?? {};
      expect(history).toMatchObject({ branch: HISTORY_BRANCH, commits: 5, otherSets: 0 });
      expect(history?.noise.map(({ metric, commits }) => [metric, commits])).toEqual([
        ['f1', 5],
        ['accuracy', 5],
      ]);
      expect(history?.noise[1]?.narrow.map(({ rule }) => rule)).toEqual(['accuracy.max-regression']);
      const [bootstrap, ...others] = section.body?.charts?.bootstrap ?? [];
      expect(others).toEqual([]);
      expect(bootstrap?.name).toBe('f1.max-regression');
      expect(bootstrap?.at).toBeCloseTo(-0.2, 9);
      expect(bootstrap?.points.reduce((sum, [, count]) => sum + count, 0)).toBe(2000);
      expect(page).toContain('Trend: accuracy');
      expect(page).toContain('Bootstrap: f1.max-regression');
      expect(fake.commentsOf(1)[0]).toContain('accuracy.max-regression turns on 0.001, which is less');
    },
  );

  it(
    'says that history is off where the token may not write, with the same verdict',
    { timeout: 2 * MINUTE_MS },
    async () => {
      const token = fake.token({ permissions: { contents: 'read', statuses: 'write', actions: 'read' } });
      const pushed = await gate('push', 360, { token });
      expect([pushed.exitCode, pushed.section.verdict], pushed.log).toEqual([0, 'pass']);
      expect(pushed.section.notices).toContainEqual(
        expect.stringMatching(/^History is off.*`contents: write`/),
      );
      expect(kept()).toEqual([]);
      const off = await gate('push', 360, { token, inputs: { history: 'off' } });
      expect(off.section.notices).not.toContainEqual(expect.stringContaining('istory'));
    },
  );
});
