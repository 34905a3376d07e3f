import type { Logger } from '../../../shared/action/logger.ts';
import { InfrastructureError } from '../../../shared/errors.ts';
import type { Section } from '../../../shared/record/section.ts';
import type { LocalFile, ModelRegistry, Version } from '../../../shared/registries/registry.ts';
import type { PublishPlan } from './decide/plan.ts';

export interface PublishOptions {
  readonly registry: ModelRegistry;
  readonly model: string;
  readonly modelDigest: string;
  readonly plan: PublishPlan;
  readonly files: { readonly model: readonly LocalFile[]; readonly beside: readonly LocalFile[] };
  readonly sections: readonly Section[];
  readonly card: string;
  readonly logger: Pick<Logger, 'info'>;
  readonly signal: AbortSignal;
}

/**
 * Publishes: bytes first, then the version, and the alias last, so that a run that is cut off has moved nothing that
 * anybody reads. Everything is found by digest, so that the same call again goes on where it was cut off.
 */
export async function publish(options: PublishOptions): Promise<{ version: Version; created: boolean }> {
  const { registry, model, modelDigest, plan, files, sections, card, logger, signal } = options;
  const staged = await registry.stage(model, modelDigest, files.model, signal);
  logger.info(`  staged: ${files.model.length + files.beside.length} files`);
  const { version, created } = await registry.commit(staged, { sections, card, files: files.beside }, signal);
  logger.info(`  version: ${version.version}${created ? '' : ' (published already)'}`);
  try {
    await registry.alias(model, plan.alias.name, version.version, plan.alias.from, signal);
  } catch (cause) {
    signal.throwIfAborted();
    if (!(cause instanceof InfrastructureError)) throw cause;
    // Immutable and in the registry by now: who is told of the alias alone looks for the model in vain.
    throw new InfrastructureError(
      `${model} ${version.version} is published, but its alias was not moved: ${cause.message}`,
      { ...(cause.remedy === undefined ? {} : { remedy: cause.remedy }), cause },
    );
  }
  logger.info(`  alias ${plan.alias.name}: ${plan.alias.from ?? 'none'} to ${version.version}`);
  return { version, created };
}
