import type { z } from 'zod';
import { InfrastructureError } from '../errors.ts';

/** Reads an answer of GitHub, or of something that poses as it: nothing of it is believed without its form. */
export function readAnswer<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'its answer' : `"${issue.path.join('.')}"`;
  throw new InfrastructureError(
    `GitHub's answer about ${what} has not the documented form: ${place}: ${issue?.message ?? 'is wrong'}.`,
    { remedy: 'Check GITHUB_API_URL, and what stands between the runner and GitHub.' },
  );
}
