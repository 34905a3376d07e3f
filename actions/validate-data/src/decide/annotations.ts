import type { Annotation } from '../../../../shared/action/logger.ts';
import type { Check } from '../../../../shared/record/data-section.ts';

/** The remark at the contract's line for a check that did not hold; undefined for one that did. */
export function annotationOf(check: Check): Annotation | undefined {
  const { result, severity, where, description, split, expected, observed, reason } = check;
  if (result === 'pass' || result === 'not-run' || result === 'inconclusive') return undefined;
  const found = reason ?? `found ${observed ?? 'nothing'}`;
  return {
    severity,
    title: `Data contract: ${result}`,
    message: `${split ?? ''}: ${description} should be ${expected}; ${found}`,
    ...(where === null ? {} : { file: where.file, line: where.line }),
  };
}
