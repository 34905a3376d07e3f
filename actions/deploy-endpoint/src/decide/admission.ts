import type { Owner } from '../../../../shared/errors.ts';
import type { Verdict } from '../../../../shared/verdict.ts';

interface Judged {
  readonly verdict: Verdict;
  readonly summary: string;
}

/** What is known of the model that is to be deployed. */
export interface AdmissionFacts {
  readonly requireGate: boolean;
  /** `publication` is asked for in mode deploy only. */
  readonly mode: 'deploy' | 'plan';
  /** The digest of what would be served; undefined where that is not known yet. */
  readonly modelDigest: string | undefined;
  readonly evaluation:
    | (Judged & {
        readonly modelDigest: string | null;
        /** Why its rules do not count, where they were those of the pull request under test. */
        readonly ownPolicy: string | undefined;
      })
    | undefined;
  /** This run's; undefined where it has none, as in a workflow that only deploys. */
  readonly publication: (Judged & { readonly mode: 'publish' | 'plan' | undefined }) | undefined;
  readonly data: readonly (Judged & { readonly dataset: string })[];
}

export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'refused'; readonly owner: Owner; readonly message: string; readonly remedy: string };

const refused = (owner: Owner, message: string, remedy: string): Admission => ({
  kind: 'refused',
  owner,
  message,
  remedy,
});

const ADMITTED: Admission = { kind: 'admitted' };

/** A model may be served that the gate has passed, that is published, and whose data no check refused. */
export function admit(facts: AdmissionFacts): Admission {
  if (!facts.requireGate) return ADMITTED;
  return (
    [evaluated(facts), ...facts.data.map(checkedData), published(facts)].find(
      ({ kind }) => kind !== 'admitted',
    ) ?? ADMITTED
  );
}

function evaluated({ mode, evaluation, modelDigest }: AdmissionFacts): Admission {
  if (evaluation === undefined) {
    return refused(
      'configuration',
      'No gate has examined this model: there is no evaluation section in this run, and none beside the model.',
      'Run evaluate-gate before deploy-endpoint, name another run by "record-from", or set "require-gate" to false.',
    );
  }
  const { verdict, summary } = evaluation;
  if (verdict === 'inconclusive' || verdict === 'skipped') {
    return { kind: 'skipped', reason: `The evaluation is ${verdict}: ${summary}` };
  }
  if (verdict !== 'pass') {
    const owner = verdict === 'fail' ? 'model' : 'infrastructure';
    return refused(
      owner,
      `The evaluation ended as ${verdict}: ${summary}`,
      'Only a model that passed its gate is served.',
    );
  }
  // A plan puts nothing into service, and is where a pull request sees its model answer.
  if (mode === 'deploy' && evaluation.ownPolicy !== undefined) {
    return { kind: 'skipped', reason: evaluation.ownPolicy };
  }
  if (modelDigest !== undefined && evaluation.modelDigest !== modelDigest) {
    return refused(
      'configuration',
      'The gate has passed another model than the one to be served: their digests differ.',
      'Deploy the version that this run published, or run evaluate-gate on the one you mean.',
    );
  }
  return ADMITTED;
}

function checkedData({ dataset, verdict, summary }: AdmissionFacts['data'][number]): Admission {
  if (verdict !== 'fail' && verdict !== 'error') return ADMITTED;
  return refused(
    'data',
    `The check of the dataset "${dataset}" ended as ${verdict}: ${summary}`,
    'Mend the data first.',
  );
}

function published({ mode, publication }: AdmissionFacts): Admission {
  if (mode === 'plan' || publication === undefined || publication.verdict === 'pass') {
    if (mode === 'deploy' && publication?.mode === 'plan') {
      return refused(
        'configuration',
        'publish-model ran in mode plan: this run has published nothing that could be deployed.',
        'Set the mode of deploy-endpoint to plan as well, or name a "version" of the registry in a run of its own.',
      );
    }
    return ADMITTED;
  }
  const { verdict, summary } = publication;
  if (verdict === 'skipped' || verdict === 'inconclusive') {
    return { kind: 'skipped', reason: `The publication is ${verdict}: ${summary}` };
  }
  return refused(
    'infrastructure',
    `The publication ended as ${verdict}: ${summary}`,
    'Only a published model is served.',
  );
}
