import { describe, expect, it } from 'vitest';
import { explain } from '../../actions/validate-data/src/explain.ts';
import type { Outcome } from '../../shared/action/action.ts';
import type { SectionOf } from '../../shared/record/section.ts';
import { sectionSchema } from '../../shared/record/section.ts';
import { bodyOf, contractOf, recordingLogger, scene, type Scene } from './scene.ts';

function sectionOf(outcome: Outcome<'data'>): SectionOf<'data'> {
  const section = sectionSchema.parse({
    kind: 'data',
    schemaVersion: 1,
    subject: outcome.subject,
    dataset: outcome.dataset,
    verdict: outcome.verdict,
    passed: outcome.verdict === 'pass',
    summary: outcome.summary,
    blame: outcome.blame === null ? null : { contact: null, ...outcome.blame },
    notices: outcome.notices,
    created: '2026-11-22T16:00:00Z',
    durationMs: 1,
    cost: null,
    commit: {
      repository: null,
      headSha: null,
      baseSha: null,
      treeHash: null,
      ref: null,
      event: 'terminal',
      pullRequest: null,
      fork: false,
      dirty: false,
      patchDigest: null,
    },
    run: {
      id: 'terminal',
      number: 0,
      attempt: 1,
      url: null,
      workflow: null,
      job: null,
      key: 'k',
      actor: null,
    },
    body: bodyOf(outcome),
  });
  if (section.kind !== 'data') throw new Error('not a data section');
  return section;
}

async function explained(place: Scene, outcome: Outcome<'data'>): Promise<string> {
  const lines: string[] = [];
  await explain({
    section: sectionOf(outcome),
    workspace: place.folder,
    workingDirectory: place.folder,
    logger: recordingLogger(),
    environment: process.env,
    signal: new AbortController().signal,
    print: (line) => void lines.push(line),
  });
  return lines.join('\n');
}

describe('explain', () => {
  it('shows the rows behind a failed check, and only on this machine', async () => {
    await using place = await scene();
    await place.write('a.csv', 'name,age\nAnn,30\n"Bob\u001b[31m",x\n');
    await place.write('b.csv', 'name,age\nCid,y\n');
    await place.write('c.yaml', contractOf([{ name: 'name' }, { name: 'age', logicalType: 'integer' }]));
    const outcome = await place.run({ data: '*.csv', contract: 'c.yaml' });
    const text = await explained(place, outcome);
    expect(text).toContain('data people.age.type (c.yaml:1)');
    expect(text).toContain('type of age: expected integer; found 2 of 3');
    expect(text).toContain('a.csv row 2: age="x" name="Bob\\u001b[31m"');
    expect(text).toContain('b.csv row 1: age="y" name="Cid"');
    expect(text).not.toContain('Ann');
  });

  it('refuses files that changed since, and says when nothing failed', async () => {
    await using place = await scene();
    await place.write('a.csv', 'age\nx\n');
    await place.write('c.yaml', contractOf([{ name: 'age', logicalType: 'integer' }, { name: 'gone' }]));
    const outcome = await place.run({ data: 'a.csv', contract: 'c.yaml' });
    expect(await explained(place, outcome)).toContain(
      'column gone: expected present; The column is missing.',
    );
    await place.write('a.csv', 'age\ny\n');
    await expect(explained(place, outcome)).rejects.toThrow('is not the file that was checked');
    await place.write('a.csv', 'age\n1\n');
    await place.write('c.yaml', contractOf([{ name: 'age', logicalType: 'integer' }]));
    expect(await explained(place, await place.run({ data: 'a.csv', contract: 'c.yaml' }))).toBe(
      'people: no check failed.',
    );
  });
});
