import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeGitHub, startFakeGitHub } from '../github/fake-github.ts';
import {
  ACCEPTED,
  BAD,
  cheat,
  copyOf,
  type End,
  gateText,
  judged,
  openYard,
  REFUSED,
  saying,
  type Yard,
} from './yard.ts';

let template: Yard;
let fake: FakeGitHub;
beforeAll(async () => {
  fake = await startFakeGitHub();
  template = await openYard({ gate: gateText({ rule: '{ metric: accuracy, min: 0.8 }' }) });
  await template.propose({ 'train.py': 'worse' });
});
afterAll(async () => {
  await template[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

interface Said {
  readonly login: string;
  readonly body: (head: string) => string;
  readonly may?: string;
  /** Whether somebody changed the comment after it was written. */
  readonly changed?: boolean;
}

const waiver = (at: string, until = '2999-01-31', rule = 'accuracy.minimum'): string =>
  `/trainyard waive ${rule} at ${at} until ${until} because the sensor was replaced`;

/** A pull request of ann with a bad model, and what somebody said on it. */
async function withComment({ login, body, may = 'read', changed = false }: Said): Promise<End> {
  await using yard = await copyOf(template);
  const head = yard.git('rev-parse', 'HEAD');
  fake.world.pullRequests.splice(0);
  fake.world.comments.splice(0);
  fake.world.permissions.clear();
  fake.world.permissions.set(login, may as 'read');
  const pull = {
    number: 3,
    headSha: head,
    baseSha: yard.git('rev-parse', 'base'),
    baseRef: 'main',
    fork: false,
  };
  fake.world.pullRequests.push({
    id: 9,
    number: 3,
    state: 'open',
    title: 'worse',
    head: { ref: 'topic', sha: head, repository: 'acme/digits' },
    base: { ref: 'main', sha: pull.baseSha },
    created: new Date(),
    author: 'ann',
  });
  const now = new Date();
  fake.world.comments.push({
    id: fake.world.nextId(),
    issue: 3,
    login,
    body: body(head),
    created: now,
    updated: new Date(now.getTime() + (changed ? 60_000 : 0)),
  });
  const environment = await fake.environment({ directory: yard.folder, workspace: yard.workspace, runId: 1 });
  const run = await yard.run({
    environment: { GITHUB_API_URL: environment['GITHUB_API_URL'] ?? '' },
    origin: { pullRequest: pull },
  });
  await run.train({ model: BAD });
  return await judged(run, { inputs: { token: fake.defaultToken } });
}

describe('honest twins', () => {
  it('a rule that a maintainer answers for is passed, and shown as waived', async () => {
    const end = await withComment({ login: 'bea', may: 'write', body: (head) => waiver(head) });
    expect(end).toMatchObject(ACCEPTED);
    expect(end.gate.body?.waivers).toMatchObject([{ rule: 'accuracy.minimum', by: 'bea' }]);
  });
});

describe('a commenter that cheats with waivers', () => {
  const refused = async (said: Said, why: string): Promise<void> => {
    const end = await withComment(said);
    expect(end).toMatchObject({ ...REFUSED, why: saying('accuracy is 0.0325') });
    expect(end.gate.notices.join('\n')).toContain(why);
    expect(end.gate.body?.waivers).toEqual([]);
  };

  cheat('waives its own pull request', async () => {
    await refused(
      { login: 'ann', may: 'admin', body: (head) => waiver(head) },
      'the author of the pull request waives nothing of it',
    );
  });

  cheat('writes a waiver into the comment of a maintainer', async () => {
    await refused(
      { login: 'bea', may: 'write', changed: true, body: (head) => waiver(head) },
      'the comment was changed after it was written',
    );
  });

  cheat('has a bot waive the rule', async () => {
    await refused(
      { login: 'helper[bot]', may: 'write', body: (head) => waiver(head) },
      'a bot cannot answer for it',
    );
  });

  cheat('waives without the permission to write', async () => {
    await refused({ login: 'eve', body: (head) => waiver(head) }, 'eve has "read"');
  });

  cheat('reuses a waiver that has expired', async () => {
    await refused(
      { login: 'bea', may: 'write', body: (head) => waiver(head, '2020-01-31') },
      'it expired on 2020-01-31',
    );
  });

  cheat('reuses a waiver of an earlier commit', async () => {
    await refused(
      { login: 'bea', may: 'write', body: () => waiver('0123456789abcdef') },
      'it is for 0123456',
    );
  });

  cheat('leaves out which commit is waived, so that later ones are too', async () => {
    await refused(
      { login: 'bea', may: 'write', body: () => waiver('x').replace(' at x', '') },
      'which commit it is for is not known',
    );
  });

  cheat('names a commit by so few digits that many are meant', async () => {
    await refused(
      { login: 'bea', may: 'write', body: (head) => waiver(head.slice(0, 3)) },
      'which commit it is for is not known',
    );
  });

  const unheard = async (body: Said['body']): Promise<void> => {
    const end = await withComment({ login: 'bea', may: 'write', body });
    expect(end).toMatchObject({ ...REFUSED, why: saying('accuracy is 0.0325') });
    expect(end.gate.body?.waivers).toEqual([]);
  };

  cheat('takes what a maintainer quoted for a waiver', async () => {
    await unheard((head) => `> ${waiver(head)}\n\nNo.`);
  });

  cheat('takes what a maintainer showed in a code block for a waiver', async () => {
    await unheard((head) => `Nobody writes:\n\n\`\`\`\n${waiver(head)}\n\`\`\``);
  });

  cheat('takes what a maintainer showed in a block of other fences for a waiver', async () => {
    await unheard((head) => `\`\`\`\`md\n\`\`\`\n~~~\n${waiver(head)}\n~~~\n\`\`\`\`\n\n    ${waiver(head)}`);
  });

  cheat('has every rule waived by one that is none', async () => {
    await refused(
      { login: 'bea', may: 'write', body: (head) => waiver(head, '2999-01-31', '*') },
      'there is no such rule',
    );
  });
});
