import type { ActionContext, Outcome } from '../../../shared/action/action.ts';
import { concludeModels } from './decide/conclude-models.ts';
import type { ConcludeInputs } from './inputs.ts';

/**
 * Mode `conclude`: one job after a matrix of gates, whose name a branch protection can require. It judges nothing
 * itself and writes no section, as it belongs to no single model.
 */
export async function concludeRun(
  { models, needs }: ConcludeInputs,
  { store, logger, signal }: ActionContext,
): Promise<Outcome<'evaluation'>> {
  const sections = await store.list(signal);
  const evaluations = sections.filter(({ kind }) => kind === 'evaluation');
  const { verdict, summary, lines } = concludeModels(models, evaluations, needs);
  for (const line of lines) logger.info(line);
  const blocks = verdict === 'fail' || verdict === 'error';
  return {
    subject: '',
    dataset: null,
    verdict,
    summary,
    blame: blocks ? { owner: 'model', message: summary, remedy: 'See the report of each model.' } : null,
    notices: [],
    body: null,
    outputs: { metrics: '{}', 'failed-rules': '[]', 'baseline-version': '' },
    annotations: verdict === 'pass' ? [] : [{ severity: blocks ? 'error' : 'warning', message: summary }],
  };
}
