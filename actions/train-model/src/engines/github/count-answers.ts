import type { GitHubClient } from '../../../../../shared/github/client.ts';
import { GitHubError, RefusedError } from '../../../../../shared/github/permission.ts';
import type { RequestBudget } from '../../decide/request-budget.ts';
import type { Clock } from '../../clock.ts';

/** Counts every answer that a client gets, and what GitHub says is left of its limit. */
export function countAnswers(client: GitHubClient, budget: RequestBudget, clock: Clock): void {
  client.hook.wrap('request', async (request, options) => {
    try {
      const answer = await request(options);
      budget.answered(clock.now(), answer.status);
      const remaining = Number(answer.headers['x-ratelimit-remaining'] ?? NaN);
      if (Number.isFinite(remaining)) budget.told(remaining);
      return answer;
    } catch (error) {
      const status = error instanceof GitHubError || error instanceof RefusedError ? error.status : undefined;
      budget.answered(clock.now(), status);
      throw error;
    }
  });
}
