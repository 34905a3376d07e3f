import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import { mergeGroupPayload } from '../github/payloads.ts';
import type { PullRequest } from '../github/world.ts';
import { type Ended, runGateStep } from './gate-step.ts';

const MINUTE_MS = 60_000;
const ROWS = 200;
const gateFile = (min: number): string => `version: 1
defaults: {min-cell-size: 1}
evaluation: {id: id, label: y, prediction: p, labels: [cat, dog], positive: cat}
rules:
  - {metric: accuracy, min: ${min}, test: none}
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
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ty-merge-queue-')));
  fake = await startFakeGitHub();
});
afterEach(async () => {
  await fake[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;
interface Queued {
  readonly pull: PullRequest;
  readonly base: string;
  /** The commit that the queue made. */
  readonly head: string;
  readonly ref: string;
  readonly files: Files;
}

function openMain(): Queued['head'] {
  return fake.commit({ 'gate.yml': gateFile(0.9) }, { ref: 'refs/heads/main' }).sha;
}

/** Puts a pull request that changes files at the end of the queue, as GitHub does with merge commits, or squashed. */
function enqueue(
  number: number,
  base: string,
  change: Files,
  { before = {}, how = 'merge' }: { before?: Files; how?: 'merge' | 'squash' } = {},
): Queued {
  const main = fake.world.refs.get('refs/heads/main') ?? '';
  // Two that change the same would be the same commit.
  const own = { [`notes-${number}.md`]: '' };
  const topic = fake.commit({ 'gate.yml': gateFile(0.9), ...change, ...own }, { parents: [main] });
  const pull = fake.pullRequests.add({ number, head: { sha: topic.sha }, base: { sha: main } });
  const files = { 'gate.yml': gateFile(0.9), ...before, ...change, ...own };
  const ref = `refs/heads/gh-readonly-queue/main/pr-${number}-${base}`;
  const parents = how === 'merge' ? [base, topic.sha] : [base];
  const { sha: head } = fake.commit(files, { ref, parents });
  return { pull, base, head, ref, files };
}

async function gate(
  { pull, base, head, ref, files }: Queued,
  inputs: Readonly<Record<string, string>> = { predictions: 'now.csv' },
): Promise<Ended> {
  return await runGateStep(fake, {
    folder,
    files,
    event: 'merge_group',
    payload: mergeGroupPayload({ number: pull.number, head, base }),
    sha: head,
    ref,
    inputs: { model: 'digits', gate: 'gate.yml', ...inputs },
  });
}

function waive(number: number, sha: string, login: string): void {
  fake.world.permissions.set(login, 'write');
  const created = new Date();
  const body = `/trainyard waive accuracy.minimum at ${sha.slice(0, 10)} until 2999-01-31 because a known bug`;
  fake.world.comments.push({
    id: fake.world.nextId(),
    issue: number,
    login,
    body,
    created,
    updated: created,
  });
}

const statusesOf = (): string[][] =>
  fake.world.statuses.map(({ sha, context, state }) => [sha, context, state]);
/** What the gate wrote, beside what people did. */
const reportsOn = (number: number): string[] =>
  fake.commentsOf(number).filter((body) => body.startsWith('<!-- trainyard'));

describe('evaluate-gate in a merge queue', { timeout: 3 * MINUTE_MS }, () => {
  it('judges the merged result of each pull request, by the gate file of what was queued before it', async () => {
    const main = openMain();
    // The one before tightens the gate, and the next would loosen it.
    const tight = { 'gate.yml': gateFile(0.95), 'now.csv': predictionsOf(192) };
    const first = enqueue(1, main, tight);
    const second = enqueue(
      2,
      first.head,
      { 'gate.yml': gateFile(0.1), 'now.csv': predictionsOf(184) },
      { before: tight },
    );

    const one = await gate(first);
    expect([one.exitCode, one.section.verdict], one.log).toEqual([0, 'pass']);
    expect(one.section.body?.gate).toMatchObject({ from: 'base', ref: main });
    expect(one.section.body?.rules[0]).toMatchObject({ bound: 0.9 });

    const two = await gate(second);
    expect([two.exitCode, two.section.verdict], two.log).toEqual([1, 'fail']);
    expect(two.section.body?.gate).toMatchObject({ from: 'base', ref: first.head });
    expect(two.section.body?.gate?.diff).toContain('+  - {metric: accuracy, min: 0.1');
    expect(two.section.body?.rules[0]).toMatchObject({ bound: 0.95, value: 0.92 });
    expect(two.section.commit).toMatchObject({ headSha: second.head, baseSha: first.head });

    expect(statusesOf()).toEqual([
      [first.head, 'trainyard/digits', 'success'],
      [second.head, 'trainyard/digits', 'failure'],
    ]);
    expect(reportsOn(1)).toHaveLength(1);
    expect(reportsOn(1)[0]).toContain(`head=${first.head}`);
    expect(reportsOn(2)).toHaveLength(1);
    expect(reportsOn(2)[0]).toContain(`head=${second.head}`);
  });

  it('writes no comment where the ref names no pull request', async () => {
    const main = openMain();
    const queued = enqueue(1, main, { 'now.csv': predictionsOf(190) });
    const ended = await runGateStep(fake, {
      folder,
      files: queued.files,
      event: 'merge_group',
      payload: {
        merge_group: {
          head_sha: queued.head,
          base_sha: main,
          head_ref: 'refs/heads/gh-readonly-queue/main/batch',
          base_ref: 'refs/heads/main',
        },
      },
      sha: queued.head,
      ref: 'refs/heads/gh-readonly-queue/main/batch',
      inputs: { model: 'digits', gate: 'gate.yml', predictions: 'now.csv' },
    });
    expect([ended.exitCode, ended.section.verdict], ended.log).toEqual([0, 'pass']);
    expect(fake.world.comments).toEqual([]);
    expect(statusesOf()).toEqual([[queued.head, 'trainyard/digits', 'success']]);
  });

  it('never takes what the run of the pull request itself said for the merged result', async () => {
    const main = openMain();
    const queued = enqueue(1, main, { 'now.csv': predictionsOf(200) });
    const before = await runGateStep(fake, {
      folder,
      files: queued.files,
      event: 'push',
      payload: {},
      sha: queued.pull.head.sha,
      ref: 'refs/heads/topic',
      inputs: { model: 'digits', gate: 'gate.yml', predictions: 'now.csv' },
    });
    expect(before.section.verdict, before.log).toBe('pass');
    const text = JSON.stringify({ ...before.section, commit: { ...before.section.commit } });
    fake.addArtifact(Number(before.section.run.id), 'trainyard.digits.evaluation.job.1', {
      'section.json': text,
    });
    fake.world.statuses.splice(0);
    fake.world.comments.splice(0);

    // No training ran in the queue's own run, and nothing gives predictions.
    const { exitCode, section, log } = await gate(queued, {});
    expect([exitCode, section.verdict, section.passed], log).toEqual([1, 'error', false]);
    expect(section.summary).toContain('no training section');
    expect(statusesOf()).toEqual([[queued.head, 'trainyard/digits', 'error']]);
  });

  it('lets the waivers of all pull requests of the group hold, and of no other', async () => {
    const main = openMain();
    const bad = { 'now.csv': predictionsOf(170) };
    const first = enqueue(1, main, bad);
    const second = enqueue(2, first.head, { 'notes.md': 'x' }, { before: bad });
    const other = enqueue(3, main, bad);

    waive(3, other.pull.head.sha, 'dan');
    const refused = await gate(second);
    expect([refused.exitCode, refused.section.verdict], refused.log).toEqual([1, 'fail']);
    expect(refused.section.notices.join('\n')).not.toContain('waiver');

    waive(1, first.pull.head.sha, 'bea');
    for (const queued of [first, second]) {
      const { section, exitCode, log } = await gate(queued);
      expect([exitCode, section.verdict], log).not.toContain('fail');
      expect(section.body?.waivers).toMatchObject([
        { rule: 'accuracy.minimum', by: 'bea', headSha: first.pull.head.sha },
      ]);
      expect(section.body?.rules[0]).toMatchObject({ result: 'warn' });
    }
  });

  it('refuses a waiver whose commit the group does not show, and says why', async () => {
    const main = openMain();
    const queued = enqueue(
      1,
      main,
      { 'now.csv': predictionsOf(170) },
      { before: { 'notes.md': 'x' }, how: 'squash' },
    );
    waive(1, queued.pull.head.sha, 'bea');
    const { exitCode, section, log } = await gate(queued);
    expect([exitCode, section.verdict], log).toEqual([1, 'fail']);
    expect(section.notices).toContainEqual(
      expect.stringMatching(/^The waivers of pull request #1 do not count in this merge group: .*squashes/),
    );
    expect(section.body?.waivers).toEqual([]);
  });
});
