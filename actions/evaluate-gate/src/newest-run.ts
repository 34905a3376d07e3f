import { z } from 'zod';
import type { ActionContext } from '../../../shared/action/action.ts';
import { UsageError } from '../../../shared/errors.ts';
import { readAnswer } from '../../../shared/github/answer.ts';
import { repositoryName } from '../../../shared/github/repository.ts';
import { parseSectionName } from '../../../shared/record/artifact-name.ts';

/** A branch on which fewer runs than this lie between two gated ones is looked through in two requests a run. */
const MAX_RUNS = 30;

const runsSchema = z.object({
  workflow_runs: z.array(
    z.object({
      id: z.int().positive(),
      repository: z.object({ id: z.int() }),
      head_repository: z.object({ id: z.int() }).nullish(),
    }),
  ),
});
const artifactsSchema = z.object({
  artifacts: z.array(z.object({ name: z.string(), expired: z.boolean() })),
});

interface Search {
  readonly branch: string;
  readonly model: string;
  readonly token: string | undefined;
  readonly gate: { readonly file: string; readonly line: number };
  readonly context: Pick<ActionContext, 'host' | 'commit' | 'run' | 'environment' | 'logger' | 'signal'>;
}

/**
 * The newest run that succeeded on a branch and holds an evaluation of the model; never this run, nor one of a fork's
 * code. GitHub's REST API: "List workflow runs for a repository", "List workflow run artifacts".
 */
export async function newestGatedRun(search: Search): Promise<{ runId: string } | undefined> {
  const { branch, model, token, gate, context } = search;
  const { host, commit, run, environment, logger, signal } = context;
  const { repository } = commit;
  if (host.kind !== 'github' || repository === null || token === undefined) {
    throw new UsageError(
      `${gate.file}:${gate.line}: the baseline "branch:${branch}" needs the runs of a repository on GitHub.`,
      {
        remedy:
          'Give the input "token" with the permission "actions: read"; in a terminal, compare with "file:<path>" or a registry.',
        where: gate,
      },
    );
  }
  const { createClient } = await import('../../../shared/github/client.ts');
  const client = await createClient({ token, environment, logger });
  const owned = repositoryName(repository);
  const request = { signal };
  const { data } = await client.rest.actions.listWorkflowRunsForRepo({
    ...owned,
    branch,
    status: 'success',
    per_page: MAX_RUNS,
    request,
  });
  for (const { id, repository: base, head_repository: head } of readAnswer(
    runsSchema,
    data,
    `the runs of the branch ${branch}`,
  ).workflow_runs) {
    if (String(id) === run.id || head?.id !== base.id) continue;
    const listed = await client.rest.actions.listWorkflowRunArtifacts({
      ...owned,
      run_id: id,
      per_page: 100,
      request,
    });
    const { artifacts } = readAnswer(artifactsSchema, listed.data, `the artifacts of run ${id}`);
    const gated = artifacts.some(({ name, expired }) => {
      const section = parseSectionName(name);
      return !expired && section?.kind === 'evaluation' && section.subject === model;
    });
    if (gated) return { runId: String(id) };
  }
  return undefined;
}
