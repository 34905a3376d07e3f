import type { Kind } from '../names.ts';
import { type Section, SCHEMA_VERSION, sectionSchema } from '../record/section.ts';
import type { ActionContext, Outcome } from './action.ts';
import { codeOwnersOf } from './decide/code-owners.ts';

/** Where GitHub looks for CODEOWNERS, in its order. */
const CODE_OWNERS_PATHS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS'];

/** Completes an outcome to the section that the record keeps: for which commit, in which run, when, whom to ask. */
export async function completeSection<K extends Kind>(
  action: { readonly kind: Kind },
  outcome: Outcome<K>,
  context: ActionContext,
  times: { readonly startedAt: number; readonly now: number },
): Promise<Section> {
  const { blame } = outcome;
  return sectionSchema.parse({
    kind: action.kind,
    schemaVersion: SCHEMA_VERSION,
    subject: outcome.subject,
    dataset: outcome.dataset,
    verdict: outcome.verdict,
    passed: outcome.verdict === 'skipped' ? (outcome.passed ?? false) : outcome.verdict === 'pass',
    summary: outcome.summary,
    blame: blame === null ? null : { ...blame, contact: blame.contact ?? (await ownersOf(outcome, context)) },
    notices: outcome.notices,
    created: new Date(times.now).toISOString(),
    durationMs: times.now - times.startedAt,
    cost: outcome.costUsd ?? null,
    commit: context.commit,
    run: context.run,
    body: outcome.body,
  });
}

/** The CODEOWNERS of the file that the first annotation is about; null where none are declared or can be read. */
async function ownersOf(
  outcome: Pick<Outcome, 'annotations'>,
  context: ActionContext,
): Promise<string | null> {
  const { host, origin, signal, logger } = context;
  const file = outcome.annotations.find((annotation) => annotation.file !== undefined)?.file;
  const ref = origin.baseSha ?? origin.headSha;
  if (ref === null || file === undefined) return null;
  try {
    for (const path of CODE_OWNERS_PATHS) {
      const text = await host.fileAt(ref, path, signal);
      if (text !== undefined) return codeOwnersOf(text.toString('utf8'), file).join(' ') || null;
    }
  } catch (error) {
    logger.debug(`CODEOWNERS could not be read: ${String(error)}`);
  }
  return null;
}
