import type { SectionOf } from '../../record/section.ts';
import type { EvaluationPredicate } from '../predicate.ts';

/** What of an evaluation section is attested. */
export type Attestable = Pick<
  SectionOf<'evaluation'>,
  'subject' | 'dataset' | 'verdict' | 'passed' | 'commit' | 'run' | 'body'
>;

/**
 * The predicate of an evaluation: the gate signs it, and whoever verifies makes it again from the section and demands
 * that both are equal. Undefined where no model digest was judged.
 */
export function predicateOf(section: Attestable): EvaluationPredicate | undefined {
  const { subject, dataset, verdict, passed, commit, run, body } = section;
  const model = body?.modelDigest ?? null;
  if (body === null || model === null) return undefined;
  const { gate, baseline, examination = null } = body;
  return {
    model: subject,
    dataset,
    verdict,
    passed,
    digests: { model, evaluationSet: body.evaluationSetDigest, predictions: body.predictionsDigest },
    policy: gate && { path: gate.path, digest: gate.digest, from: gate.from, ref: gate.ref },
    predictionsBy: examination?.by ?? body.predictionsBy,
    labelsInReach: examination?.labelsInReach ?? null,
    rules: body.rules.map(({ id, result }) => ({ id, result })),
    baseline: baseline && { version: baseline.version, modelDigest: baseline.modelDigest },
    repository: commit.repository,
    headSha: commit.headSha,
    treeHash: commit.treeHash,
    run: { id: run.id, attempt: run.attempt, key: run.key },
  };
}

/** Names the first field in which two predicates differ; undefined where they are equal. */
export function differenceOf(one: EvaluationPredicate, other: EvaluationPredicate): string | undefined {
  const keys = Object.keys(one).filter((key): key is keyof EvaluationPredicate => key in other);
  return keys.find((key) => sorted(one[key]) !== sorted(other[key]));
}

/** JSON with sorted keys: what a signer wrote in another order says the same. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
