import type { z } from 'zod';
import { rowSchema } from '../../actions/deploy-endpoint/src/decide/golden-rows.ts';
import { gateFileSchema } from '../../actions/evaluate-gate/src/gate-file/schema.ts';
import { predicateSchema } from '../../shared/attestation/predicate.ts';
import { sectionSchema } from '../../shared/record/section.ts';

/** The formats that users' files and the record have, published under schemas/ for editors and other programs. */
export const SCHEMAS: Readonly<Record<string, { readonly title: string; readonly schema: z.ZodType }>> = {
  'evaluation-predicate': { title: 'What evaluate-gate attests of a model', schema: predicateSchema },
  'gate-file': { title: 'The gate file of evaluate-gate', schema: gateFileSchema },
  'golden-row': { title: 'One line of the golden rows of deploy-endpoint', schema: rowSchema },
  'record-section': { title: "A section of Trainyard's record", schema: sectionSchema },
};
