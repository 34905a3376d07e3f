import type { z } from 'zod';
import { sectionSchema } from '../../shared/record/section.ts';

/** The formats that users' files and the record have, published under schemas/ for editors and other programs. */
export const SCHEMAS: Readonly<Record<string, { readonly title: string; readonly schema: z.ZodType }>> = {
  'record-section': { title: "A section of Trainyard's record", schema: sectionSchema },
};
