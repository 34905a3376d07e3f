import { SubjectError } from '../../../shared/errors.ts';
import type { Section } from '../../../shared/record/section.ts';
import type { FoundBaseline } from './baseline.ts';

/** The metrics in the record beside a version: those of its training, and over them those of its evaluation. */
export function recordedMetrics(
  sections: readonly Section[],
  model: string,
  version: { readonly version: string; readonly modelDigest: string | null },
): Pick<FoundBaseline, 'reported' | 'evaluationSetDigest' | 'rowsSha256'> {
  const reported = new Map<string, number | null>();
  let evaluationSetDigest: string | null = null;
  let rowsSha256: string | null = null;
  for (const kind of ['training', 'evaluation'] as const) {
    for (const section of sections) {
      if (section.kind !== kind || section.subject !== model || section.body === null) continue;
      if (section.body.modelDigest !== version.modelDigest) {
        throw new SubjectError(
          'model',
          `The ${kind} section beside ${version.version} is of another model digest.`,
          {
            remedy: 'Compare with another version: what lies beside this one does not belong to it.',
          },
        );
      }
      if (section.kind === 'training') {
        for (const [name, value] of Object.entries(section.body.metrics)) reported.set(name, value);
      } else {
        for (const { name, value } of section.body.metrics) reported.set(name, value);
        evaluationSetDigest = section.body.evaluationSetDigest;
        rowsSha256 = section.body.examination?.sha256 ?? null;
      }
    }
  }
  return { reported, evaluationSetDigest, rowsSha256 };
}
