import { InfrastructureError } from '../errors.ts';
import type { ModelRegistry } from './registry.ts';

/** What each of these asks of the user; any other error of the disk is told with its own words. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on that disk and run again: a publish that was cut off goes on with what is there.',
  EDQUOT: 'Make room in the quota and run again: a publish that was cut off goes on with what is there.',
  EROFS: 'That disk is read-only. Mount it for writing, or name another folder.',
  EACCES: 'Give the user of this process the right to read and write there, or name another folder.',
  EPERM: 'Give the user of this process the right to read and write there, or name another folder.',
  ENOTDIR: 'A part of that path is no folder, or a link that leads nowhere. Name another folder.',
};

const isOfTheDisk = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

/** A registry whose folder cannot be read or written is the machine's failure, not a defect of ours. */
export function explainDiskErrors(registry: ModelRegistry): ModelRegistry {
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (!isOfTheDisk(error)) throw error;
      throw new InfrastructureError(
        `The registry ${registry.name} cannot be read or written: ${error.message}.`,
        {
          remedy:
            REMEDIES[error.code ?? ''] ??
            'Look at that path, and run again. No alias points at anything half written.',
          cause: error,
        },
      );
    }
  };
  return {
    name: registry.name,
    list: (...given) => explained(registry.list(...given)),
    resolve: (...given) => explained(registry.resolve(...given)),
    stage: (...given) => explained(registry.stage(...given)),
    commit: (...given) => explained(registry.commit(...given)),
    alias: (...given) => explained(registry.alias(...given)),
    fetch: (...given) => explained(registry.fetch(...given)),
    record: (...given) => explained(registry.record(...given)),
  };
}
