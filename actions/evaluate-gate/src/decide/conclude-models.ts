import type { Section } from '../../../../shared/record/section.ts';
import type { Needs } from '../needs.ts';

export interface ConcludedModels {
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'error';
  readonly summary: string;
  /** One for each model and each job that stands in the way, in the order given. */
  readonly lines: readonly string[];
}

type Judged = Pick<Section, 'subject' | 'verdict' | 'passed' | 'summary'>;

const WORST_FIRST = ['error', 'fail', 'inconclusive', 'pass'] as const;

interface Finding {
  readonly result: ConcludedModels['verdict'];
  readonly line: string;
}

/**
 * One verdict of all models of a matrix: the worst of theirs. A model that no gate has reported on is an error, and so
 * is a needed job that ended badly although every gate passed: what was skipped has not passed.
 */
export function concludeModels(
  models: readonly string[],
  evaluations: readonly Judged[],
  needs: Needs,
): ConcludedModels {
  const ofModels = models.map((model) => findingOf(model, evaluations));
  const allPass = ofModels.every(({ result }) => result === 'pass');
  const ofJobs = needs
    .filter(({ result }) => result !== 'success')
    .map(({ job, result }): Finding => ({
      // A gate that did not pass has ended its job already: that is told by its model.
      result: allPass ? 'error' : 'pass',
      line: `The job "${job}" ended as ${result}.`,
    }));
  const findings = [...ofModels, ...ofJobs];
  const verdict =
    WORST_FIRST.find((each) => findings.some(({ result }) => result === each)) ?? ('error' as const);
  const worst = findings.filter(({ result }) => result === verdict);
  const many = `${models.length} ${models.length === 1 ? 'model' : 'models'}`;
  return {
    verdict,
    summary:
      verdict === 'pass'
        ? `Every gate passed (${many}).`
        : `${worst.map(({ line }) => line).join(' ')}${worst.length < models.length ? ` (Of ${many}.)` : ''}`,
    lines: findings.map(({ line }) => line),
  };
}

function findingOf(model: string, evaluations: readonly Judged[]): Finding {
  const own = evaluations.filter(({ subject }) => subject === model);
  if (own.length === 0) {
    return {
      result: 'error',
      line: `${model} has no verdict: its gate has not reported in this run, or was skipped.`,
    };
  }
  const results = own.map(resultOf);
  const result = WORST_FIRST.find((each) => results.includes(each)) ?? 'error';
  const said = own[results.indexOf(result)]?.summary ?? '';
  return { result, line: `${model}: ${result}. ${said}`.trimEnd() };
}

function resultOf({ verdict, passed }: Judged): ConcludedModels['verdict'] {
  if (verdict !== 'skipped' && verdict !== 'pending') return verdict;
  return passed ? 'pass' : 'inconclusive';
}
