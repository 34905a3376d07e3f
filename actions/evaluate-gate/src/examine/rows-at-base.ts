import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import type { ActionContext } from '../../../../shared/action/action.ts';
import { isInside } from '../../../../shared/action/contained-path.ts';
import { EVENTS_WITH_BASE, repositoryRoot } from '../../../../shared/action/policy.ts';
import { isExpected, messageOf } from '../../../../shared/errors.ts';

/**
 * The SHA-256 of a file of the checkout as the base commit has it; null where nothing is proposed, where the base has
 * no such file, or where it cannot be brought, as one of more than 100 MB (GitHub's REST API, "Get a blob").
 */
export async function rowsAtBase(
  path: string,
  {
    host,
    origin,
    workspace,
    logger,
    signal,
  }: Pick<ActionContext, 'host' | 'origin' | 'workspace' | 'logger' | 'signal'>,
): Promise<string | null> {
  const { baseSha, event } = origin;
  if (host.kind === 'terminal' || baseSha === null || !EVENTS_WITH_BASE.includes(event)) return null;
  if (!isInside(realpathSync(workspace), realpathSync(path))) return null;
  const name = relative(repositoryRoot(workspace, path), path).split(sep).join('/');
  try {
    const bytes = await host.fileAt(baseSha, name, signal);
    return bytes === undefined ? null : createHash('sha256').update(bytes).digest('hex');
  } catch (error) {
    signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    logger.debug(`${name} of the base could not be brought: ${messageOf(error)}`);
    return null;
  }
}
