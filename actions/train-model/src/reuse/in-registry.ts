import { join } from 'node:path';
import { InfrastructureError, SubjectError } from '../../../../shared/errors.ts';
import { RefusedError } from '../../../../shared/github/permission.ts';
import type { FileReference } from '../../../../shared/record/common.ts';
import type { ModelRegistry, Version } from '../../../../shared/registries/registry.ts';
import { trainedOf } from './decide/admit.ts';
import { type Candidate, type Looked, NOTHING, notTaken, type Search } from './place.ts';

/** A record is a download of its own in some registries: what is older than this is not looked at. */
const MAX_VERSIONS = 20;

/** Looks at the trainings that are recorded beside the published versions of the model. */
export async function lookInRegistry(search: Search): Promise<Looked> {
  const { registry: name, subject, fingerprint, token, context } = search;
  const { signal, commit } = context;
  if (name === undefined) return NOTHING;
  const { openRegistry } = await import('../../../../shared/registries/choose.ts');
  const registry = await openRegistry('registry', name, { ...context, token });
  const candidates: Candidate[] = [];
  const notices: string[] = [];
  try {
    for (const version of (await registry.list(subject, signal)).slice(0, MAX_VERSIONS)) {
      const where = `${registry.name}, version ${version.version}`;
      const training = (await registry.record(version, signal)).find(
        (section) => section.kind === 'training' && section.subject === subject,
      );
      if (training === undefined) continue;
      const trained = trainedOf(training, { subject, repository: commit.repository });
      if ('reason' in trained) continue;
      const equal = trained.fingerprint.sha256 === fingerprint.sha256;
      if (equal && trained.body.modelDigest !== version.modelDigest) {
        notices.push(notTaken(where, 'was recorded with another model digest than the version has'));
        continue;
      }
      candidates.push({
        from: 'registry',
        where,
        trained,
        files: (files) => bring(registry, version, files, context.temporaryDirectory, signal),
      });
      if (equal) break;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!isTrouble(error)) throw error;
    notices.push(
      `The registry ${registry.name} could not be searched for an equal training: ${error.message}`,
    );
  }
  return { candidates, notices };
}

function isTrouble(error: unknown): error is Error {
  return (
    error instanceof InfrastructureError || error instanceof SubjectError || error instanceof RefusedError
  );
}

/** A registry keeps what is published: files of other roles stay with the training's other locations. */
async function bring(
  registry: ModelRegistry,
  version: Version,
  files: readonly FileReference[],
  temporary: string,
  signal: AbortSignal,
): Promise<readonly FileReference[]> {
  const directory = join(temporary, 'reuse', version.version);
  const fetched = await registry.fetch(version, ['model', 'predictions', 'metrics'], directory, signal);
  const places = new Map(fetched.map(({ reference, path }) => [reference.path, path]));
  return files.flatMap((file) => {
    const path = places.get(file.path);
    if (path !== undefined) return [{ ...file, locations: [{ kind: 'file', path }, ...file.locations] }];
    // What a report shows of metrics is in the record; their file is not published.
    return file.role === 'metrics' ? [] : [file];
  });
}
