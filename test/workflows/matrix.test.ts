import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ActOutcome, findAct } from './act.ts';
import { Yard } from './yard.ts';

const missing = findAct() === undefined && process.env['CI'] !== 'true';
const TIMEOUT_MS = 600_000;
const MODELS = ['digits-small', 'digits-medium', 'digits-large'];

/** Results of jobs, without the number that act gives to a leg. */
function results({ jobs }: ActOutcome): Record<string, string[]> {
  const grouped: Record<string, string[]> = {};
  for (const [name, result] of Object.entries(jobs)) (grouped[name.replace(/-\d+$/, '')] ??= []).push(result);
  return grouped;
}

const EXPECTED = {
  'matrix/data': ['success'],
  'matrix/train': ['success', 'success', 'success'],
  'matrix/gate': ['success', 'success', 'success'],
  'matrix/after': ['success'],
};

describe.skipIf(missing)('a matrix under a runner (skipped without act, which .ci/run installs)', () => {
  it(
    'shows three models in one comment, hands their record from job to job, and is run again as attempt 2',
    async () => {
      await using yard = await Yard.open();
      const { fake, repository } = yard;
      const workflow = '.github/workflows/matrix.yml';
      await copyFile(join(import.meta.dirname, 'matrix.yml'), join(repository.path, workflow));
      repository.commit('A matrix of models');
      yard.publishMain();
      const change = yard.openPullRequest('wider', { epochs: 20 });
      const run = { ...yard.pullRequestEvent(change), workflow, runId: 4711, runNumber: 3 };

      const first = await yard.run(run);
      expect(results(first), first.text).toEqual(EXPECTED);
      expect(first.text).toMatch(/fingerprint [0-9a-f]{64} of 1797 rows/);
      for (const model of MODELS) expect(first.text).toContain(`gate of ${model} said pass and true`);
      const [comment = '', ...others] = fake.commentsOf(change.number);
      expect(others).toEqual([]);
      for (const model of MODELS) expect(comment).toContain(`Model ${model}`);
      expect(comment).toContain('attempt 1');
      const names = fake.world.artifacts.map(({ name }) => name);
      for (const model of MODELS) {
        expect(names).toContainEqual(
          expect.stringMatching(new RegExp(`^trainyard\\.${model}\\.training\\.train-[0-9a-f]{12}\\.1$`)),
        );
        expect(names).toContainEqual(
          expect.stringMatching(new RegExp(`^trainyard\\.${model}\\.evaluation\\.gate-[0-9a-f]{12}\\.1$`)),
        );
      }

      const again = await yard.run({ ...run, attempt: 2 });
      expect(results(again), again.text).toEqual(EXPECTED);
      const [second = '', ...further] = fake.commentsOf(change.number);
      expect(further).toEqual([]);
      for (const model of MODELS) expect(second).toContain(`Model ${model}`);
      expect(second).toContain('attempt 2');
      expect(second).not.toContain('attempt 1');
    },
    TIMEOUT_MS,
  );
});
